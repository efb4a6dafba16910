"""`jinjie data`: what data there is, where it comes from, under which licence, and fetching it before it is needed."""

from __future__ import annotations

from typing import Any

import typer

from jinjie.base.amounts import count, size
from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=say("cli.data.help"), invoke_without_command=True)
    app.add_typer(group, name="data")

    @group.callback()
    def data(context: typer.Context, as_json: bool = json_option()) -> None:
        if context.invoked_subcommand is not None:
            return
        from jinjie.data.catalogue import catalogue

        found = catalogue()
        if as_json:
            print_json([{"name": entry.name, **entry.about.model_dump(mode="json")} for entry in found])
            return
        out = console()
        for entry in found:
            about = entry.about
            kind = say("cli.data.real") if about.real else say("cli.data.synthetic")
            where = (
                say("cli.data.cached")
                if about.cached
                else say("cli.data.to_fetch", size=size(about.download_bytes))
            )
            out.print(f"[bold]{entry.name}[/]  {about.title}  [dim]{kind} · {where}[/]")
            out.print(f"  {_counts(about.counts)}", soft_wrap=True)
            out.print(
                f"  [dim]{say('cli.data.source', source=about.source, licence=about.licence)}[/]",
                soft_wrap=True,
            )

    @group.command("fetch", help=say("cli.data.fetch"))
    def fetch(
        names: list[str] = typer.Argument(None, help=say("cli.data.names")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem, did_you_mean
        from jinjie.data.catalogue import catalogue

        entries = {entry.name: entry for entry in catalogue()}
        unknown = [n for n in names or [] if n not in entries]
        if unknown:
            raise InvalidInput(
                [Problem(n, "cli.data.unknown", suggestion=did_you_mean(n, entries)) for n in unknown]
            )
        chosen = [entries[n] for n in names or entries]
        for entry in chosen:
            _fetch(entry, quiet=as_json)
        if as_json:
            print_json([entry.name for entry in chosen])


def _fetch(entry: Any, quiet: bool) -> None:
    if quiet:
        entry.config.load(None)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    out = console()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=out, transient=True
    ) as bar:
        task = bar.add_task(entry.name, total=None)
        entry.config.load(
            lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
        )
    out.print(say("cli.data.ready", name=entry.name, title=entry.about.title))


def _counts(counts: dict[str, int]) -> str:
    if not counts:
        return say("cli.data.unknown_counts")
    train, validation, test = (count(counts.get(split, 0)) for split in ("train", "validation", "test"))
    return say("cli.data.counts", train=train, validation=validation, test=test)
