"""`jinjie plan`: dated weeks towards a role, a concept or a system."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.learner.attempts import Attempt
    from jinjie.path.goals import Goal
    from jinjie.path.moved import Moved
    from jinjie.path.plan import Plan, Step

HOURS = 5.0
"""Hours a week of who has not said."""

FARTHEST = timedelta(days=36525)
"""Nobody plans farther than a century, and the calendar ends somewhere."""


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
        from jinjie.learner.attempts import Attempt, iterate, write
        from jinjie.learner.store import open_store
        from jinjie.path import goals
        from jinjie.path.evidence import day

        library = load([own(), *content])
        now = datetime.now().astimezone()
        with open_store() as store:
            events = list(iterate(store))
            chosen, event = goals.chosen(library, events)
            kept = event.detail if event is not None and goal in (None, event.slug) else {}
            wanted = goals.goal(library, goal) if goal is not None else chosen
            today = day(now)
            asked = _checked(
                {"hours": hours, "by": by, "start": start, "language": language, "free_only": free_only},
                kept,
                today,
            )
            made = _made(library, wanted, events, now, asked)
            since = _since(library, wanted, events, event, made, today) if event is not None else None
            _files(made, library, markdown, calendar, now)
            if save:
                detail = {name: _said(value) for name, value in asked.items()}
                write(store, Attempt("goal", wanted.name, detail=detail))
                note(say("cli.plan.saved", goal=wanted.title))
        if as_json:
            print_json({**_plain(made), "moved": _plainly(since)})
        else:
            _show(made, library, since)


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _checked(given: dict[str, Any], kept: dict[str, Any], today: date) -> dict[str, Any]:
    """What was asked for, else what was saved, else the usual; every mistake told at once. Raises InvalidInput."""
    from jinjie.base.errors import InvalidInput, Problem
    from jinjie.base.words import LANGUAGES

    problems: list[Problem] = []

    def value(name: str) -> Any:
        return given[name] if given[name] is not None else kept.get(name)

    def a_date(name: str, option: str) -> date | None:
        if (came := value(name)) is None:
            return None
        try:
            return date.fromisoformat(str(came))
        except ValueError:
            problems.append(Problem(option, "path.plan.no_date", came=came))
            return None

    hours = value("hours")
    hours = HOURS if hours is None else hours
    if not isinstance(hours, int | float) or not 0 < hours <= 24 * 7:
        problems.append(Problem("--hours-per-week", "path.plan.no_week", came=hours))
    by, start = a_date("by", "--by"), a_date("start", "--start")
    begins = start or today
    if given["start"] is None:
        begins = max(begins, today)  # a saved day that has gone by: what is left begins now
    for option, came in (("--by", by), ("--start", start)):
        if came is not None and abs(came - today) > FARTHEST:
            problems.append(Problem(option, "path.plan.too_far", came=came.isoformat()))
    if by is not None and given["by"] is not None and by < begins:
        problems.append(Problem("--by", "path.plan.gone_by", by=by.isoformat(), start=begins.isoformat()))
    if (language := value("language")) not in (None, *LANGUAGES):
        problems.append(
            Problem(
                "--language",
                "problem.not_a_choice",
                allowed=" | ".join(LANGUAGES),
                came=language,
                suggestion="",
            )
        )
    if problems:
        raise InvalidInput(problems)
    return {
        "hours": float(hours),
        "by": by,
        "start": begins,
        "language": language,
        "free_only": bool(value("free_only")),
    }


def _made(library: Library, goal: Goal, events: list[Attempt], now: datetime, asked: dict[str, Any]) -> Plan:
    from jinjie.path.graph import Graph
    from jinjie.path.known import judged
    from jinjie.path.mastery import belief
    from jinjie.path.plan import plan
    from jinjie.path.systems import built

    graph = Graph.of(library)
    return plan(
        library,
        graph,
        goal,
        belief(library, graph, events, now),
        asked["hours"],
        asked["start"],
        asked["by"],
        asked["language"],
        asked["free_only"],
        built(library, goal.systems, events, until=now),
        judged(library, graph, events, now),
    )


def _since(
    library: Library, goal: Goal, events: list[Attempt], saved: Attempt, made: Plan, today: date
) -> Moved | None:
    """What moved since the goal was saved; None for another goal, and where nothing did on the same day."""
    from jinjie.base.errors import InvalidInput
    from jinjie.path.evidence import day
    from jinjie.path.moved import moved

    if saved.slug != goal.name:
        return None
    then = day(saved.time)
    try:
        asked = _checked(dict.fromkeys(("hours", "by", "start", "language", "free_only")), saved.detail, then)
    except InvalidInput:  # a log that was written by hand
        return None
    before = [event for event in events if (event.time, event.id) < (saved.time, saved.id)]
    found = moved(_made(library, goal, before, saved.time, asked), made, today)
    return found if found or then < today else None


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


def _plain(plan: Plan) -> dict[str, Any]:
    return {
        "goal": plan.goal.name,
        "hours_per_week": plan.hours,
        "start": plan.start.isoformat(),
        "by": _said(plan.by),
        "fits": plan.fits,
        "minutes": plan.minutes,
        "done": _said(plan.done),
        "enough_hours_per_week": plan.enough,
        "drop": _named(plan.drop),
        "steps_by_then": plan.reached,
        "steps_on_the_first": plan.leads,
        "known": list(plan.held),
        "steps": [
            {
                "kind": step.kind,
                "slug": step.slug,
                "minutes": step.minutes,
                "concepts": list(step.concepts),
                "resources": list(step.resources),
            }
            for step in plan.steps
        ],
        "weeks": [
            {
                "begins": week.begins.isoformat(),
                "ends": week.ends.isoformat(),
                "room": week.room,
                "reviews": week.reviews,
                "parts": [
                    {
                        "kind": part.step.kind,
                        "slug": part.step.slug,
                        "minutes": part.minutes,
                        "last": part.last,
                    }
                    for part in week.parts
                ],
            }
            for week in plan.weeks
        ],
    }


def _named(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [{"kind": step.kind, "slug": step.slug, "concepts": list(step.concepts)} for step in steps]


def _plainly(since: Moved | None) -> dict[str, Any] | None:
    if since is None:
        return None
    return {
        "since": since.since.isoformat(),
        "finished": _named(since.finished),
        "shorter": _named(since.shorter),
        "behind": _named(since.behind),
        "added": _named(since.added),
        "done_was": _said(since.was),
        "done_is": _said(since.now),
    }
