"""`jinjie compare`: runs side by side, in a table, in the terminal and as a picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

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

    from jinjie.analyse.compare import lines, verdict
    from jinjie.cli.runs import state_word

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for row in rows:
        table.add_column(row.run, overflow="fold")
    for line in lines(rows, state_word):
        table.add_row(Text(line.heading, style="dim"), *(Text(cell) for cell in line.cells))
    console().print(table)
    for sentence in verdict(rows):
        console().print(sentence)
