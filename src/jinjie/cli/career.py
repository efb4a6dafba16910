"""`jinjie career`: roles, what each asks for, what one lacks for it, and what its interviewers ask."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.course.content.library import Written as Entry
    from jinjie.course.content.schema import Role
    from jinjie.course.render.terminal import Written
    from jinjie.path.career import Gap

HOURS = 5.0
"""Hours a week of who has not said."""

DEPTHS = {1: "cli.career.depth_1", 2: "cli.career.depth_2", 3: "cli.career.depth_3"}

SHOWN = 12
"""Concepts that are missing are named, at most."""

STEPS = 3
"""Steps of the plan that are shown."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    career = typer.Typer(help=say("cli.career.help"), epilog=say("cli.career.example"))
    app.add_typer(career, name="career", invoke_without_command=True)
    content_option = typer.Option([], "--content", metavar="DIR", help=say("cli.career.content"))

    @career.callback(invoke_without_command=True)
    def all_roles(
        context: typer.Context, content: list[Path] = content_option, as_json: bool = json_option()
    ) -> None:
        if context.invoked_subcommand is None:
            _list(_library(content), as_json)

    @career.command("show", help=say("cli.career.show"))
    def show(role: str, content: list[Path] = content_option, as_json: bool = json_option()) -> None:
        library = _library(content)
        _show(library, _role(library, role), as_json)

    @career.command("gap", help=say("cli.career.gap"))
    def gap(
        role: str,
        hours: float = typer.Option(
            HOURS, "--hours-per-week", min=0.25, max=168, help=say("cli.career.hours")
        ),
        picture: Path = typer.Option(None, "--picture", metavar="FILE", help=say("cli.career.picture")),
        content: list[Path] = content_option,
        as_json: bool = json_option(),
    ) -> None:
        library = _library(content)
        found = _gap(library, _role(library, role).slug, hours)
        if picture is not None:
            _draw(found, picture)
        if as_json:
            from jinjie.path import plain

            print_json(plain.gap(found))
        else:
            _tell(library, found)

    @career.command("questions", help=say("cli.career.questions"))
    def questions(
        role: str,
        answers: bool = typer.Option(False, "--answers", help=say("cli.career.answers")),
        content: list[Path] = content_option,
        as_json: bool = json_option(),
    ) -> None:
        library = _library(content)
        _questions(library, _role(library, role), answers, as_json)


def _library(content: list[Path]) -> Library:
    from jinjie.course.content.library import load, own

    return load([own(), *content])


def _role(library: Library, word: str) -> Entry[Role]:
    """By its id, its name in either language or an alias. Raises NotFound, which suggests the nearest."""
    from jinjie.path.goals import goal

    return library.roles[goal(library, f"role:{word.removeprefix('role:')}").id]


def _list(library: Library, as_json: bool) -> None:
    from rich.table import Table

    roles = list(library.roles.values())
    if as_json:
        print_json(
            [{"id": one.slug, "name": {"en": one.entry.name.en, "zh": one.entry.name.zh}} for one in roles]
        )
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for one in roles:
        counts = say("cli.career.counts", concepts=len(one.entry.needs), systems=len(one.entry.systems))
        table.add_row(one.slug, str(one.entry.name), counts)
    console().print(table)
    console().print(say("cli.career.then"), style="dim", soft_wrap=True, markup=False)


def _show(library: Library, role: Entry[Role], as_json: bool) -> None:
    from rich.text import Text

    entry = role.entry
    if as_json:
        print_json(entry.plain())
        return
    out = console()
    out.print(Text(str(entry.name), style="bold"))
    out.print(_rendered(library, str(entry.does)).body)
    for wanted in (3, 2, 1):
        names = [str(library.concepts[c].entry.name) for c, depth in entry.needs.items() if depth == wanted]
        if names:
            out.print(say(DEPTHS[wanted], names=_joined(names)), soft_wrap=True, markup=False)
    systems = [str(library.systems[one].entry.name) for one in entry.systems if one in library.systems]
    out.print(say("cli.career.systems", names=_joined(systems)), soft_wrap=True, markup=False)
    for project in entry.projects:
        out.print(
            say("cli.career.project", name=project.name, shows=project.shows), soft_wrap=True, markup=False
        )
        out.print(
            "  " + "  ".join(f"jinjie run {one}" for one in project.recipes), style="cyan", markup=False
        )
    out.print(say("cli.career.next", role=role.slug), style="dim", soft_wrap=True, markup=False)


def _gap(library: Library, slug: str, hours: float) -> Gap:
    from jinjie.learner import log
    from jinjie.path.career import gap
    from jinjie.path.evidence import day
    from jinjie.path.graph import Graph
    from jinjie.path.known import judged
    from jinjie.path.mastery import belief

    now = datetime.now().astimezone()
    graph = Graph.of(library)
    events = log.read()
    known = judged(library, graph, events, now)
    beliefs = belief(library, graph, events, now)
    return gap(library, graph, slug, beliefs, events, hours, day(now), known=known)


def _draw(found: Gap, picture: Path) -> None:
    """The radar as a file. Raises InvalidInput where it is to be no SVG, JinjieError where it cannot be written."""
    from jinjie.base.errors import InvalidInput, JinjieError, Problem
    from jinjie.base.files import write_whole
    from jinjie.base.svg import standalone
    from jinjie.base.words import language
    from jinjie.path.radar import radar

    if picture.suffix.lower() != ".svg":
        raise InvalidInput([Problem("--picture", "explain.svg_only", came=picture)])
    drawn = standalone(radar(found.axes, str(found.role.name), language()))
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        write_whole(picture, drawn)
    except OSError as error:
        raise JinjieError("compare.not_written", file=picture, reason=error.strerror or error) from error
    note(say("cli.career.drawn", file=picture))


def _tell(library: Library, found: Gap) -> None:
    from rich.table import Table
    from rich.text import Text

    from jinjie.base.words import language
    from jinjie.path.calendar import line, summary

    out = console()
    share = say("cli.career.share", role=found.role.name, percent=round(100 * found.share))
    out.print(Text(share, style="bold"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in (say("cli.career.area"), say("cli.career.has"), say("cli.career.wants")):
        table.add_column(head)
    for axis in found.axes:
        table.add_row(str(axis.name), _bar(axis.has), _bar(axis.wants))
    out.print(table)
    missing = [
        say(
            "cli.career.missing",
            concept=library.concepts[one.concept].entry.name,
            has=one.has,
            wanted=one.wanted,
        )
        for one in found.missing
    ]
    if missing:
        more = say("cli.career.more", count=len(missing) - SHOWN) if len(missing) > SHOWN else ""
        out.print(
            say("cli.career.lacks", names=_joined(missing[:SHOWN]) + more), soft_wrap=True, markup=False
        )
    out.print(Text(summary(found.plan, language())), soft_wrap=True)
    lang = language()
    for part in [part for week in found.plan.weeks for part in week.parts][:STEPS]:
        out.print(Text(f"  {line(part, lang)}"))
    here = [one for one in found.unbuilt if library.systems[one].entry.recipes]
    if here:
        names = _joined([str(library.systems[one].entry.name) for one in here])
        out.print(say("cli.career.unbuilt", names=names), soft_wrap=True, markup=False)
    if len(here) < len(found.unbuilt):
        names = _joined([str(library.systems[one].entry.name) for one in found.unbuilt if one not in here])
        out.print(say("cli.career.no_recipe", names=names), soft_wrap=True, markup=False)
    for project in found.projects:
        out.print(
            say("cli.career.project", name=project.name, shows=project.shows), soft_wrap=True, markup=False
        )
        out.print(
            "  " + "  ".join(f"jinjie run {one}" for one in project.recipes), style="cyan", markup=False
        )
    out.print(say("cli.career.plan", role=found.role.id), style="dim", soft_wrap=True, markup=False)


def _questions(library: Library, role: Entry[Role], answers: bool, as_json: bool) -> None:
    from rich.text import Text

    if as_json:
        print_json([one.plain() for one in role.entry.questions])
        return
    out = console()
    for number, one in enumerate(role.entry.questions, 1):
        out.print(Text(f"{number}. {one.question}", style="bold"), soft_wrap=True)
        if answers:
            written = _rendered(library, str(one.answer))
            out.print(written.body)
            for command, shows in written.commands.items():
                out.print(Text.assemble(("  " + command, "cyan"), ("  " + shows, "dim")), soft_wrap=True)
            out.print()
    if not answers:
        out.print(say("cli.career.see_answers", role=role.slug), style="dim", soft_wrap=True, markup=False)


def _rendered(library: Library, text: str) -> Written:
    """A text of the catalog as lessons are shown, with the commands that its links stand for."""
    from jinjie.base.words import language
    from jinjie.course.render.reading import parse
    from jinjie.course.render.terminal import terminal

    return terminal(parse(text), library, language())


def _joined(names: list[str]) -> str:
    return say("path.career.comma").join(names)


def _bar(depth: float) -> str:
    return "█" * round(depth * 4) + f" {depth:.1f}"
