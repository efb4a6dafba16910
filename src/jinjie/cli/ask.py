"""`jinjie ask WORDS`: the answer to a question as people ask it, with the numbers of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from jinjie.base.words import language, say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.course.content.library import Library
    from jinjie.course.content.schema import Question
    from jinjie.path.asking import Near

OTHERS = 4
"""Questions that are named beside the answer, or instead of one."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("ask", help=say("cli.ask.help"), context_settings={"ignore_unknown_options": True})
    def ask(
        words: list[str] = typer.Argument(None, metavar="[WORDS]...", help=say("cli.ask.words")),
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.ask.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.cli.find import no_option
        from jinjie.course.content.library import load, own

        asked = " ".join(words or [])
        no_option(words or [], ("--content", "--json", "--help", "--lang"))
        library = load([own(), *content])
        if not asked.strip():
            _list(library, as_json)
            return
        near = _nearest(library, asked)
        if as_json:
            from jinjie.path import plain

            print_json(plain.answer(library, asked, near))
        elif near and near[0].sure:
            _answer(library, near[0].question)
            _others(near[1:], say("cli.ask.also"))
        elif near:
            note(say("cli.ask.unsure"))
            _others(near, say("cli.ask.nearest"))
        else:
            note(say("cli.ask.nothing"))


def _nearest(library: Library, asked: str) -> list[Near]:
    from jinjie.path.asking import Near, of_library

    id_ = asked.strip().lower()
    if id_ in library.questions:
        return [Near(library.questions[id_].entry, 1.0), *of_library(library).beside(id_)[:OTHERS]]
    return of_library(library).nearest(asked)[: OTHERS + 1]


def _list(library: Library, as_json: bool) -> None:
    """Every question by theme."""
    from rich.text import Text

    if as_json:
        from jinjie.path import plain

        print_json(plain.themes(library))
        return
    out = console()
    for theme in [written.entry for written in library.themes.values()]:
        out.print(Text(f"\n{theme.theme}", style="bold"))
        for one in theme.questions:
            out.print(Text.assemble("  ", str(one.question), "  ", (one.id, "cyan")), soft_wrap=True)
    out.print()
    out.print(say("cli.ask.count", count=len(library.questions)), style="dim", soft_wrap=True, markup=False)


def _answer(library: Library, question: Question) -> None:
    from jinjie.course.render.screens import screen
    from jinjie.path.figures import figures, fill

    out = console()
    found = figures(question, library)
    answer = fill(str(question.answer), found)
    out.file.write(
        screen(f"ask-{question.id}", library, out, lambda: _write(library, question, answer, out), answer)
    )
    out.file.flush()  # a reader that has gone is noticed here and not at the very end
    if any(figure.guessed for figure in found.values()):
        note(say("cli.ask.guessed"))


def _write(library: Library, question: Question, answer: str, out: Console) -> bool:
    """Print a question with its answer; always all there is to see."""
    from rich.text import Text

    from jinjie.course.render.reading import parse
    from jinjie.course.render.terminal import terminal
    from jinjie.course.render.tree import Link

    tree = parse(answer)
    written = terminal(tree, library, language())
    out.print(Text(str(question.question), style="bold"), soft_wrap=True)
    out.print()
    out.print(written.body)
    out.print()
    for command, shows in written.commands.items():
        out.print(Text.assemble("  ", (command, "cyan"), ("  " + shows, "dim")), soft_wrap=True)
    links = [node.target for node in tree.walk() if isinstance(node, Link) and node.kind == "resource"]
    for slug in dict.fromkeys(slug for slug in links if slug in library.resources):
        work = library.resources[slug].entry
        out.print(Text.assemble("  ", (work.url, "cyan"), ("  " + work.title, "dim")), soft_wrap=True)
    return True


def _others(near: list[Near], heading: str) -> None:
    from rich.text import Text

    if not near:
        return
    out = console()
    out.print()
    out.print(heading, style="dim", markup=False)
    for one in near:
        command = f"jinjie ask {one.question.id}"
        out.print(Text.assemble("  ", str(one.question.question), "  ", (command, "cyan")), soft_wrap=True)
