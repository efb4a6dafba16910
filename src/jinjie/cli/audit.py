"""`jinjie audit`: an article's formulas, code and claims, each held against what is known; its exit code is for CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.audit.finding import Finding, Shown
    from jinjie.audit.judge import Report
    from jinjie.audit.running import Ran

STYLE = {"high": "bold red", "medium": "yellow", "low": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("audit", help=say("cli.audit.help"))
    def audit(
        articles: list[Path] = typer.Argument(..., help=say("cli.audit.articles"), metavar="ARTICLE..."),
        every: bool = typer.Option(False, "--all", help=say("cli.audit.all")),
        running: bool = typer.Option(False, "--run", help=say("cli.audit.run")),
        html: Path = typer.Option(None, "--html", help=say("cli.audit.html"), metavar="FILE.html"),
        fail_on: str = typer.Option("medium", "--fail-on", help=say("cli.audit.fail_on"), metavar="SEVERITY"),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.audit.judge import audit as judged

        least = _severity(fail_on)
        if html is not None and len(articles) > 1:
            from jinjie.base.errors import InvalidInput, Problem

            raise InvalidInput([Problem("--html", "cli.audit.one_page", count=len(articles))])
        reports = [judged(path, running) for path in articles]
        if as_json:
            values = [report.values() for report in reports]
            print_json(values[0] if len(values) == 1 else values)
        else:
            for report in reports:
                _print(report, every)
        if html is not None:
            from jinjie.audit.page import html as page
            from jinjie.base.files import write_whole

            write_whole(html, page(reports[0]).encode())
            note(say("cli.audit.written", file=html))
        if any(report.fails(least) for report in reports):
            raise typer.Exit(1)


def _severity(asked: str) -> Any:
    from jinjie.audit.finding import SEVERITIES
    from jinjie.base.errors import InvalidInput, Problem, did_you_mean

    if asked not in SEVERITIES:
        raise InvalidInput(
            [Problem("--fail-on", "cli.audit.no_severity", asked=asked, near=did_you_mean(asked, SEVERITIES))]
        )
    return asked


def _print(report: Report, every: bool) -> None:
    from jinjie.audit.wording import counted, verdict

    out = console()
    out.print(say("audit.title", name=report.name), style="bold", markup=False)
    out.print(counted(report), style="dim", markup=False)
    for finding in report.of("wrong"):
        _wrong(out, finding)
    for sort in ("right", "unknown") if every else ():
        if found := report.of(sort):
            out.print()
            out.print(verdict(sort), style="bold")
            for finding in found:
                _line(out, finding)
    if report.ran:
        out.print()
        out.print(say("audit.ran"), style="bold")
        for ran in report.ran:
            _ran(out, ran)
    if not every and len(report.findings) > len(report.of("wrong")):
        out.print()
        out.print(say("cli.audit.more"), style="dim")
    out.print()


def _wrong(out: Console, finding: Finding) -> None:
    from rich.padding import Padding
    from rich.text import Text as Line

    from jinjie.audit.wording import in_plain, kind, severity

    out.print()
    out.print(
        Line.assemble(
            (severity(finding.severity), STYLE[finding.severity]),
            f"  {finding.title}  ",
            (f"{say('audit.at', place=str(finding.place))} · {kind(finding)} · {finding.rule}", "dim"),
        ),
        soft_wrap=True,
    )
    for line in finding.quote.splitlines()[:6]:
        out.print(Line.assemble(("  │ ", "dim"), line), soft_wrap=True)
    out.print(Padding(Line(in_plain(str(finding.says))), (0, 0, 0, 2)))
    if finding.instead is not None:
        out.print(
            Padding(
                Line.assemble((f"{say('audit.instead')} ", "green"), in_plain(str(finding.instead))),
                (0, 0, 0, 2),
            )
        )
    if finding.shown is not None:
        _shown(out, finding.shown)
    if finding.lessons:
        lessons = ", ".join(f"jinjie lesson {slug}" for slug in finding.lessons)
        out.print(Padding(Line(f"{say('audit.lessons')} {lessons}", "dim"), (0, 0, 0, 2)))


def _shown(out: Console, shown: Shown) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text as Line

    out.print(Padding(Line(str(shown.says)), (0, 0, 0, 2)))
    if shown.rows:
        table = Table(box=None, pad_edge=False)
        for at, word in enumerate(shown.head):
            table.add_column(str(word), justify="right" if at else "left", header_style="dim")
        for row in shown.rows:
            table.add_row(*(Line(cell) for cell in row))
        out.print(Padding(table, (0, 0, 0, 4)))
    if shown.command:
        out.print(Padding(Line(shown.command, "cyan"), (0, 0, 0, 2)))


def _line(out: Console, finding: Finding) -> None:
    from rich.text import Text as Line

    first = (finding.quote.splitlines() or [""])[0]
    out.print(
        Line.assemble((f"  {finding.place}  ", "dim"), f"{finding.title}  ", (first[:90], "dim")),
        soft_wrap=True,
    )
    out.print(Line(f"      {finding.says}", "dim"), soft_wrap=True)


def _ran(out: Console, ran: Ran) -> None:
    from rich.text import Text as Line

    from jinjie.audit.wording import ended

    out.print(
        Line.assemble((f"  {say('audit.at', place=str(ran.place))}  ", "dim"), ended(ran)), soft_wrap=True
    )
    for line in ran.printed.splitlines()[-6:]:
        out.print(Line.assemble(("  │ ", "dim"), line), soft_wrap=True)
