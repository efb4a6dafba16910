"""`jinjie doctor`: what this machine is and can do, what is therefore picked, and what is missing."""

from __future__ import annotations

from typing import Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("doctor", help=say("machine.help"))
    def doctor(
        again: bool = typer.Option(False, "--again", help=say("machine.again")),
        sandbox: bool = typer.Option(False, "--sandbox", help=say("sandbox.try_all")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.doctor import examine

        tell = None if as_json else lambda words: console().print(words, style="dim")
        found = examine("again" if again else "once", sandbox, tell)
        if as_json:
            print_json(found)
        else:
            _print(found)
        if found["prevents"]:
            raise typer.Exit(1)


def _print(found: dict[str, Any]) -> None:
    from jinjie.course.doctor import sections

    out = console()
    for one in sections(found):
        if one.name == "measured":
            _rates(found["measured"])
        _section(one.title, one.rows)
    for warning in found["warns"]:
        out.print(warning, style="yellow", soft_wrap=True)
    for reason in found["prevents"]:
        out.print(reason, style="bold red", soft_wrap=True)
    if not found["prevents"]:
        out.print(say("machine.ready"), style="green")


def _section(title: str, lines: list[tuple[str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        table.add_row(Text(f"  {name}", style="dim"), Text(value))
    out = console()
    out.print(Text(title, style="bold"))
    out.print(table)
    out.print()


def _rates(measured: dict[str, Any]) -> None:
    """Matrix products: number formats down, threads across."""
    from rich.table import Table
    from rich.text import Text

    from jinjie.course.doctor import rates

    heads, rows = rates(measured)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  GFLOP/s")
    for head in heads:
        table.add_column(head, justify="right")
    for name, cells in rows:
        table.add_row(f"  {name}", *cells)
    out = console()
    out.print(Text(say("machine.products"), style="bold"))
    out.print(table)
    out.print()
