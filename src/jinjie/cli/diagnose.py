"""`jinjie diagnose`: what is unusual about a run, by which numbers, and what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import Text, language, say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.analyse.diagnose import Diagnosis
    from jinjie.analyse.rules.finding import Finding

STYLE = {"high": "bold red", "medium": "yellow", "low": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("diagnose", help=say("cli.diagnose.help"))
    def diagnose(
        name: str = typer.Argument("last", help=say("cli.run_name"), metavar="[RUN]"),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.analyse.diagnose import diagnose as look
        from jinjie.training.runs import find

        found = look(find(name))
        if as_json:
            print_json(found.values())
        else:
            _show(found)


def _show(found: Diagnosis) -> None:
    out = console()
    count = len(found.findings)
    said = (
        say("diagnose.found", run=found.run, count=count) if count else say("diagnose.healthy", run=found.run)
    )
    out.print(said, style="bold", markup=False)
    if found.state == "running":
        out.print(say("diagnose.running"), style="dim")
    for finding in found.findings:
        _finding(out, finding, found.commands.get(finding.rule))
    out.print()
    questions = ("、" if language() == "zh" else ", ").join(map(str, found.usual))
    out.print(say("diagnose.looked", questions=questions), style="dim")
    if found.unjudged:
        out.print(say("diagnose.unjudged"), style="dim")
        for asked, why in found.unjudged:
            out.print(f"  {asked}: {why}" if language() == "en" else f"  {asked}：{why}", style="dim")


def _finding(out: Any, finding: Finding, command: str | None) -> None:
    from rich.text import Text as Line

    out.print()
    out.print(
        Line.assemble(
            (severity(finding.severity), STYLE[finding.severity]),
            f"  {finding.name}  ",
            (sure(finding.sure), "dim"),
        )
    )
    rows: list[tuple[str, str | Text]] = [(say("diagnose.evidence"), e) for e in finding.evidence]
    rows.append(("", finding.advice))
    if command is not None:
        rows.append((say("diagnose.try"), command))
    rows.append((say("diagnose.study"), ", ".join(finding.study)))
    for heading, content in rows:
        out.print(
            Line.assemble("  ", (f"{heading}  " if heading else "", "dim"), str(content)), soft_wrap=True
        )


def severity(name: str) -> str:
    """How grave a finding is, in words."""
    words = {
        "high": say("diagnose.severity.high"),
        "medium": say("diagnose.severity.medium"),
        "low": say("diagnose.severity.low"),
    }
    return words[name]


def sure(name: str) -> str:
    """How sure a finding is, in words."""
    words = {
        "certain": say("diagnose.sure.certain"),
        "likely": say("diagnose.sure.likely"),
        "possible": say("diagnose.sure.possible"),
    }
    return words[name]
