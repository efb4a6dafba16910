"""`jinjie`: puts the command groups together and turns errors into plain words and exit codes."""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from jinjie.base import words
from jinjie.base.errors import InvalidInput, JinjieError, Problem, did_you_mean
from jinjie.base.words import say

GROUPS = (
    "recipes",
    "run",
    "runs",
    "compare",
    "evaluate",
    "experiment",
    "diagnose",
    "generate",
    "chat",
    "export",
    "lesson",
    "exercise",
    "quiz",
    "resources",
    "place",
    "plan",
    "career",
    "review",
    "next",
    "formula",
    "progress",
    "portfolio",
    "find",
    "ask",
    "data",
    "content",
    "tokenize",
    "clean",
    "audit",
    "doctor",
    "serve",
    "studio",
)
"""The modules beside this one that add commands, in the order in which `--help` tells of them."""
ELSEWHERE = {"show": "recipes", "resume": "run", "stop": "run", "predict": "generate"}
"""Commands that the module of another one adds."""


def build(wanted: str | None = None) -> typer.Typer:
    """The application with its help in the current language: every command, or, where `wanted` is the name of one,
    those of its module alone, which takes a third of the time; none for `--version`. Imports nothing heavy."""
    module = ELSEWHERE.get(wanted or "", wanted)
    groups = () if wanted == "--version" else [module] if module in GROUPS else GROUPS
    app = typer.Typer(
        name="jinjie",
        help=say("cli.help"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        lang: str | None = typer.Option(None, "--lang", help=say("cli.lang")),
        version: bool = typer.Option(
            False, "--version", help=say("cli.version"), callback=_version, is_eager=True
        ),
    ) -> None:
        # The language was read before the commands were built, so that their help speaks it too.
        pass

    for group in groups:
        import_module(f"jinjie.cli.{group}").register(app)
    return app


def main() -> None:
    """The entry point. Exit codes: 0 done, 1 failed, 2 wrong input, and each error's own."""
    arguments = sys.argv[1:]
    words.use(_asked_language(arguments))
    arguments = _without_language(arguments)
    try:
        if arguments in (["--help"], ["-h"]):
            from jinjie.cli import help

            help.page(lambda: _run(arguments))
            sys.exit(0)
        sys.exit(_run(arguments))
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except JinjieError as error:
        _say_error(error, "--json" in arguments)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe has gone (`jinjie runs | head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if not _told(error, "--json" in arguments):
            raise
        sys.exit(2)
    except Exception as error:
        if not _usage(error, build()):  # which knows the names of all commands
            raise
        sys.exit(2)


def _run(arguments: list[str]) -> int:
    """Do what a command line says; the exit code of what it says of itself."""
    app = build(arguments[0] if arguments else None)
    if not arguments or {"-h", "--help"} & set(arguments):
        from jinjie.cli import help

        help.adapt()
    gc.enable()  # a command may run for hours, and make waste; until here there was only what stays
    code = app(args=arguments, prog_name="jinjie", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _told(error: OSError, as_json: bool) -> bool:
    """Say that what stands where a path belongs is too long for one. False when the error is another."""
    if error.errno != errno.ENAMETOOLONG:
        return False
    name = max(Path(str(error.filename)).parts, key=len, default="").encode(errors="replace").decode()
    problem = Problem("", "problem.path_too_long", name=f"{name[:40]}…", bytes=len(name.encode()))
    _say_error(InvalidInput([problem]), as_json)
    return True


def _usage(error: Exception, app: typer.Typer) -> bool:
    """Say what is wrong with the command line itself, with the nearest command. False when the error is another."""
    format_message = getattr(error, "format_message", None)
    if format_message is None:
        return False
    message = format_message()
    came = message.partition("'")[2].partition("'")[0]
    names = [c.name for c in app.registered_commands if c.name] + [
        g.name for g in app.registered_groups if g.name
    ]
    context: Any = getattr(error, "ctx", None)
    if "No such command" in message and came:
        group = context.info_name if context is not None and context.parent is not None else None
        if group is None:
            suggestion = did_you_mean(came, names)
        elif came in names:  # `jinjie runs stop`, which is `jinjie stop`
            suggestion = say("error.did_you_mean", name=f"jinjie {came}")
        else:
            suggestion = did_you_mean(came, context.command.list_commands(context))
        message = say("cli.no_such_command", name=came, suggestion=suggestion)
    elif (option := getattr(error, "option_name", None)) is not None:
        near = getattr(error, "possibilities", None) or []
        suggestion = did_you_mean(option, near) if near else ""
        message = say("cli.no_such_option", name=option, suggestion=suggestion).rstrip()
    print(message, file=sys.stderr)
    print(say("cli.see_help"), file=sys.stderr)
    return True


def _say_error(error: JinjieError, as_json: bool) -> None:
    problems: tuple[Problem, ...] = getattr(error, "problems", ())
    if as_json:
        content = {
            "key": error.key,
            "message": str(error),
            "problems": [{"where": p.where, "message": p.in_()} for p in problems],
        }
        print(json.dumps({"error": content}, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True)
    if problems:
        console.print(Text(say("cli.problems", count=len(problems)), style="bold red"))
        for problem in problems:
            console.print(
                Text.assemble("  ", (problem.where, "bold"), " " if problem.where else "", problem.in_())
            )
    else:
        console.print(Text(str(error), style="red"))


def _version(asked: bool) -> None:
    if asked:
        from jinjie import __version__

        print(f"jinjie {__version__}")
        raise typer.Exit


def _asked_language(arguments: list[str]) -> str | None:
    for i, word in enumerate(arguments):
        if word.startswith("--lang="):
            return word.partition("=")[2]
        if word == "--lang" and i + 1 < len(arguments):
            return arguments[i + 1]
    return None


def _without_language(arguments: list[str]) -> list[str]:
    """`--lang zh` may stand anywhere on the line; it has been read by now."""
    kept: list[str] = []
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word == "--lang":
            skip = True
        elif not word.startswith("--lang="):
            kept.append(word)
    return kept
