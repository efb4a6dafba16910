"""`jinjie runs`: every run, one run, and removing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.amounts import ago, count, duration
from jinjie.base.words import Text, language, say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.training.events import Event
    from jinjie.training.runs import Run

STATE_STYLE = {
    "running": "bold cyan",
    "finished": "green",
    "stopped": "yellow",
    "failed": "red",
    "interrupted": "magenta",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=say("cli.runs.help"), invoke_without_command=True)
    app.add_typer(group, name="runs")

    @group.callback()
    def runs(context: typer.Context, as_json: bool = json_option()) -> None:
        if context.invoked_subcommand is not None:
            return
        from jinjie.training.runs import all_runs

        found = [summary(run) for run in all_runs()]
        if as_json:
            print_json(found)
        elif not found:
            typer.echo(say("cli.runs.none"))
        else:
            _table(found)

    @group.command("show", help=say("cli.runs.show"))
    def show(
        name: str = typer.Argument("last", help=say("cli.run_name")), as_json: bool = json_option()
    ) -> None:
        from jinjie.training.runs import find

        run = find(name)
        if as_json:
            print_json(
                {
                    **summary(run),
                    "recipe_values": run.file["recipe"],
                    "launch": run.file["launch"],
                    "events": run.events,
                }
            )
        else:
            _show(run)

    @group.command("delete", help=say("cli.runs.delete"))
    def delete(
        name: str = typer.Argument(..., help=say("cli.run_name")),
        yes: bool = typer.Option(False, "--yes", "-y", help=say("cli.runs.yes")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.training.runs import find

        run = find(name)
        if not yes:
            typer.confirm(say("cli.runs.sure", run=run.name, path=run.path), abort=True)
        run.delete()
        if as_json:
            print_json({"deleted": run.name})
        else:
            typer.echo(say("cli.runs.deleted", run=run.name))


def summary(run: Run) -> dict[str, Any]:
    """A run in one row; a damaged one is told of, not hidden."""
    from jinjie.base.errors import JinjieError

    events = run.events
    try:
        recipe, created = run.file["recipe"]["name"], run.file["launch"]["created"]
    except (JinjieError, KeyError) as error:
        return {"run": run.name, "state": "unreadable", "error": str(error), "path": str(run.path)}
    started = _last(events, "started")
    step = _last(events, "step")
    return {
        "run": run.name,
        "recipe": recipe,
        "state": run.state(events),
        "step": step.get("step", 0),
        "total": started.get("total"),
        "loss": step.get("loss"),
        "validation": _last(events, "evaluated", split="validation").get("metrics", {}),
        "test": _last(events, "evaluated", split="test").get("metrics", {}),
        "left": step.get("left") if run.pid is not None else None,
        "created": created,
        "path": str(run.path),
    }


def _last(events: list[Event], type: str, **fields: Any) -> Event:
    for event in reversed(events):
        if event["type"] == type and all(event.get(k) == v for k, v in fields.items()):
            return event
    return {}


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("run", "state", "step", "loss", "held_out", "created"):
        table.add_column(HEADINGS[heading].in_(language()), no_wrap=True)
    for row in rows:
        if row["state"] == "unreadable":
            table.add_row(row["run"], f"[red]{say('cli.state.unreadable')}[/]")
            continue
        table.add_row(
            row["run"],
            f"[{STATE_STYLE[row['state']]}]{state_word(row['state'])}[/]",
            f"{row['step']}/{row['total'] or '?'}",
            "" if row["loss"] is None else f"{row['loss']:.3g}",
            _last_value(row["test"] or row["validation"]),
            ago(row["created"]),
        )
    console().print(table)


HEADINGS = {
    "run": Text(en="run", zh="训练"),
    "state": Text(en="state", zh="状态"),
    "step": Text(en="step", zh="步"),
    "loss": Text(en="loss", zh="损失"),
    "held_out": Text(en="held out", zh="留出数据"),
    "created": Text(en="begun", zh="开始"),
}


SHORT = {
    "accuracy": Text(en="right", zh="正确"),
    "bits_per_character": Text(en="bits/char", zh="比特/字"),
    "r2": Text(en="R²", zh="R²"),
}
"""Metrics where there is little room."""


def state_word(state: str) -> str:
    """A state in the current language."""
    match state:
        case "running":
            return say("cli.state.running")
        case "finished":
            return say("cli.state.finished")
        case "stopped":
            return say("cli.state.stopped")
        case "failed":
            return say("cli.state.failed")
        case _:
            return say("cli.state.interrupted")


def values(metrics: dict[str, float]) -> str:
    """Metrics on one line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())


def _last_value(metrics: dict[str, float]) -> str:
    """The metric that a task names last, the one that compares across recipes' settings: it fits a table."""
    if not metrics:
        return ""
    name, value = list(metrics.items())[-1]
    return f"{value:.3g} {SHORT[name].in_(language()) if name in SHORT else name}"


def _show(run: Run) -> None:
    from rich.text import Text as Line

    row, events, out = summary(run), run.events, console()
    started = _last(events, "started")
    out.print(
        Line.assemble((run.name, "bold"), "  ", (state_word(row["state"]), STATE_STYLE.get(row["state"], "")))
    )
    out.print(str(run.recipe.title))
    facts = [
        (say("cli.runs.folder"), str(run.path)),
        (say("cli.runs.progress"), f"{row['step']}/{row['total'] or '?'}"),
    ]
    if row["left"]:
        facts.append((say("cli.runs.left"), duration(row["left"])))
    if started:
        facts.append((say("cli.runs.parameters"), count(started["parameters"])))
        computed = say(
            "cli.runs.computed_value",
            device=started["device"],
            precision=started["precision"],
            threads=started["threads"],
        )
        facts.append((say("cli.runs.computed"), computed))
        facts.append(
            (say("cli.runs.data"), f"{started['source']['source']} ({started['source']['licence']})")
        )
    for name, metrics in (
        (say("cli.runs.validation"), row["validation"]),
        (say("cli.runs.test"), row["test"]),
    ):
        if metrics:
            facts.append((name, values(metrics)))
    width = max(_width(name) for name, _ in facts)
    for name, value in facts:
        out.print(f"  {name}{' ' * (width - _width(name))}  {value}", soft_wrap=True)
    failed = _last(events, "failed")
    if failed and row["state"] == "failed":
        out.print(failed["error"][language()], style="red", soft_wrap=True)
    steps = [(e["step"], e["loss"]) for e in events if e["type"] == "step"]
    if len(steps) > 1:
        from jinjie.analyse.compare import terminal_plot

        out.print(terminal_plot({say("cli.runs.loss"): steps}))
    sample = _last(events, "sample")
    if sample:
        out.print(say("cli.watch.sample", step=sample["step"]), style="dim")
        out.print(Line(sample["text"].strip("\n"), style="cyan"))


def _width(words: str) -> int:
    """Columns a text takes in a terminal: Chinese characters take two."""
    from rich.cells import cell_len

    return cell_len(words)
