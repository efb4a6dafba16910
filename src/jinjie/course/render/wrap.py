"""Breaking text into lines for a terminal, Chinese as well: between any two characters, but no mark begins a line that
belongs to the words before it, and none ends a line that belongs to the words after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from jinjie.course.render.width import is_wide

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

MEASURE = 88
"""Columns of text at most: longer lines are hard to come back from."""
WIDEST = 104
"""Columns of anything: lines of code are longer than lines of text."""
NOT_FIRST = set("，。、；：？！）》〉」』】〕”’…—·％,.;:?!)]}%")
NOT_LAST = set("（《〈「『【〔“‘([{$")


@dataclass(frozen=True)
class Words:
    """Text that wraps as Chinese and English do, and not in the middle of either."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for one in wrapped(self.text, min(options.max_width, MEASURE)):
            one.no_wrap = True
            one.overflow = "ignore"
            yield one

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> object:
        from rich.measure import Measurement

        whole = max((line.cell_len for line in self.text.split("\n")), default=0)
        return Measurement(min(8, whole), min(whole, MEASURE, options.max_width))


def wrapped(text: Text, width: int) -> list[Text]:
    """`text` in lines of at most `width` columns; what is asked to begin anew by a line feed does."""
    lines: list[Text] = []
    for part in text.split("\n", allow_blank=True):
        lines += _paragraph(part, max(width, 8))
    return lines


def _paragraph(text: Text, width: int) -> list[Text]:
    lines: list[tuple[int, int]] = []
    start, used = 0, 0
    end = 0  # of what is on the line, without the spaces after it
    for at, piece in _pieces(text.plain):
        wide = cell_len(piece)
        if used + cell_len(piece.rstrip()) > width and used:
            lines.append((start, end))
            start, used = at, 0
        while wide > width:  # longer than a line: an address, a formula
            cut = _fits(piece, width)
            lines.append((at, at + cut))
            at, piece = at + cut, piece[cut:]
            start, wide = at, cell_len(piece)
        used += wide
        end = at + len(piece.rstrip())
    lines.append((start, end))
    return [text[a:b] for a, b in lines]


def _pieces(plain: str) -> list[tuple[int, str]]:
    """Where each piece that is not broken begins, and the piece with the spaces after it."""
    found: list[tuple[int, str]] = []
    for match in re.finditer(r"\s*\S+\s*|\s+", plain):
        at, word = match.start(), match.group()
        cut = 0
        for i in range(1, len(word)):
            before, after = word[i - 1], word[i]
            breaks = (is_wide(before) or is_wide(after)) and not (before.isspace() and not word[:i].strip())
            if breaks and after not in NOT_FIRST and before not in NOT_LAST and not after.isspace():
                found.append((at + cut, word[cut:i]))
                cut = i
        found.append((at + cut, word[cut:]))
    return found


def _fits(piece: str, width: int) -> int:
    """How many characters of a piece a line holds, at least one."""
    used = 0
    for i, character in enumerate(piece):
        used += cell_len(character)
        if used > width:
            return max(i, 1)
    return len(piece)
