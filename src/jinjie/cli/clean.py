"""`jinjie clean`: a CSV in, a cleaned CSV and a report of what was found and done out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.amounts import duration
from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.data.cleaning.plan import Cleaning
    from jinjie.data.cleaning.report import Report

_SHOWN = 50
"""Columns, notices and steps that the terminal shows."""
_LISTED = 10
"""Dropped rows that the terminal lists."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("clean", help=say("cli.clean.help"))(command())


def command() -> Any:
    """The command, its help in the current language."""

    def clean(
        source: Path = typer.Argument(..., help=say("cli.clean.source"), metavar="IN.csv"),
        out: Path = typer.Argument(..., help=say("cli.clean.out"), metavar="OUT.csv"),
        changes: list[str] = typer.Argument(None, help=say("cli.clean.rules"), metavar="[KEY=VALUE]..."),
        folder: Path = typer.Option(None, "--report", help=say("cli.clean.folder"), metavar="FOLDER"),
        plan: bool = typer.Option(False, "--plan", help=say("cli.clean.plan")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.data.cleaning.plan import parse

        cleaning = parse(changes or [])
        if plan:
            _plan(source, cleaning, as_json)
            return
        report = _run(source, out, cleaning, folder, as_json)
        if as_json:
            print_json(report.model_dump(mode="json"))
            return
        _print(report, folder or Path(f"{out}.report"))

    return clean


def _run(source: Path, out: Path, cleaning: Cleaning, folder: Path | None, quiet: bool) -> Report:
    import signal
    import sys

    from jinjie.data.cleaning import clean

    # Asked to end, the half-written file is taken away as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if quiet:
        return clean(source, out, cleaning, folder=folder)
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task("", total=None)

        def progress(what: str, done: int, total: int | None) -> None:
            if done < bar.tasks[0].completed:  # another pass over the file: its time left is its own
                bar.reset(task)
            bar.update(task, description=what, completed=done, total=total)

        return clean(source, out, cleaning, progress=progress, folder=folder)


def _print(report: Report, folder: Path) -> None:
    from jinjie.data.cleaning import report as sentences

    out = console()
    out.print(sentences.headline(report), style="bold", soft_wrap=True, markup=False)
    _columns(report, out)
    notices, steps = report.found.notices, report.done
    _lines(out, [sentences.notice_line(notice) for notice in notices[:_SHOWN]], len(notices), "yellow")
    out.print()
    out.print(say("clean.heading.done"), style="bold")
    lines = [sentences.step_line(step) for step in steps[:_SHOWN]]
    _lines(out, lines or [say("clean.nothing")], len(steps))
    if report.dropped:
        out.print()
        out.print(say("clean.heading.dropped", count=report.dropped_count), style="bold")
        shown = report.dropped[:_LISTED]
        rows = [say("cli.clean.row", line=row.line, why=sentences.reason(row)) for row in shown]
        if report.dropped_count > len(shown):
            rows.append(say("cli.clean.more", count=report.dropped_count - len(shown)))
        _lines(out, rows, style="dim")
    out.print()
    out.print(sentences.result(report), style="bold", soft_wrap=True, markup=False)
    places = say(
        "cli.clean.places", out=report.out, page=folder / "report.html", took=duration(report.seconds)
    )
    out.print(places, style="dim", soft_wrap=True, markup=False)


def _columns(report: Report, out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from jinjie.data.cleaning.report import plain, type_name

    table = Table(box=None, pad_edge=False, header_style="dim")
    headings = (
        say("clean.column.name"),
        say("clean.column.type"),
        say("clean.column.missing"),
        say("clean.column.low"),
        say("clean.column.high"),
        say("clean.column.mean"),
        say("clean.column.outliers"),
    )
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i < 2 else "right", overflow="fold")
    for c in report.found.columns[:_SHOWN]:
        cells = ["" if v is None else plain(v) for v in (c.low, c.high, c.mean, c.outliers)]
        table.add_row(*(Text(cell) for cell in (c.name, type_name(c.type), str(c.missing), *cells)))
    out.print(table)
    _lines(out, [], len(report.found.columns) - _SHOWN)
    note = say("clean.page.sampled", count=report.found.sampled)
    out.print(note, style="dim", soft_wrap=True, markup=False)


def _lines(out: Console, lines: list[str], count: int = 0, style: str = "") -> None:
    """Some lines, and how many of `count` are left out."""
    if count > len(lines):
        lines = [*lines, say("clean.page.all_in_json", count=count - len(lines))]
    for line in lines:
        out.print(f"  {line}", style=style, soft_wrap=True, markup=False)


def _plan(source: Path, cleaning: Cleaning, as_json: bool) -> None:
    """What would be done to which column, in how many passes, and what is held in memory."""
    from jinjie.data.cleaning.outlook import look_ahead
    from jinjie.data.cleaning.report import type_name

    outlook = look_ahead(source, cleaning)
    if as_json:
        print_json(outlook.model_dump(mode="json"))
        return
    out = console()
    out.print(outlook.headline(), style="bold", soft_wrap=True, markup=False)
    for column in outlook.columns[:_SHOWN]:
        rules = ", ".join(column.rules) or say("clean.plan.kept")
        out.print(f"  {column.name}  {type_name(column.type)}: {rules}", soft_wrap=True, markup=False)
    _lines(out, [], len(outlook.columns) - _SHOWN)
    for line in outlook.lines():
        out.print(line, soft_wrap=True, markup=False)
