"""Lessons and answers as they stood in a terminal, so that one turns back to them without waiting.

One file for each and a language holds the last look of it. It is good while the course, the code that writes it and
what was drawn for lessons have the time and size that they had, and the terminal is as wide and as colourful.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import jinjie
from jinjie.base import shown
from jinjie.base.paths import lessons_home, pictures_home
from jinjie.base.stamps import stamp, stamps
from jinjie.base.words import language

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.course.content.library import Library

WRITERS = ("base/words", "course", "scratch", "cli/ask.py", "cli/lesson.py")
"""The parts of Jinjie that say how these look, and the formulas in them."""


def screen(name: str, library: Library, out: Console, write: Callable[[], bool], text: str = "") -> str:
    """What `write` prints on `out` under a name, or printed the last time when nothing has changed since.

    `write` says whether that is all there is to see: what lacks a picture is not kept. `text` is what it prints as far
    as that is not the course's own, as numbers of this machine are not.
    """
    file = lessons_home() / "screens" / f"{name}.{language()}.json"
    if library.kept_as is not None:
        before = shown.kept(file, _key(library.kept_as, out, text))
        if before is not None:
            return before
    with out.capture() as captured:
        whole = write()
    made = captured.get()
    if whole and library.kept_as is not None:
        # the key anew: pictures may have been drawn
        shown.keep(file, _key(library.kept_as, out, text), made)
    return made


def _key(course: str, out: Console, text: str) -> str:
    """Of all that may change how it looks; `course` is what its files are known by."""
    root = Path(jinjie.__file__).parent
    writers = [root / part for part in WRITERS]
    code = [list(stamps(part)) if part.is_dir() else stamp(str(part)) for part in writers]
    drawn = [
        stamp(str(folder))
        for folder in (lessons_home() / "code", lessons_home() / "figures", pictures_home())
    ]
    look = (out.width, out.color_system, out.encoding, out.is_terminal, out.no_color, out.legacy_windows)
    return sha256(repr((jinjie.__version__, course, code, drawn, look, text)).encode()).hexdigest()
