"""`jinjie progress`: where the learner stands; their log as one file, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from rich.text import Text

    from jinjie.course.content.library import Library
    from jinjie.learner.summary import Day, Summary

SHADES = "·░▒▓█"
"""A day without events, and days with more and more of them."""
STEPS = (1, 4, 10, 20)
"""From how many events on a day has each shade."""
WIDTH = 24
"""Characters of a bar."""
SHOWN = 8
"""Rows of a table."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=say("cli.progress.help"), invoke_without_command=True)
    app.add_typer(group, name="progress")

    @group.callback()
    def progress(context: typer.Context, as_json: bool = json_option()) -> None:
        if context.invoked_subcommand is not None:
            return
        from jinjie.learner import log
        from jinjie.learner.summary import summary

        found = summary(log.read())
        if as_json:
            print_json(_plain(found))
        elif found.events:
            _show(found, _library())
            note(say("cli.progress.lies", place=log.where()))
        else:
            _empty()

    @group.command("export", help=say("cli.progress.export"))
    def export(
        file: Path = typer.Argument(..., help=say("cli.progress.export_file"), metavar="FILE"),
        replace: bool = typer.Option(False, "--replace", help=say("cli.progress.replace")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.amounts import size
        from jinjie.base.paths import place
        from jinjie.learner import exchange
        from jinjie.learner.store import open_store

        with open_store() as store:
            done = exchange.export(store, place(file).absolute(), replace=replace)
        if as_json:
            print_json({**asdict(done), "path": str(done.path)})
            return
        said = say(
            "cli.progress.exported",
            path=done.path,
            attempts=done.attempts,
            drafts=done.drafts,
            size=size(done.bytes),
        )
        console().print(said, soft_wrap=True, markup=False)

    @group.command("import", help=say("cli.progress.import"))
    def import_(
        file: Path = typer.Argument(..., help=say("cli.progress.import_file"), metavar="FILE"),
        as_mine: bool = typer.Option(False, "--as-mine", help=say("cli.progress.as_mine")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.paths import place
        from jinjie.learner.merge import merge
        from jinjie.learner.store import open_store

        with open_store() as store:
            done = merge(store, place(file).absolute(), as_mine=as_mine)
        if as_json:
            print_json(asdict(done))
            return
        said = say("cli.progress.imported", attempts=done.attempts, drafts=done.drafts, known=done.known)
        console().print(said, soft_wrap=True, markup=False)
        if done.moved_in:
            note(say("cli.progress.moved_in"))


def record(kind: str, slug: str, *, passed: bool | None = None, detail: dict[str, Any] | None = None) -> bool:
    """Write an event to the learner's log; whether it could be. That it could not is said, and ends nothing."""
    from jinjie.learner import log
    from jinjie.learner.attempt import Attempt
    from jinjie.learner.troubles import StoreError

    try:
        log.write(Attempt(kind, slug, passed=passed, detail=detail or {}))
    except StoreError as error:
        note(say("cli.progress.not_recorded", reason=str(error)))
        return False
    return True


def _plain(found: Summary) -> dict[str, Any]:
    """A summary as values of JSON, and whose it is."""
    from jinjie.learner.store import open_store

    with open_store() as store:
        who = store.owner()

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(part) for key, part in value.items()}
        if isinstance(value, list):
            return [plain(part) for part in value]
        return value.isoformat() if isinstance(value, date | datetime) else value

    return {
        "learner": {"id": who.id, "name": who.name, "created": who.created.isoformat()},
        "store": store.place,
        **plain(asdict(found)),
    }


def _library() -> Library | None:
    """The course that ships with Jinjie, for its titles and how much of it there is; None where there is none."""
    from jinjie.base.errors import JinjieError
    from jinjie.course.content import library

    try:
        return library.load()
    except JinjieError:
        return None


def _empty() -> None:
    """What to do first; and where an earlier log may lie."""
    from jinjie.learner import backups, place

    library = _library()
    first = library.climb[0].slug if library and library.climb else "gradient-descent"
    out = console()
    out.print(say("cli.progress.none"), style="bold", markup=False)
    out.print(say("cli.progress.begin", lesson=first), markup=False, soft_wrap=True)
    if (path := place.file()) is not None and len(backups.every(path)) > 1:
        note(say("cli.progress.backups", folder=backups.folder(path)))


def _show(found: Summary, library: Library | None) -> None:
    from rich.console import Group
    from rich.padding import Padding

    parts = [_bars(found, library), _calendar(found), *_tables(found, library)]
    console().print(Group(*(Padding(part, (1, 0, 0, 2)) for part in parts)))


def _bars(found: Summary, library: Library | None) -> Any:
    """Lessons, exercises and quizzes, each with how far."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    finished = sum(lesson.finished for lesson in found.lessons)
    begun = len(found.lessons)
    there = max(len(library.lessons) if library else 0, begun)
    table.add_row(
        say("cli.progress.lessons"),
        _bar(finished, begun, there),
        say("cli.progress.lessons_value", finished=finished, begun=begun, there=there),
    )
    solved = [exercise for exercise in found.exercises if exercise.solved]
    there = max(len(library.exercises) if library else 0, len(found.exercises))
    mean = sum(exercise.tries_to_solve or 0 for exercise in solved) / max(1, len(solved))
    value = say("cli.progress.exercises_value", solved=len(solved), tried=len(found.exercises), there=there)
    if solved:
        value += say("cli.progress.tries_each", tries=f"{mean:.1f}")
    table.add_row(say("cli.progress.exercises"), _bar(len(solved), len(found.exercises), there), value)
    answers, right = sum(q.answers for q in found.quizzes), sum(q.right for q in found.quizzes)
    share = f"{right / answers:.0%}" if answers else "–"
    table.add_row(
        say("cli.progress.answers"),
        _bar(right, right, answers),
        say("cli.progress.answers_value", right=right, answers=answers, share=share),
    )
    return table


def _bar(done: int, begun: int, there: int) -> Text:
    """What is done in full, what is begun lighter, the rest open."""
    from rich.text import Text

    def cells(part: int) -> int:
        exact = WIDTH * part / max(1, there)
        return max(1, min(WIDTH - (part < there), round(exact))) if part else 0

    full = cells(done)
    half = max(0, cells(begun) - full)
    return Text.assemble(
        ("█" * full, "green"), ("▒" * half, "green"), ("░" * (WIDTH - full - half), "bright_black")
    )


def _calendar(found: Summary) -> Any:
    """The last weeks, a column each, and how steady they were."""
    from rich.console import Group
    from rich.text import Text

    from jinjie.base.amounts import duration

    weeks = [found.days[i : i + 7] for i in range(0, len(found.days), 7)]
    names = say("cli.progress.weekdays").split()
    dates = "".join(f"{week[0].day:%m-%d}".ljust(8) for week in weeks[::4])
    lines = [Text(say("cli.progress.weeks", count=len(weeks)), style="bold")]
    lines.append(Text.assemble(" " * 6, (dates.rstrip(), "bright_black")))
    for i, name in enumerate(names):
        cells = [_cell(week[i]) for week in weeks if i < len(week)]
        wide = Text(name)
        wide.append(" " * (6 - wide.cell_len))
        lines.append(Text.assemble(wide, *cells))
    said = say("cli.progress.days", days=found.days_learned, streak=found.streak)
    if found.seconds >= 60:
        said += say("cli.progress.time", time=duration(found.seconds))
    lines.append(Text(said))
    return Group(*lines)


def _cell(day: Day) -> tuple[str, str]:
    shade = sum(day.events >= step for step in STEPS)
    return f"{SHADES[shade]} ", "green" if shade else "bright_black"


def _tables(found: Summary, library: Library | None) -> list[Any]:
    """What is being worked on: exercises that are not solved, lessons that are not finished; and the quizzes."""
    from rich.table import Table

    from jinjie.base.amounts import ago

    def title(kind: str, slug: str) -> str:
        entry = getattr(library, kind).get(slug) if library else None
        return str(entry.entry.title) if entry is not None and kind != "quizzes" else slug

    open_ = [
        (
            lesson.last,
            title("lessons", lesson.slug),
            say("cli.progress.reading"),
            f"jinjie lesson {lesson.slug}",
        )
        for lesson in found.lessons
        if not lesson.finished
    ] + [
        (
            exercise.last,
            title("exercises", exercise.slug),
            say("cli.progress.tried", tries=exercise.tries),
            f"jinjie exercise check {exercise.slug}",
        )
        for exercise in found.exercises
        if not exercise.solved
    ]
    made = []
    if open_:
        table = Table(title=say("cli.progress.open"), title_justify="left", title_style="bold", box=None)
        for key in ("cli.progress.what", "cli.progress.stands", "cli.progress.last", "cli.progress.command"):
            table.add_column(say(key), header_style="bright_black", no_wrap=key.endswith(".command"))
        for last, what, stands, command in sorted(open_, reverse=True)[:SHOWN]:
            table.add_row(what, stands, ago(last.timestamp()), command)
        made.append(table)
    if found.quizzes:
        table = Table(title=say("cli.progress.answers"), title_justify="left", title_style="bold", box=None)
        table.add_column(say("cli.progress.what"), header_style="bright_black")
        for key in ("cli.progress.right", "cli.progress.known"):
            table.add_column(say(key), header_style="bright_black", justify="right")
        table.add_column(say("cli.progress.last"), header_style="bright_black")
        for quiz in found.quizzes[:SHOWN]:
            right, known = f"{quiz.right} / {quiz.answers}", f"{quiz.known} / {quiz.questions}"
            table.add_row(title("lessons", quiz.slug), right, known, ago(quiz.last.timestamp()))
        made.append(table)
    return made
