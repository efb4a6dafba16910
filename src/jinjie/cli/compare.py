"""`jinjie compare`: runs side by side, in a table, in the terminal and as a picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.amounts import count, duration
from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.analyse.compare import Row


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare", help=say("compare.help"))(command())


def command() -> Any:
    """The command, its help in the current language."""

    def compare(
        names: list[str] = typer.Argument(None, help=say("compare.names"), metavar="[RUN]..."),
        picture: Path = typer.Option(None, "--picture", help=say("compare.picture"), metavar="FILE.svg"),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.analyse import compare as side_by_side
        from jinjie.base.errors import InvalidInput, Problem
        from jinjie.training.runs import all_runs, find

        runs = [find(name) for name in names] if names else all_runs()[:2]
        if len(runs) < 2:
            raise InvalidInput([Problem("", "compare.needs_two")])
        rows = side_by_side.compare(runs)
        file = _write(rows, picture)
        if as_json:
            print_json({"runs": [_values(row) for row in rows], "picture": str(file)})
            return
        _table(rows)
        out = console()
        curves = {row.run: row.validation_curve or row.train_curve for row in rows}
        out.print()
        out.print(say("compare.plotted"), style="dim")
        out.print(side_by_side.terminal_plot(curves, width=min(80, out.width)))
        out.print(say("compare.written", file=file), style="dim", soft_wrap=True)

    return compare


def _write(rows: list[Row], file: Path | None) -> Path:
    from jinjie.analyse.compare import picture
    from jinjie.base.errors import JinjieError
    from jinjie.base.files import write_whole
    from jinjie.base.paths import pictures_home
    from jinjie.base.svg import standalone

    if file is None:
        file = pictures_home() / f"compare-{'-'.join(row.run for row in rows)[:120]}.svg"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, standalone(picture(rows)))
    except OSError as error:
        raise JinjieError("compare.not_written", file=file, reason=error.strerror or error) from error
    return file.absolute()


def _values(row: Row) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if not name.endswith("_curve")}


def _table(rows: list[Row]) -> None:
    from rich.table import Table
    from rich.text import Text

    from jinjie.cli.runs import state_word

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for row in rows:
        table.add_column(row.run, overflow="fold")

    def line(heading: str, cells: list[str]) -> None:
        if any(cells):
            table.add_row(Text(heading, style="dim"), *(Text(cell) for cell in cells))

    for path in rows[0].settings:
        line(path, [_setting(row.settings[path]) for row in rows])
    line(say("compare.state"), [state_word(row.state) for row in rows])
    line(say("compare.steps"), [f"{row.step}/{row.total or '?'}" for row in rows])
    line(say("compare.time"), [duration(row.seconds) for row in rows])
    line(say("compare.parameters"), ["" if row.parameters is None else count(row.parameters) for row in rows])
    line(say("compare.best"), [_at(row) for row in rows])
    line(say("compare.last"), [_lines(row.last) for row in rows])
    line(say("compare.test"), [_lines(row.test) for row in rows])
    console().print(table)


def _at(row: Row) -> str:
    return say("compare.at", values=_lines(row.best), step=row.best_step) if row.best else ""


def _lines(metrics: dict[str, float]) -> str:
    """Metrics one below the other, so that several runs fit side by side."""
    return "\n".join(f"{name} {value:.4g}" for name, value in metrics.items())


def _setting(value: Any) -> str:
    return "–" if value is None else str(value)
