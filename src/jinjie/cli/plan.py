"""`jinjie plan`: dated weeks towards a role, a concept or a system."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.path.moved import Moved
    from jinjie.path.plan import Plan


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("plan", help=say("cli.plan.help"), epilog=say("cli.plan.example"))
    def plan(
        goal: str = typer.Option(None, "--goal", metavar="GOAL", help=say("cli.plan.goal")),
        hours: float = typer.Option(None, "--hours-per-week", metavar="H", help=say("cli.plan.hours")),
        by: str = typer.Option(None, "--by", metavar="DATE", help=say("cli.plan.by")),
        start: str = typer.Option(None, "--start", metavar="DATE", help=say("cli.plan.start")),
        language: str = typer.Option(None, "--language", metavar="zh|en", help=say("cli.plan.language")),
        free_only: bool = typer.Option(None, "--free-only/--any-cost", help=say("cli.plan.free_only")),
        save: bool = typer.Option(False, "--save", help=say("cli.plan.save")),
        markdown: Path = typer.Option(None, "--markdown", metavar="FILE", help=say("cli.plan.markdown")),
        calendar: Path = typer.Option(None, "--calendar", metavar="FILE", help=say("cli.plan.calendar")),
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.plan.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.content.library import load, own
        from jinjie.learner import log
        from jinjie.path import goals, planning
        from jinjie.path.calendar import moved_plain, plain
        from jinjie.path.evidence import day
        from jinjie.path.graph import Graph

        library = load([own(), *content])
        graph = Graph.of(library)
        now = datetime.now().astimezone()
        events = log.read()
        chosen, event = goals.chosen(library, events)
        kept = event.detail if event is not None and goal in (None, event.slug) else {}
        wanted = goals.goal(library, goal) if goal is not None else chosen
        today = day(now)
        asked = planning.asked(
            {"hours": hours, "by": by, "start": start, "language": language, "free_only": free_only},
            kept,
            today,
        )
        made = planning.made(library, graph, wanted, events, now, asked)
        since = (
            planning.since(library, graph, wanted, events, event, made, today) if event is not None else None
        )
        _files(made, library, markdown, calendar, now)
        if save:
            from jinjie.learner.attempt import Attempt
            from jinjie.learner.attempts import write
            from jinjie.learner.store import open_store

            with open_store() as store:
                write(store, Attempt("goal", wanted.name, detail=asked.said))
            note(say("cli.plan.saved", goal=wanted.title))
        if as_json:
            print_json({**plain(made), "moved": moved_plain(since)})
        else:
            _show(made, library, since)


def _files(plan: Plan, library: Library, markdown: Path | None, calendar: Path | None, now: datetime) -> None:
    """Write what was asked for, each file whole or not at all. Raises JinjieError where one cannot be written."""
    from jinjie.base.errors import JinjieError
    from jinjie.base.files import write_whole
    from jinjie.base.words import language
    from jinjie.path import calendar as shapes

    made: list[tuple[Path, str | bytes]] = []
    if markdown is not None:
        made.append((markdown, shapes.markdown(plan, library, language())))
    if calendar is not None:
        made.append((calendar, shapes.calendar(plan, language(), now)))
    for file, content in made:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, content)
        except OSError as error:
            raise JinjieError("cli.plan.not_written", file=file, reason=error.strerror or error) from error
        note(say("cli.plan.wrote", file=file))


def _show(plan: Plan, library: Library, since: Moved | None) -> None:
    """The weeks as a table, and what is to be said of them."""
    from rich.table import Table
    from rich.text import Text

    from jinjie.base.words import language
    from jinjie.path.calendar import first, line, moved, summary

    out = console()
    lang = language()
    out.print(say("path.plan.title", goal=plan.goal.title), style="bold", markup=False)
    out.print(Text(summary(plan, lang)), soft_wrap=True)
    if why := first(plan, lang):
        out.print(Text(why), soft_wrap=True)
    if since is not None:
        out.print(Text("\n  ".join(moved(since, lang))), soft_wrap=True)
    if plan.weeks:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(say("cli.plan.week"), no_wrap=True)
        table.add_column(say("cli.plan.what"), overflow="fold")
        table.add_column(say("cli.plan.minutes"), justify="right", no_wrap=True)
        for week in plan.weeks:
            used = sum(part.minutes for part in week.parts)
            steps = "\n".join(line(part, lang) for part in week.parts)
            table.add_row(week.begins.isoformat(), Text(steps), f"{used}/{week.room} + {week.reviews}")
        out.print(table)
        out.print(say("cli.plan.share"), style="dim", soft_wrap=True)
    for step in plan.steps:
        if step.kind == "bridge":
            titles = [library.resources[one].entry.title for one in step.resources]
            said = (
                say("cli.plan.bridged", title=step.title, resources=" · ".join(titles))
                if titles
                else say("cli.plan.nothing_bridges", title=step.title)
            )
            out.print(said, style="dim", soft_wrap=True, markup=False)
