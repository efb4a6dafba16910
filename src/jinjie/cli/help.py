"""Help on the command line: typer's pages in the current language, and the first page as it stood the last time.

To build every command for a line of each takes longer than all the rest of `jinjie --help`. What is kept is good while
the commands, their words and what writes them have the time and size that they had, and the terminal is as wide and as
colourful.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import jinjie
from jinjie.base import shown, words
from jinjie.base.paths import help_home
from jinjie.base.stamps import stamp, stamps
from jinjie.base.words import say

LOOKS = (
    "COLORTERM",
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "JUPYTER_COLUMNS",
    "LINES",
    "NO_COLOR",
    "PY_COLORS",
    "TERM",
    "TERMINAL_WIDTH",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
    "TYPER_USE_RICH",
    "_TYPER_FORCE_DISABLE_TERMINAL",
)
"""Variables by which typer and rich choose a width and colours."""


def adapt() -> None:
    """Typer's own headings and remarks in the current language, and nothing cut off."""
    from typer import rich_utils

    _patch()
    rich_utils.COMMANDS_PANEL_TITLE = say("cli.heading.commands")
    rich_utils.OPTIONS_PANEL_TITLE = say("cli.heading.options")
    rich_utils.ARGUMENTS_PANEL_TITLE = say("cli.heading.arguments")
    rich_utils.REQUIRED_LONG_STRING = say("cli.heading.required")
    rich_utils.DEFAULT_STRING = say("cli.heading.default", value="{}")


@cache
def _patch() -> None:
    """What typer has no setting for, done once."""
    from typer import core, rich_utils

    plain: Any = rich_utils.highlighter

    def folded(text: Any) -> Any:
        made = plain(text)
        made.overflow = "fold"  # a Chinese sentence, or a long option, would be cut off with an ellipsis
        return made

    rich_utils.highlighter = cast(Any, folded)
    for kind in (core.TyperCommand, core.TyperGroup):
        _say_of_help_itself(kind)


def _say_of_help_itself(kind: Any) -> None:
    """The line of `--help`, which a kind of command makes when it is asked for it."""
    made = kind.get_help_option

    def get_help_option(self: Any, context: Any) -> Any:
        option = made(self, context)
        if option is not None:
            option.help = say("cli.heading.help")
        return option

    kind.get_help_option = get_help_option


def page(write: Callable[[], object]) -> None:
    """Print what `write` prints, or printed the last time when nothing has changed since."""
    file = help_home() / f"{words.language()}.json"
    key = _key()
    if (before := shown.kept(file, key)) is not None:
        sys.stdout.write(before)
        sys.stdout.flush()  # a reader that has gone is noticed here and not at the very end
        return
    heard = _Heard(sys.stdout)
    sys.stdout = heard
    try:
        write()
    finally:
        sys.stdout = heard.stream
    shown.keep(file, key, "".join(heard.pieces))


class _Heard:
    """A stream, and what was written to it."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.pieces = stream, list[str]()

    def write(self, piece: str) -> int:
        count = int(self.stream.write(piece))  # first: typer tries by bytes whether it takes text
        self.pieces.append(piece)
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _key() -> str:
    """Of all that may change how the page looks."""
    here = Path(__file__).parent
    code = [list(stamps(here)), list(stamps(here.parent / "base" / "words"))]
    writers = [stamp(str(spec.origin)) for name in ("typer", "rich") if (spec := find_spec(name))]
    sizes = []
    for stream in range(3):
        with suppress(OSError):
            sizes.append(tuple(os.get_terminal_size(stream)))
    look = [os.environ.get(name) for name in LOOKS], sys.stdout.isatty(), sys.stdout.encoding, sizes
    return sha256(repr((jinjie.__version__, code, writers, look)).encode()).hexdigest()
