"""Where everything on the map stands: the concepts of a course as stones on a path that climbs a mountain.

Two shapes. `mountain`: terraces between two slopes, each narrower than the one below; the path goes to and fro over
them, and a stage begins a terrace of its own. `descent`, for a narrow page: one stretch below the other from the foot
on, in the order in which one reads, each lesson's stones in a row with their name beside them.

Equal values give equal layouts. All lengths are in pixels of the drawing; y grows downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from jinjie.studio.map_rows import (
    GAP,
    RADIUS,
    SIGN,
    STEP,
    Group,
    Stone,
    breadth,
    grouped,
    in_rows,
    needed,
    spread,
    wrapped,
)

Anchor = Literal["start", "middle", "end"]

RISE = 12.0
"""By which a terrace rises from one end to the other."""
PITCH, SIGNED = 37.0, 55.0
"""From one terrace to the next; from one with signs below its stones."""
CAMP = 17.0
"""Size of letters of a stage's name."""
TURN = 31.0
"""How far the path swings out where it turns."""
SKY = 136.0
"""What is above the highest terrace."""
BESIDE = 74.0, 202.0
"""What is left for the slopes and the camps' names at the left and at the right of the foot."""
BELOW = 46.0
"""What is below the lowest terrace: there the first camp's name stands."""
LEAN = 0.147
"""How far the summit lies to the right of the middle, as a part of the width beyond 500."""


@dataclass(frozen=True)
class Point:
    """A stone at its place."""

    stone: Stone
    x: float
    y: float


@dataclass(frozen=True)
class Words:
    """Lines of text, the first with its baseline at y."""

    x: float
    y: float
    lines: tuple[str, ...]
    anchor: Anchor
    planned: bool = False


@dataclass(frozen=True)
class Camp:
    """A stage's beginning: its tent on the path, and where its name stands."""

    stage: int
    x: float
    y: float
    words: Words


@dataclass(frozen=True)
class Layout:
    """A whole map without any learner on it."""

    shape: Literal["mountain", "descent"]
    width: float
    height: float
    points: tuple[Point, ...]
    camps: tuple[Camp, ...]
    signs: tuple[Words, ...]
    edges: tuple[tuple[Point, Point], ...]
    """From what is required to what requires it."""
    trail: str
    """The path, as SVG writes one."""
    slopes: tuple[tuple[tuple[float, float], ...], ...]
    """Outlines of the mountain, or of what rises behind each camp."""


Stages = Sequence[tuple[int, str]]
Requires = Iterable[tuple[str, str]]
"""Pairs: a concept, and one that requires it."""


def mountain(stages: Stages, stones: Sequence[Stone], requires: Requires, width: float) -> Layout:
    """The climb at a glance, from the foot at the bottom to the summit."""
    foot = width - BESIDE[0] - BESIDE[1]
    top = max(0.27 * foot, 230.0)
    groups = {number: grouped([one for one in stones if one.stage == number]) for number, _ in stages}
    lengths = {number: sum(map(breadth, of)) + GAP * len(of) for number, of in groups.items()}
    total = sum(lengths.values()) or 1.0
    terraces: list[_Terrace] = []
    climbed = 0.0
    for number, _ in stages:
        if not groups[number]:
            continue
        share = (climbed + lengths[number] / 2) / total
        wide = foot + (top - foot) * share**0.95
        odd = 1 if number == stages[0][0] else None if number == stages[-1][0] else 0
        rows = in_rows(groups[number], wide, odd)
        for i, row in enumerate(rows):
            share = (climbed + lengths[number] * (i + 0.5) / len(rows)) / total
            across = max(foot + (top - foot) * share**0.95, needed(row))
            middle = BESIDE[0] + foot / 2 + LEAN * (width - 500) * share
            signed = max((len(one.lines) for one in row), default=0)
            terraces.append(_Terrace(number, row, middle - across / 2, across, i == 0, signed))
        climbed += lengths[number]
    height = (
        SKY
        + sum(PITCH + (SIGNED - PITCH) * bool(one.signed) + 13 * max(one.signed - 1, 0) for one in terraces)
        + BELOW
    )
    names = dict(stages)
    points: list[Point] = []
    signs: list[Words] = []
    camps: list[Camp] = []
    way: list[list[tuple[float, float]]] = []
    left: list[tuple[float, float]] = []
    right: list[tuple[float, float]] = []
    y = height - BELOW
    for at, terrace in enumerate(terraces):
        y -= 13 * max(terrace.signed - 1, 0) + (SIGNED - PITCH) * bool(terrace.signed)
        onward = 1 if at % 2 == 0 else -1
        ground = _Ground(terrace.left, terrace.across, y, onward)
        for group, (first, step) in zip(terrace.row, spread(terrace.row, terrace.across), strict=True):
            made = [Point(stone, *ground.at(first + i * step)) for i, stone in enumerate(group.stones)]
            points += made if onward > 0 else made
            if group.lines:
                middle = (made[0].x + made[-1].x) / 2
                low = max(one.y for one in made) + RADIUS + SIGN + 5
                signs.append(Words(middle, low, group.lines, "middle"))
        way.append(ground.line())
        begins = ground.at(0)
        if terrace.begins:
            camps.append(_camp(terrace.number, names[terrace.number], begins, onward, width, at == 0))
        edge = TURN + 14
        wild = 5 * math.sin(2.1 * at)
        left.append((terrace.left - edge + wild, y - RISE / 2))
        right.append((terrace.left + terrace.across + edge - wild, y - RISE / 2))
        if at + 1 == len(terraces):  # the path turns once more before the summit
            left.append((left[-1][0] + 7, y - RISE - 30))
            right.append((right[-1][0] - 7, y - RISE - 30))
        y -= PITCH
    peak = ((left[-1][0] + right[-1][0]) / 2 if terraces else width / 2, 26.0)
    outline = _outline(left, right, peak, width, height)
    return Layout(
        "mountain", width, _round(height), tuple(points), tuple(camps), tuple(signs),
        _edges(points, requires), _switchbacks(way, peak, height), (outline,),
    )  # fmt: skip


def descent(stages: Stages, stones: Sequence[Stone], requires: Requires, width: float) -> Layout:
    """The climb one stretch below the other, for a page as narrow as a hand; the foot comes first."""
    points: list[Point] = []
    signs: list[Words] = []
    camps: list[Camp] = []
    slopes: list[tuple[tuple[float, float], ...]] = []
    spine: list[tuple[float, float]] = []
    most = int((width - 150) / STEP)
    y, row = 18.0, 0
    for number, name in stages:
        of = grouped([one for one in stones if one.stage == number])
        if not of:
            continue
        y += 34
        x = _meander(row)
        spine.append((x, y))
        lines = wrapped(name, CAMP, width - x - 40, 2)
        camps.append(Camp(number, x, y, Words(x + 26, y + 6, lines, "start")))
        slopes.append(_ridge(number, len(stages), width, y + 14))
        y += 54 + 20 * (len(lines) - 1)
        for group in of:
            x = _meander(row)
            pieces = [group.stones[i : i + most] for i in range(0, len(group.stones), most)]
            beside = x + STEP * len(pieces[0]) + 2
            called = group.stones[0].sign or " · ".join(one.name for one in group.stones)
            lines = wrapped(called, SIGN + 1, width - beside - 4, 2)
            signs.append(
                Words(beside, y + 4.5 - 7.5 * (len(lines) - 1), lines, "start", not group.stones[0].sign)
            )
            for piece in pieces:
                x = _meander(row)
                spine.append((x, y))
                points += [Point(stone, _round(x + i * STEP), _round(y)) for i, stone in enumerate(piece)]
                y += 36
                row += 1
    height = y
    return Layout(
        "descent", width, _round(height), tuple(points), tuple(camps), tuple(signs),
        _edges(points, requires), _smooth([*spine, (_meander(row), height)]), tuple(slopes),
    )  # fmt: skip


@dataclass(frozen=True)
class _Terrace:
    number: int
    row: Sequence[Group]
    left: float
    across: float
    begins: bool
    """Whether a stage begins here."""
    signed: int
    """Lines of the longest sign."""


@dataclass(frozen=True)
class _Ground:
    """A terrace: from how far along it to a place in the drawing."""

    left: float
    across: float
    y: float
    onward: int

    def at(self, along: float) -> tuple[float, float]:
        x = self.left + along if self.onward > 0 else self.left + self.across - along
        y = self.y - RISE * along / self.across + 2.2 * math.sin(x / 41 + self.y)
        return _round(x), _round(y)

    def line(self) -> list[tuple[float, float]]:
        count = max(int(self.across / 24), 2)
        return [self.at(self.across * i / count) for i in range(count + 1)]


# The path, the slopes, the edges


def _camp(
    number: int, name: str, begins: tuple[float, float], onward: int, width: float, first: bool
) -> Camp:
    """The tent where the path turns into a stage, its name outside of the slope; the first one's lies at the foot."""
    x, y = _round(begins[0] - onward * (TURN - 8)), _round(begins[1] + 1)
    if first:
        words = Words(x - 10, y + 32, wrapped(name, CAMP, width / 2, 1), "start")
        return Camp(number, x, y, words)
    outside = begins[0] - onward * (TURN + 24)
    room = outside if onward > 0 else width - outside
    # the stage's number stands before the name
    lines = wrapped(f"{number} {name}", 1.03 * CAMP, max(room - 8, 90.0), 4)
    lines = (lines[0].removeprefix(str(number)).strip(), *lines[1:])
    return Camp(number, x, y, Words(_round(outside), _round(y - 16), lines, "end" if onward > 0 else "start"))


def _switchbacks(way: list[list[tuple[float, float]]], peak: tuple[float, float], height: float) -> str:
    """Terrace after terrace, turning out at the slope, and up to the summit."""
    if not way:
        return ""
    (x, y), made = way[0][0], []
    made.append(f"M{x - 60:g} {min(y + 18, height):g}Q{x - 24:g} {y + 4:g} {x:g} {y:g}")
    for i, line in enumerate(way):
        made.append(_smooth(line)[len(f"M{line[0][0]:g} {line[0][1]:g}") :])
        end = line[-1]
        out = TURN * (1.3 if i % 2 == 0 else -1.3)
        if i + 1 < len(way):
            to = way[i + 1][0]
            made.append(
                f"C{_round(end[0] + out):g} {end[1]:g} {_round(to[0] + out):g} {to[1]:g} {to[0]:g} {to[1]:g}"
            )
        else:
            side = math.copysign(1, out)
            back = end[0] - 8 * side, end[1] - 26
            across = back[0] + 0.55 * (peak[0] - back[0])
            made.append(
                f"C{end[0] + 24 * side:.1f} {end[1]:g} {end[0] + 20 * side:.1f} {end[1] - 24:.1f} "
                f"{back[0]:.1f} {back[1]:.1f}"
                f"C{across:.1f} {back[1] - 8:.1f} {peak[0]:.1f} {peak[1] + 58:.1f} {peak[0]:.1f} {peak[1]:.1f}"
            )
    return "".join(made)


def _outline(
    left: list[tuple[float, float]],
    right: list[tuple[float, float]],
    peak: tuple[float, float],
    width: float,
    height: float,
) -> tuple[tuple[float, float], ...]:
    """The mountain from its left foot over the peak to its right foot."""
    foot = [(0.0, height), *_rough(left), *_shoulder(left, peak, 0.34)]
    other = [(width, height), *_rough(right), *_shoulder(right, peak, 0.46)]
    return tuple((_round(x), _round(y)) for x, y in (*foot, peak, *reversed(other)))


def _shoulder(
    side: list[tuple[float, float]], peak: tuple[float, float], up: float
) -> list[tuple[float, float]]:
    """From the highest terrace to the summit, the steeper the nearer."""
    return [
        (x + 0.62 * (peak[0] - x) + out, y + up * (peak[1] - y) + 6 * (out != 0))
        for x, y in side[-1:]
        for out in (0.0, 0.08 * (peak[0] - x))
    ]


def _rough(side: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A slope with a ledge between every two terraces."""
    made = []
    for i, (x, y) in enumerate(side):
        made.append((x, y))
        if i + 1 < len(side):
            then = side[i + 1]
            made.append((x + 0.72 * (then[0] - x), y + 0.5 * (then[1] - y)))
    return made


def _ridge(number: int, count: int, width: float, y: float) -> tuple[tuple[float, float], ...]:
    """What rises at the right behind a camp of the descent: the higher, the later the stage."""
    high = 22 + 30 * (number + 1) / max(count, 1)
    shape = (
        (0.38, 0.0), (0.5, 0.3), (0.56, 0.24), (0.68, 0.72), (0.73, 0.66), (0.83, 1.0), (0.9, 0.7), (0.94, 0.76),
        (1.0, 0.5),
    )  # fmt: skip
    tops = [(_round(width * x), _round(y - high * up)) for x, up in shape]
    return ((tops[0][0], _round(y)), *tops[1:], (width, _round(y)))


def _meander(row: int) -> float:
    return _round(30 + 9 * math.sin(0.62 * row))


def _smooth(line: Sequence[tuple[float, float]]) -> str:
    """A curve through all of these places (Catmull and Rom's)."""
    made = [f"M{line[0][0]:g} {line[0][1]:g}"]
    for i in range(len(line) - 1):
        before, here = line[max(i - 1, 0)], line[i]
        then, after = line[i + 1], line[min(i + 2, len(line) - 1)]
        ax, ay = here[0] + (then[0] - before[0]) / 6, here[1] + (then[1] - before[1]) / 6
        bx, by = then[0] - (after[0] - here[0]) / 6, then[1] - (after[1] - here[1]) / 6
        made.append(f"C{ax:.1f} {ay:.1f} {bx:.1f} {by:.1f} {then[0]:g} {then[1]:g}")
    return "".join(made)


def _edges(points: Sequence[Point], requires: Requires) -> tuple[tuple[Point, Point], ...]:
    places = {one.stone.slug: one for one in points}
    return tuple((places[a], places[b]) for a, b in requires if a in places and b in places)


def _round(length: float) -> float:
    return round(length, 1)
