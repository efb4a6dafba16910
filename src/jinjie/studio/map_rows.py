"""Lessons as rows of stones: which stand side by side on the map, how far apart, and how their names are broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jinjie.base.svg import text_width

RADIUS = 6.5
"""Of a stone."""
STEP = 25.0
"""From one stone to the next, at least: each can be hit with a finger."""
WIDEST_STEP = 33.0
GAP = 30.0
"""Between the stones of two lessons."""
SIGN = 11.5
"""Size of letters of a lesson's name."""

_PIECES = re.compile(r"[\u2e80-\uffef][，。、；：？！）]?|[^\s\u2e80-\uffef]+|\s+")
"""Between any two of these a line may end: words, and Chinese characters with the mark behind them."""


@dataclass(frozen=True)
class Stone:
    """A concept: what is drawn of it."""

    slug: str
    stage: int
    group: str
    """The lesson that teaches it; those of one stand together."""
    sign: str
    """What that lesson is called on the map; empty where it is not written."""
    name: str


@dataclass(frozen=True)
class Group:
    """The stones of a lesson in one stage, and its sign's lines."""

    stones: tuple[Stone, ...]
    lines: tuple[str, ...]


def grouped(stones: Sequence[Stone]) -> list[Group]:
    """The stones by the lessons that teach them, in the order in which those begin."""
    by: dict[str, list[Stone]] = {}
    for stone in stones:
        by.setdefault(stone.group, []).append(stone)
    return [
        Group(
            tuple(of),
            wrapped(of[0].sign, SIGN, max((len(of) - 1) * STEP + 24, 76.0), 2) if of[0].sign else (),
        )
        for of in by.values()
    ]


def breadth(group: Group) -> float:
    """What the stones of a lesson, or its sign, take at least."""
    stones = (len(group.stones) - 1) * STEP + 2 * RADIUS
    return max(stones, *(text_width(line, SIGN) for line in group.lines), 0.0)


def needed(row: Sequence[Group]) -> float:
    """The width of a row."""
    return sum(map(breadth, row)) + GAP * (len(row) - 1)


def in_rows(groups: list[Group], width: float, odd: int | None) -> list[list[Group]]:
    """As few rows as fit, and those as even as can be.

    `odd` is 1 or 0 where their number should be odd or even, if there are lessons enough. The first stage takes an odd
    number and the others an even one: so all camps but the first lie on the same slope, and the sky over the other is
    free.
    """
    longest = max(breadth(one) for one in groups)
    count = len(_filled(groups, max(width, longest)))
    if odd is not None and count % 2 != odd and count < len(groups):
        count += 1
    room = longest
    while len(_filled(groups, room)) > count:
        room += 5
    rows = _filled(groups, room)
    while len(rows) < count:  # one long lesson alone fills a row: the longest of the others is cut in two
        cut = max((row for row in rows if len(row) > 1), key=needed)
        at = rows.index(cut)
        rows[at : at + 1] = [cut[: len(cut) // 2], cut[len(cut) // 2 :]]
    return rows


def _filled(groups: list[Group], room: float) -> list[list[Group]]:
    rows: list[list[Group]] = [[]]
    for group in groups:
        if rows[-1] and needed([*rows[-1], group]) > room + 1e-6:
            rows.append([])
        rows[-1].append(group)
    return rows


def spread(row: Sequence[Group], across: float) -> list[tuple[float, float]]:
    """For each group, how far along the terrace its first stone lies and the step between its stones."""
    free = across - needed(row)
    steps = sum(len(one.stones) - 1 for one in row if not one.lines)
    step = min(STEP + 0.5 * free / steps, WIDEST_STEP) if steps else STEP
    spans = [breadth(one) if one.lines else (len(one.stones) - 1) * step + 2 * RADIUS for one in row]
    between = (across - sum(spans)) / (len(row) - 1) if len(row) > 1 else 0.0
    begins = 0.0 if len(row) > 1 else (across - spans[0]) / 2
    made = []
    for group, span in zip(row, spans, strict=True):
        of = STEP if group.lines else step
        stones = (len(group.stones) - 1) * of
        made.append((begins + (span - stones) / 2, of))
        begins += span + between
    return made


def wrapped(text: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """`text` in at most `most` lines of a width; what does not fit ends in an ellipsis."""
    pieces = _PIECES.findall(text)
    lines = [""]
    for i, piece in enumerate(pieces):
        if text_width((lines[-1] + piece).rstrip(), size) <= width or not lines[-1].strip():
            lines[-1] += piece
        elif len(lines) == most:
            lines[-1] += "".join(pieces[i:])
            break
        else:
            lines.append(piece)
    return tuple(_cut(line.strip(" ·"), size, width) for line in lines if line.strip(" ·"))


def _cut(line: str, size: float, width: float) -> str:
    if text_width(line, size) <= width:
        return line
    while line and text_width(f"{line}…", size) > width:
        line = line[:-1]
    return f"{line.rstrip(' ·')}…"
