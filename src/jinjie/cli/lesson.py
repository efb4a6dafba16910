"""`jinjie lesson`: the climb, stage by stage, and each lesson in the terminal or as a notebook."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import language, say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.course.content.library import Library, Written
    from jinjie.course.content.schema import Lesson
    from jinjie.course.experiments.worker import Worker


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("lesson", help=say("cli.lesson.help"))
    def lesson(
        slug: str = typer.Argument(None, metavar="[SLUG]", help=say("cli.lesson.slug")),
        notebook: Path = typer.Option(None, "--notebook", metavar="FILE", help=say("cli.lesson.notebook")),
        run: bool = typer.Option(False, "--run", help=say("cli.lesson.run")),
        replace: bool = typer.Option(False, "--replace", help=say("cli.lesson.replace")),
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.lesson.content")),
        done: bool = typer.Option(False, "--done", help=say("cli.lesson.done")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem
        from jinjie.cli.progress import record
        from jinjie.course.content.library import load, own

        library = load([own(), *content])
        if slug is None:
            if notebook is not None:
                raise InvalidInput([Problem("--notebook", "cli.lesson.notebook_of_what")])
            if done:
                raise InvalidInput([Problem("--done", "cli.lesson.done_with_what")])
            _list(library, as_json)
            return
        found = library.lesson(slug)
        if done:
            if not record("lesson", found.slug, passed=True):
                raise typer.Exit(1)
            if as_json:
                print_json({"lesson": found.slug, "finished": True})
            else:
                console().print(say("cli.lesson.is_done", title=found.entry.title), markup=False)
        elif notebook is not None:
            _notebook(found, library, notebook, replace, as_json)
        elif as_json:
            print_json(_as_json(found, library))
        else:
            _show(found, library, run)
            record("lesson", found.slug)


def _list(library: Library, as_json: bool) -> None:
    """The lessons that are written, and after them what is planned, by stage."""
    from jinjie.course.render.overview import overview

    stages = overview(library)
    if as_json:
        print_json([stage.for_json() for stage in stages])
        return
    from rich.markup import escape

    out = console()
    width = max((len(one.slug) for stage in stages for one in (*stage.lessons, *stage.planned)), default=0)
    for stage in stages:
        out.print(f"\n[bold]{stage.number} {escape(str(stage.name))}[/]", soft_wrap=True)
        for one in stage.lessons:
            minutes = say("cli.lesson.minutes", minutes=one.minutes)
            out.print(f"  [cyan]{one.slug:<{width}}[/]  {minutes}  {escape(str(one.title))}", soft_wrap=True)
        for one in stage.planned:
            text = f"{one.slug:<{width}}  {say('cli.lesson.planned')}  {one.title}"
            out.print(f"  [dim]{escape(text)}[/]", soft_wrap=True)
    written = sum(len(stage.lessons) for stage in stages)
    planned = sum(len(stage.planned) for stage in stages)
    out.print(f"\n{say('cli.lesson.count', written=written, planned=planned)}", soft_wrap=True)


def _show(found: Written[Lesson], library: Library, run: bool) -> None:
    from jinjie.course.render.screens import screen
    from jinjie.course.render.wrap import WIDEST

    out = console()
    out.width = min(out.width, WIDEST)

    def write() -> bool:
        return _write(found, library, out, run)

    if run:
        with out.capture() as captured:
            write()
        shown = captured.get()
    else:
        shown = screen(found.slug, library, out, write)
    if out.is_terminal and os.environ.get("TERM") != "dumb":
        from rich.pager import SystemPager

        os.environ.setdefault("LESS", "-FRX")  # colours pass, and what fits is not paged
        SystemPager().show(shown)
    else:
        out.file.write(shown)
        out.file.flush()  # a reader that has gone is noticed here and not at the very end


def _write(found: Written[Lesson], library: Library, out: Console, run: bool) -> bool:
    """Print a lesson; whether all its pictures could be drawn."""
    from jinjie.course.render.kept import Kept
    from jinjie.course.render.reading import parse
    from jinjie.course.render.terminal import terminal

    lang = language()
    text = parse(_words(found), found.words_file(lang))
    with ExitStack() as opened:

        @cache
        def worker() -> Worker:
            from jinjie.course.experiments.worker import Worker  # for figures that were never drawn

            return opened.enter_context(Worker(library))

        results = Kept(text, found, library, lang, worker)
        if run:
            results.run()
        made = terminal(text, library, lang, results, quiz=found.entry.quiz)
    _head(found, library, out)
    out.print(made.body)
    _foot(found, library, made.commands, out)
    return not results.undrawn


def _words(found: Written[Lesson]) -> str:
    """The lesson's text. Raises InvalidInput naming the file that cannot be read."""
    from jinjie.base.errors import InvalidInput
    from jinjie.course.content.sheet import Unreadable

    try:
        return found.words(language())
    except Unreadable as error:
        problem = error.finding.problem
        problem.where = f"{error.finding.file}:{error.finding.line}"
        raise InvalidInput([problem]) from None


def _head(found: Written[Lesson], library: Library, out: Console) -> None:
    from rich.text import Text

    from jinjie.course.render.wrap import Words

    lesson = found.entry
    out.print(Words(Text(str(lesson.title), style="bold")))
    out.print(Words(Text(str(lesson.summary), style="italic")))
    facts = [say("cli.lesson.minutes", minutes=lesson.minutes)]
    for key, slugs in (("cli.lesson.teaches", lesson.teaches), ("cli.lesson.requires", lesson.requires)):
        if slugs:
            facts.append(say(key, names=_names(slugs, library)))
    out.print(Words(Text("\n".join(facts), style="dim")))
    out.print()


def _names(slugs: tuple[str, ...], library: Library) -> str:
    names = [str(library.concepts[slug].entry.name) if slug in library.concepts else slug for slug in slugs]
    return say("cli.lesson.comma").join(names)


def _foot(found: Written[Lesson], library: Library, commands: dict[str, str], out: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from jinjie.course.render.links import COSTS
    from jinjie.course.render.wrap import Words

    own = f"jinjie lesson {found.slug}"
    rows = [(command, name) for command, name in commands.items() if command != own]
    if rows:
        out.print(f"\n[bold]{say('cli.lesson.mentioned')}[/]")
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        for command, name in rows:
            grid.add_row(Text(f"  {command}", style="green"), Words(Text(name)))
        out.print(grid)
    known = [library.resources[slug] for slug in found.entry.resources if slug in library.resources]
    if known:
        out.print(f"\n[bold]{say('cli.lesson.resources')}[/]")
        for one in known:
            entry = one.entry
            cost = say(COSTS[entry.cost])
            who = ", ".join(entry.authors[:3])
            line = " · ".join(filter(None, (entry.title, who, str(entry.year or ""), cost)))
            out.print(Words(Text.assemble(f"  {line}", (f"\n  {entry.url}", "dim"))))


def _as_json(found: Written[Lesson], library: Library) -> dict[str, Any]:
    from jinjie.course.render.reading import parse

    lang = language()
    text = parse(_words(found), found.words_file(lang))
    lesson = found.entry.plain()
    del lesson["synced"]
    return {"slug": found.slug, "language": lang, **lesson, "text": text.for_json()}


def _notebook(found: Written[Lesson], library: Library, file: Path, replace: bool, as_json: bool) -> None:
    from jinjie.course.experiments.worker import Worker
    from jinjie.course.render.notebook import write

    with Worker(library) as worker:
        write(found, library, language(), file, worker, replace)
    if as_json:
        print_json({"notebook": str(file)})
    else:
        print(say("cli.lesson.notebook_written", file=file))
