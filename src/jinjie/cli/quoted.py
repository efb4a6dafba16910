"""C044: the commands that lessons and answers show, read by the real command line. None is run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, JinjieError, NotFound, did_you_mean

if TYPE_CHECKING:
    from jinjie.course.content.finding import Finding
    from jinjie.course.content.library import Library, Written

PLACEHOLDER = "ROLE"
"""What stands for a name that the reader is to put in."""
ENDS = {"|", "||", "&&", "&", ";", ">", ">>", "<"}
"""Words that end a command within a line of a shell."""


def commands(library: Library) -> Iterator[Finding]:
    """All that is wrong with the `console` blocks of lessons and exercises."""
    from jinjie.base.words import LANGUAGES
    from jinjie.course.content.finding import Finding
    from jinjie.course.content.sheet import Unreadable
    from jinjie.course.render.reading import parse
    from jinjie.course.render.tree import Commands

    texts: list[Written[Any]] = [*library.lessons.values(), *library.exercises.values()]
    for written in texts:
        for lang in LANGUAGES:
            file = written.words_file(lang)
            try:
                text = parse(written.words(lang), file)
            except Unreadable:
                continue  # the library has said so
            for block in text.walk():
                if not isinstance(block, Commands):
                    continue
                for i, row in enumerate(block.text.splitlines(), block.line + 1):
                    if reason := wrong(row, library):
                        yield Finding.at("C044", file, i, "check.command_is", command=row, reason=reason)


def in_answers(library: Library) -> Iterator[Finding]:
    """All that is wrong with the commands that answers and roles name: `jinjie …` in the line or in a block."""
    from jinjie.base.words import LANGUAGES
    from jinjie.course.check.catalogs import texts
    from jinjie.course.render.reading import parse
    from jinjie.course.render.tree import CodeSpan, Commands

    for written, place, text in texts(library):
        for lang in LANGUAGES:
            for node in parse(text.in_(lang), written.file).walk():
                for row in node.text.splitlines() if isinstance(node, CodeSpan | Commands) else ():
                    if not _is_name(row) and (reason := wrong(row, library)):
                        at = (*place, lang)
                        yield written.finding("C044", at, "check.command_is", command=row, reason=reason)


def wrong(row: str, library: Library) -> str:
    """What the command line says against one line of a block; nothing where it is well, or is no command of ours."""
    try:
        words = shlex.split(row.removeprefix("$ "), comments=True)
    except ValueError as error:
        return str(error) if row.startswith(("$ ", "jinjie ")) else ""
    while words and "=" in words[0]:  # JINJIE_HOME=… jinjie …
        words = words[1:]
    if not words or words[0] != "jinjie":
        return ""
    end = next((i for i, word in enumerate(words) if word in ENDS), len(words))
    try:
        path, params = _parsed(words[1:end])
        _known(path, params, library)
    except InvalidInput as error:
        return "; ".join(f"{problem.where}: {problem.in_()}" for problem in error.problems)
    except JinjieError as error:
        return str(error)
    except Exception as error:
        if (message := getattr(error, "format_message", None)) is None:
            raise
        return str(message())
    return ""


def _is_name(row: str) -> bool:
    """Whether this is the name of a command and nothing more: `jinjie clean`, `jinjie tokenize train`."""
    command, (first, *words) = _jinjie(), row.split() or [""]
    while words:
        command = getattr(command, "commands", {}).get(words.pop(0))
    return first == "jinjie" and command is not None


@cache
def _jinjie() -> Any:
    """The whole command line, built once for all the lines of a check."""
    import typer

    from jinjie.cli.main import build

    return typer.main.get_command(build())


def _parsed(words: list[str]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names of the command and its parameters, nothing where it only shows its help. Raises as the command line."""
    import typer

    command = _jinjie()
    path: tuple[str, ...] = ()
    context = None
    name = "jinjie"
    while True:
        try:
            with redirect_stdout(StringIO()):  # --help and --version answer at once
                context = command.make_context(name, list(words), parent=context)
        except typer.Exit:
            return (), {}
        if not hasattr(command, "resolve_command"):
            return path, context.params
        words = [*context._protected_args, *context.args]
        if not words:
            return path, context.params
        name, command, words = command.resolve_command(context, words)
        path = (*path, name)


def _known(path: tuple[str, ...], params: dict[str, Any], library: Library) -> None:
    """The recipes, settings, formulas and slugs that a command names. Raises NotFound or InvalidInput."""
    from jinjie import recipes
    from jinjie.base.config import parse_changes
    from jinjie.course.formula import registry
    from jinjie.path.goals import goal

    match path:
        case ("run",):
            recipes.find(params["recipe"]).changed(parse_changes(params["changes"] or []))
        case ("recipes", "show"):
            recipes.find(params["name"]).changed(parse_changes(params["changes"] or []))
        case ("formula",) if params.get("wanted"):
            registry.find(params["wanted"])
        case ("lesson",) if params.get("slug"):
            library.lesson(params["slug"])
        case ("quiz",) if params.get("slug"):
            library.quiz(params["slug"])
        case ("experiment",) if params.get("slug"):
            library.experiment(params["slug"])
        case ("exercise", _) if params.get("slug"):
            library.exercise(params["slug"])
        case ("plan",) if params.get("goal"):
            goal(library, params["goal"])
        case ("career", _) if params.get("role", PLACEHOLDER) != PLACEHOLDER:
            goal(library, f"role:{params['role']}")
        case ("ask",) if (asked := " ".join(params.get("words") or [])).count("-"):
            if asked not in library.questions:
                suggestion = did_you_mean(asked, library.questions)
                raise NotFound("content.no_question", name=asked, suggestion=suggestion)
