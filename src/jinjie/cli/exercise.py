"""`jinjie exercise`: exercises listed, begun, checked, and helped with."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Written
    from jinjie.course.content.schema import Exercise
    from jinjie.course.grading.marking import Grade
    from jinjie.learner.attempt import Attempt
    from jinjie.learner.store import Store

_SLUG = "[SLUG]"
_EVERY = 0.3
"""Seconds between two looks at a file that is watched."""


def content_option() -> Any:
    """`--content DIR`: other people's exercises beside ours."""
    return typer.Option(None, "--content", metavar="DIR", help=say("cli.exercise.content"))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=say("cli.exercise.help"), invoke_without_command=True)
    app.add_typer(group, name="exercise")

    @group.callback()
    def everything(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            _list(_roots(None), as_json=False)

    @group.command("list", help=say("cli.exercise.list"))
    def list_(content: list[Path] = content_option(), as_json: bool = json_option()) -> None:
        _list(_roots(content), as_json)

    _register_start(group)
    _register_check(group)
    _register_help(group)


def _register_start(group: typer.Typer) -> None:
    @group.command("start", help=say("cli.exercise.start"))
    def start(
        slug: str = typer.Argument(..., metavar="SLUG", help=say("cli.exercise.slug")),
        folder: Path = typer.Option(None, "--in", metavar="DIR", help=say("cli.exercise.folder")),
        edit: bool = typer.Option(False, "--edit", help=say("cli.exercise.edit")),
        content: list[Path] = content_option(),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.grading import workspace

        exercise = _exercise(slug, content)
        work = workspace.start(exercise, folder)
        if as_json:
            print_json({"slug": slug, "file": str(work.file), "began": work.began})
        else:
            what = say("cli.exercise.begun" if work.began else "cli.exercise.there")
            _begun(exercise, work.file, what, _roots(content))
        if edit:
            _edit(work.file)

    @group.command("reset", help=say("cli.exercise.reset"))
    def reset(
        slug: str = typer.Argument(..., metavar="SLUG", help=say("cli.exercise.slug")),
        folder: Path = typer.Option(None, "--in", metavar="DIR", help=say("cli.exercise.folder")),
        content: list[Path] = content_option(),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.grading import workspace

        work = workspace.reset(_exercise(slug, content), folder)
        if as_json:
            kept = str(work.kept) if work.kept else None
            print_json({"slug": slug, "file": str(work.file), "kept": kept})
            return
        out = console()
        if work.kept:
            out.print(say("cli.exercise.kept", file=work.kept), markup=False, soft_wrap=True)
        out.print(say("cli.exercise.fresh", file=work.file), markup=False, soft_wrap=True)


def _register_check(group: typer.Typer) -> None:
    @group.command("check", help=say("cli.exercise.check"))
    def check(
        target: str = typer.Argument(..., metavar="SLUG|FILE", help=say("cli.exercise.target")),
        slug: str = typer.Option(None, "--as", metavar="SLUG", help=say("cli.exercise.as")),
        seed: int = typer.Option(None, "--seed", min=0, max=2**62, help=say("cli.exercise.seed")),
        watch: bool = typer.Option(False, "--watch", help=say("cli.exercise.watch")),
        content: list[Path] = content_option(),
        as_json: bool = json_option(),
    ) -> int:
        from jinjie.course.grading.marking import get_ready

        exercise, file = _target(target, slug, content)
        get_ready(exercise.entry.library)
        if watch:
            _watch(exercise, file, as_json)
            return 0
        made = _check(exercise, file, seed, as_json)
        return 0 if made.passed else 1


def _register_help(group: typer.Typer) -> None:
    @group.command("hint", help=say("cli.exercise.hint"))
    def hint(
        slug: str = typer.Argument(..., metavar="SLUG", help=say("cli.exercise.slug")),
        content: list[Path] = content_option(),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.grading import tries
        from jinjie.learner.store import open_store

        exercise = _exercise(slug, content)
        with open_store() as store:
            told, left = tries.ask_hint(exercise, store)
        if as_json:
            print_json({"slug": slug, "hints": [one.both() for one in told], "left": left})
            return
        out = console()
        for number, one in enumerate(told, 1):
            out.print(f"{number}. {one}", markup=False, soft_wrap=True)
        after = "cli.exercise.more_hints" if left else "cli.exercise.no_more_hints"
        out.print(say(after, slug=slug, count=left), style="dim", markup=False, soft_wrap=True)

    @group.command("solution", help=say("cli.exercise.solution"))
    def solution(
        slug: str = typer.Argument(..., metavar="SLUG", help=say("cli.exercise.slug")),
        content: list[Path] = content_option(),
        as_json: bool = json_option(),
    ) -> int:
        from jinjie.course.grading import tries
        from jinjie.learner.store import open_store

        exercise = _exercise(slug, content)
        with open_store() as store:
            told = tries.ask_solution(exercise, store)
        if as_json:
            print_json({"slug": slug, "solution": told})
        elif told is None:
            console().print(say("cli.exercise.ask_again", slug=slug), markup=False, soft_wrap=True)
        elif sys.stdout.isatty():
            from rich.syntax import Syntax

            console().print(Syntax(told, "python", background_color="default"))
        else:
            print(told, end="")
        return 0 if told is not None else 1


def _roots(content: list[Path] | None) -> list[Path]:
    from jinjie.course.content import own

    return [own(), *(content or [])]


def _exercise(slug: str, content: list[Path] | None) -> Written[Exercise]:
    from jinjie.course.content.library import one_exercise

    return one_exercise(slug, _roots(content))


def _target(target: str, slug: str | None, content: list[Path] | None) -> tuple[Written[Exercise], Path]:
    """The exercise and the file that `check` means: a slug with the learner's own file, or a file of any place."""
    from jinjie.base import paths
    from jinjie.base.errors import InvalidInput, NotFound, Problem
    from jinjie.course.content.schema import is_slug
    from jinjie.course.grading import workspace

    path = paths.place(target)
    if slug is None and is_slug(target) and not path.suffix:
        exercise = _exercise(target, content)
        file = workspace.file_of(target)
        if not paths.is_there(file):
            raise InvalidInput([Problem("", "exercise.not_begun", slug=target)])
        return exercise, file
    name = slug or workspace.slug_of(path)
    if path.is_dir() and slug is None:
        # a folder that holds the one file it is named after
        name = workspace.slug_of(path) if workspace.slug_of(path) else None
        if name and workspace.file_of(name, path).is_file():
            return _exercise(name, content), workspace.file_of(name, path)
    workspace.content(path)
    if name is None:
        raise InvalidInput([Problem(target, "exercise.whose")])
    try:
        return _exercise(name, content), path
    except NotFound:
        if slug is not None:
            raise
        raise InvalidInput([Problem(target, "exercise.whose")]) from None


@contextmanager
def _log() -> Iterator[Store | None]:
    """The learner's log; None where it cannot be opened, which is said: a check is worth more than its record."""
    from jinjie.learner.store import open_store
    from jinjie.learner.troubles import StoreError

    try:
        store = open_store()
    except StoreError as error:
        note(say("cli.exercise.no_log", reason=str(error)))
        yield None
        return
    with store:
        yield store


def _events() -> list[Attempt]:
    """What the learner's log holds; nothing where it cannot be opened, which is said."""
    from jinjie.learner import log
    from jinjie.learner.troubles import StoreError

    try:
        return log.read()
    except StoreError as error:
        note(say("cli.exercise.no_log", reason=str(error)))
        return []


def _check(exercise: Written[Exercise], file: Path, seed: int | None, as_json: bool) -> Grade:
    """Grade a file as the learner's next try, and show the grade."""
    from jinjie.cli.graded import show
    from jinjie.course.grading import tries, workspace
    from jinjie.course.grading.marking import grade
    from jinjie.course.sandbox.tiers import best, warning

    source = workspace.content(file)
    with _log() as store:
        if (words := warning(best())) is not None:
            note(str(words))
        if store is None:
            made = grade(exercise, source, seed=seed)
        else:
            made = tries.hand_in(exercise, source, store, seed=seed)
    if as_json:
        print_json({"slug": exercise.slug, "file": str(file), **made.for_json()})
    else:
        show(exercise, made, console())
    return made


def _watch(exercise: Written[Exercise], file: Path, as_json: bool) -> None:
    """Check whenever the file is saved, until Ctrl-C."""
    seen: tuple[int, int] | None = None
    while True:
        try:
            status = file.stat()
            now = (status.st_mtime_ns, status.st_size)
        except OSError:
            now = None  # an editor writes a new file and renames it
        if now is not None and now != seen:
            seen = now
            if not as_json and sys.stdout.isatty():
                console().clear()
            _check(exercise, file, None, as_json)
            if not as_json:
                note(say("cli.exercise.watching", file=file))
        time.sleep(_EVERY)


def _begun(exercise: Written[Exercise], file: Path, what: str, roots: list[Path]) -> None:
    """The task, where the file is, and what comes next."""
    from jinjie.base.words import language
    from jinjie.course.content import load
    from jinjie.course.content.sheet import Unreadable
    from jinjie.course.render.reading import parse
    from jinjie.course.render.terminal import terminal

    out = console()
    entry = exercise.entry
    minutes = say("cli.exercise.minutes", count=entry.minutes)
    out.print(f"[bold]{entry.title}[/]  [dim]{minutes}[/]\n", soft_wrap=True)
    lang = language()
    try:
        task = parse(exercise.words(lang), exercise.words_file(lang))
        out.print(terminal(task, load(roots), lang).body)
        out.print()
    except Unreadable as error:
        note(str(error))
    out.print(what, markup=False, soft_wrap=True)
    out.print(f"  {file}", style="cyan", markup=False, soft_wrap=True)
    after = f"jinjie exercise check {exercise.slug}"
    if file.parent.parent != _home():
        after = f"jinjie exercise check {file}"
    out.print(say("cli.exercise.next", command=after), markup=False, soft_wrap=True)


def _home() -> Path:
    from jinjie.base import paths

    return paths.exercises_home()


def _edit(file: Path) -> None:
    import click

    from jinjie.base.errors import InvalidInput, Problem

    try:
        click.edit(filename=str(file))
    except click.ClickException as error:
        problem = Problem("--edit", "exercise.no_editor", reason=error.format_message())
        raise InvalidInput([problem]) from None


def _list(roots: list[Path], as_json: bool) -> None:
    from jinjie.course.content import load
    from jinjie.course.grading.workspace import file_of
    from jinjie.learner.standing import Standing, standings

    library = load(roots)
    stands = standings(_events())
    rows = []
    for slug, exercise in library.exercises.items():
        where = stands.get(slug, Standing())
        file = file_of(slug)
        state = "passed" if where.passed else "tried" if where.tries else "begun" if file.exists() else "new"
        rows.append((slug, exercise, where, state, file if file.exists() else None))
    if as_json:
        print_json(
            [
                {
                    "slug": slug,
                    "title": exercise.entry.title.both(),
                    "minutes": exercise.entry.minutes,
                    "library": exercise.entry.library,
                    "concepts": list(exercise.entry.concepts),
                    "state": state,
                    "tries": where.tries,
                    "file": str(file) if file else None,
                }
                for slug, exercise, where, state, file in rows
            ]
        )
        return
    from rich.table import Table

    out = console()
    if not rows:
        out.print(say("cli.exercise.none"))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("", "cli.exercise.name", "cli.exercise.title", "cli.exercise.takes", "cli.exercise.tries"):
        table.add_column(say(name) if name else "")
    marks = {"passed": "[green]✓[/]", "tried": "[yellow]…[/]", "begun": "[dim]·[/]", "new": " "}
    for slug, exercise, where, state, _ in rows:
        minutes = say("cli.exercise.minutes", count=exercise.entry.minutes)
        table.add_row(marks[state], slug, str(exercise.entry.title), minutes, str(where.tries or ""))
    out.print(table)
    done = sum(state == "passed" for _, _, _, state, _ in rows)
    out.print(f"\n{say('cli.exercise.count', done=done, count=len(rows))}")
    out.print(say("cli.exercise.begin_with", slug=rows[0][0]), style="dim")
