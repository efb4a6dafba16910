"""The map as SVG: a layout drawn once, the learner painted onto it.

What a layout draws depends on the course and the language alone and is kept; a learner's states are put between its
parts as short texts, so that a page costs some joining of strings. Colours and widths are the style sheet's
(`web/map.css`): nothing here has a style of its own. What a state is shows in a stone's shape as well as in its colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Literal

from jinjie.base.svg import clean, text_width
from jinjie.studio.map_layout import CAMP, Layout, Point, Words
from jinjie.studio.map_rows import RADIUS, SIGN

State = Literal["new", "some", "held"]
Kind = Literal["written", "planned", "prior"]

_INNER = RADIUS - 2.6
_INSIDE: dict[State, str] = {
    "new": "",
    "some": f'<path class="in" d="M0-{_INNER:g}A{_INNER:g} {_INNER:g} 0 0 0 0 {_INNER:g}Z"/>',
    "held": f'<circle class="in" r="{_INNER:g}"/>',
}
_DUE = '<path class="due-mark" d="M6.2-11.4l4.2 4.2-4.2 4.2-4.2-4.2Z"/>'
_OUTER: dict[Kind, str] = {
    "written": f'<circle class="stone" r="{RADIUS:g}"/>',
    "planned": f'<circle class="stone" r="{RADIUS:g}"/>',
    "prior": '<rect class="stone" x="-5.8" y="-5.8" width="11.6" height="11.6" rx="1.6"/>',
}
_BOX = (
    '<path class="in" d="M-3.3-3.3H0V3.3H-3.3Z"/>',
    '<rect class="in" x="-3.3" y="-3.3" width="6.6" height="6.6"/>',
)
_HIT = '<circle class="hit" r="12"/>'
_TENT = '<path class="tent" d="M-10 7L0-9L10 7Z"/><path class="door" d="M-3 7L0 1.5L3 7Z"/>'


@dataclass(frozen=True)
class Mark:
    """What is shown of a concept for one learner."""

    kind: Kind
    """Whether a lesson teaches it, will teach it, or none does."""
    state: State
    title: str
    """Name, state and minutes, in words."""
    href: str
    due: bool = False
    on_way: bool = True
    """Whether it lies on the way to the goal that is looked at; without a goal all do."""

    @cached_property
    def parts(self) -> tuple[str, str]:
        """The stone as a link, without its place: what stands before that, and what behind."""
        due, aside = " due" * self.due, " aside" * (not self.on_way)
        return (
            f'<a class="point {self.kind} {self.state}{due}{aside}" href="{escape(self.href)}"',
            f"<title>{escape(clean(self.title))}</title>{_HIT}{stone(self.kind, self.state, self.due)}</a>",
        )


def stone(kind: Kind, state: State, due: bool = False) -> str:
    """A stone alone, around the origin: as on the map, and in its legend."""
    inside = _INSIDE[state]
    if kind == "prior" and inside:
        inside = _BOX[state == "held"]
    return _OUTER[kind] + inside + (_DUE if due else "")


class Drawing:
    """A layout's SVG, with room for the marks of a learner."""

    def __init__(self, layout: Layout, label: str) -> None:
        self.layout = layout
        self.label = label

    def painted(self, marks: Mapping[str, Mark], here: str | None = None, here_words: str = "") -> str:
        """The SVG with a mark for every stone, and where the learner stands."""
        made = [self._before]
        place = None
        for point, put in self._stones:
            before, behind = marks[point.stone.slug].parts
            made += (before, put, behind)
            if point.stone.slug == here:
                place = point
        made.append("</g>")
        if place is not None:
            made.append(self._here(place, here_words))
        made.append("</svg>")
        return "".join(made)

    @cached_property
    def _stones(self) -> list[tuple[Point, str]]:
        return [
            (one, f' data-slug="{one.stone.slug}" transform="translate({one.x:g} {one.y:g})">')
            for one in self.layout.points
        ]

    @cached_property
    def _before(self) -> str:
        """All that lies beneath the stones."""
        layout = self.layout
        mist = f"mist-{layout.shape}-{layout.width:g}"
        parts = [
            f'<svg class="map {layout.shape}" viewBox="0 0 {layout.width:g} {layout.height:g}"',
            f' role="group" aria-label="{escape(clean(self.label))}" xmlns="http://www.w3.org/2000/svg">',
            f'<defs><linearGradient id="{mist}" x1="0" y1="0" x2="0" y2="1"><stop class="high" offset="0"/>',
            '<stop class="low" offset="1"/></linearGradient></defs><g class="land" aria-hidden="true">',
        ]
        parts += [f'<path class="far" d="{line}" fill="url(#{mist})"/>' for line in self._far()]
        parts += [
            f'<path class="slope" d="{_polygon(outline)}" fill="url(#{mist})"/>'
            f'<path class="crest" d="{_line(outline)}"/>'
            for outline in layout.slopes
        ]
        parts += [f'<path class="road" d="{layout.trail}"/>', f'<path class="trail" d="{layout.trail}"/>']
        parts += [
            f'<path class="edge{"" if a.stone.stage == b.stone.stage else " between"}" '
            f'data-from="{a.stone.slug}" data-to="{b.stone.slug}" d="{_edge(a, b)}"/>'
            for a, b in layout.edges
        ]
        if layout.shape == "mountain" and layout.points:
            x, y = max(layout.slopes[0], key=lambda place: -place[1])
            parts.append(f'<path class="flag" d="M{x:g} {y:g}v-20l13 4.5-13 4.5"/>')
        parts.append('</g><g class="camps">')
        for camp in layout.camps:
            number = f'<tspan class="stage">{camp.stage}</tspan>  '
            parts.append(f'<g class="camp"><g transform="translate({camp.x:g} {camp.y:g})">{_TENT}</g>')
            parts.append(_text(camp.words, CAMP, "name", number) + "</g>")
        parts.append('</g><g class="signs" aria-hidden="true">')
        parts += [_text(one, SIGN, "hint" if one.planned else "sign") for one in layout.signs]
        parts.append('</g><g class="points">')
        return "".join(parts)

    def _far(self) -> list[str]:
        """Mountains behind the mountain, in the mist."""
        if self.layout.shape != "mountain":
            return []
        wide, high = self.layout.width, self.layout.height
        shapes = (
            ((0, 0.62), (0.05, 0.56), (0.1, 0.585), (0.17, 0.45), (0.2, 0.475), (0.27, 0.36), (0.36, 0.52), (0.5, 0.6)),
            ((0.52, 0.5), (0.66, 0.44), (0.72, 0.47), (0.8, 0.31), (0.83, 0.335), (0.88, 0.26), (0.95, 0.4), (1, 0.38)),
        )  # fmt: skip
        return [
            f"M{wide * shape[0][0]:.0f} {high:.0f}"
            + "".join(f"L{wide * x:.0f} {high * y:.0f}" for x, y in shape)
            + f"L{wide * shape[-1][0]:.0f} {high:.0f}Z"
            for shape in shapes
        ]

    def _here(self, point: Point, words: str) -> str:
        """A flag over the learner's stone."""
        wide = text_width(words, SIGN + 1) + 18
        left = min(max(point.x - wide / 2, 2), self.layout.width - wide - 2) - point.x
        return (
            f'<g class="here" aria-hidden="true" transform="translate({point.x:g} {point.y:g})">'
            f'<circle class="ring" r="{RADIUS + 4.5:g}"/><path class="pin" d="M-5-16H5L0-10.5Z"/>'
            f'<rect class="plate" x="{left:.1f}" y="-37" width="{wide:.1f}" height="21.5" rx="4"/>'
            f'<text x="{left + wide / 2:.1f}" y="-22" text-anchor="middle" font-size="{SIGN + 1:g}">'
            f"{escape(clean(words))}</text></g>"
        )


def _text(words: Words, size: float, kind: str, first: str = "") -> str:
    lines = "".join(
        f'<tspan x="{words.x:g}" y="{words.y + i * size * 1.18:.1f}">{first if i == 0 else ""}{escape(clean(line))}'
        "</tspan>"
        for i, line in enumerate(words.lines)
    )
    return f'<text class="{kind}" text-anchor="{words.anchor}" font-size="{size:g}">{lines}</text>'


def _edge(a: Point, b: Point) -> str:
    """An arc from one stone to another, bent to the left of its way, the longer the flatter."""
    dx, dy = b.x - a.x, b.y - a.y
    bend = 0.22 if abs(dx) + abs(dy) < 200 else 0.1
    return f"M{a.x:g} {a.y:g}Q{(a.x + b.x) / 2 + bend * dy:.1f} {(a.y + b.y) / 2 - bend * dx:.1f} {b.x:g} {b.y:g}"


def _polygon(places: tuple[tuple[float, float], ...]) -> str:
    return _line(places) + "Z"


def _line(places: tuple[tuple[float, float], ...]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
