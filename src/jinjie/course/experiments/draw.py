"""From a `Shown` to pictures: SVG in the house's style, in one language, each with words and a table behind it.

For a page there is one picture a panel, which takes the page's colours; for a file all of them, one under another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from jinjie.base.canvas import Canvas, folded
from jinjie.base.chart import SMALL, TEXT, TITLE, WIDTH
from jinjie.base.svg import clean, render, standalone, text_width
from jinjie.base.words import Language
from jinjie.course.experiments import charts
from jinjie.course.experiments.heat import heat
from jinjie.course.experiments.shown import Bars, Curves, Graph, Heat, Numbers, Plane, Shown, Table, Words
from jinjie.course.experiments.tell import Grid, alt, grid

_LINE = 20
"""Pixels from one line of text to the next."""


@dataclass(frozen=True)
class Picture:
    """One panel, drawn. Tables, numbers and words have an `svg` as well, for a file; a page may set them itself."""

    kind: str
    title: str
    svg: bytes
    alt: str
    grid: Grid | None

    def plain(self) -> dict[str, Any]:
        """As JSON holds it, for a page."""
        return {
            "kind": self.kind,
            "title": self.title,
            "svg": self.svg.decode(),
            "alt": self.alt,
            "table": self.grid.plain() if self.grid else None,
        }


def pictures(shown: Shown, lang: Language) -> list[Picture]:
    """Each panel in one language. The same values give the same bytes."""
    return [_picture(panel, lang) for panel in shown.panels]


def whole(shown: Shown, lang: Language, title: str = "") -> bytes:
    """All panels in one SVG for a file of its own, one under another."""
    drawn = [(picture.svg, picture.alt) for picture in pictures(shown, lang)]
    if title:
        drawn.insert(0, (_heading(title).render(title), title))
    sizes = [_size(svg) for svg, _ in drawn]
    width = max(size[0] for size in sizes)
    y, parts = 0.0, []
    for (svg, _), (_, height) in zip(drawn, sizes, strict=True):
        parts.append(svg.decode().replace("<svg ", f'<svg x="0" y="{y:g}" ', 1))
        y += height + 12
    said = quoteattr(clean(" ".join(words for _, words in drawn)))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{y:g}" '
        f'viewBox="0 0 {width:g} {y:g}" role="img" aria-label={said}>'
    )
    return standalone((head + "".join(parts) + "</svg>").encode())


def _picture(panel: Any, lang: Language) -> Picture:
    said, behind, title = alt(panel, lang), grid(panel, lang), panel.title.in_(lang)
    match panel:
        case Curves():
            svg = render(charts.curves(panel, lang), clean(said))
        case Plane():
            svg = render(charts.plane(panel, lang), clean(said))
        case Bars():
            svg = render(charts.bars(panel, lang), clean(said))
        case Heat():
            svg = heat(panel, lang).render(said)
        case Graph():
            svg = _graph(panel, lang, said)
        case Words():
            svg = _paragraph(title, panel.text.in_(lang)).render(said)
        case Table() | Numbers():
            assert behind is not None
            svg = _table(title, behind, headed=isinstance(panel, Table)).render(said)
        case _:
            raise TypeError(type(panel).__name__)
    return Picture(panel.kind, title, svg, said, behind)


def _graph(panel: Graph, lang: Language, said: str) -> bytes:
    from jinjie.scratch.autograd import graph, picture

    layer = graph.layers(len(panel.nodes), panel.edges)
    kinds: Any = [node.role for node in panel.nodes]
    nodes = tuple(
        graph.Node(kinds[i], node.label.in_(lang), (), node.value, node.gradient, layer[i], cut=0)
        for i, node in enumerate(panel.nodes)
    )
    return picture.svg(graph.Graph(nodes, panel.edges, left_out=0), said, title=panel.title.in_(lang))


def _size(svg: bytes) -> tuple[float, float]:
    from xml.etree import ElementTree as ET

    root = ET.fromstring(svg)
    return float(root.attrib["width"]), float(root.attrib["height"])


def _heading(title: str) -> Canvas:
    canvas = Canvas(WIDTH, 34)
    canvas.write(12, 24, title, TITLE + 2, bold=True)
    return canvas


def _paragraph(title: str, text: str) -> Canvas:
    lines = folded(text, WIDTH - 24, TEXT + 1)
    head = 34 if title else 8
    canvas = Canvas(WIDTH, head + _LINE * len(lines) + 8)
    canvas.write(12, 24, title, TITLE, bold=True)
    for i, line in enumerate(lines):
        canvas.write(12, head + _LINE * (i + 0.8), line, TEXT + 1)
    return canvas


def _table(title: str, table: Grid, headed: bool) -> Canvas:
    rows = [table.columns, *table.rows] if headed else list(table.rows)
    widths = [max(text_width(row[j], TEXT) * 1.05 for row in rows) + 24 for j in range(len(table.columns))]
    head = 34 if title else 8
    canvas = Canvas(max(WIDTH, 24 + sum(widths)), head + _LINE * len(rows) + 12)
    canvas.write(12, 24, title, TITLE, bold=True)
    for i, row in enumerate(rows):
        x = 12.0
        for j, cell in enumerate(row):
            top = headed and i == 0
            size, colour = (SMALL if top else TEXT), ("muted" if top or j == 0 else "ink")
            canvas.write(x, head + _LINE * (i + 0.8), cell, size, colour)
            x += widths[j]
    if headed:
        canvas.stroke(f"M12 {head + _LINE * 1.1:.5g}H{canvas.width - 12}", "rule")
    return canvas
