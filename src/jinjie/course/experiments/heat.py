"""A matrix of a `Shown` as a picture: the darker a cell, the larger its number; below zero in another colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from jinjie.base.canvas import Canvas, box
from jinjie.base.chart import SMALL, TEXT, TITLE, in_figures, shorten
from jinjie.base.svg import clean, text_width
from jinjie.base.words import Language
from jinjie.course.experiments.shown import Heat

SHADES = 40
_UP, _DOWN = "series-1", "series-2"


def darkest(panel: Heat) -> float:
    """The size that is drawn darkest."""
    sizes = [abs(value) for row in panel.values for value in row if math.isfinite(value)]
    return panel.limit or max(sizes, default=0.0) or 1.0


def heat(panel: Heat, lang: Language) -> Canvas:
    """The matrix with its labels and a key; cells that are large enough say their number."""
    count, across = len(panel.values), len(panel.values[0])
    rows = [shorten(clean(label.in_(lang)), 12) for label in panel.rows]
    columns = [shorten(clean(label.in_(lang)), 12) for label in panel.columns]
    cell = max(2.5, min(46.0, 540 / across, 420 / count))
    every = max(1, math.ceil(15 / cell))  # a label needs so many cells
    widest = max((text_width(name, SMALL) for name in columns), default=0.0)
    turned = widest > cell * every - 2
    left = max((text_width(name, SMALL) for name in rows), default=0.0) + 24
    below = (widest * 0.75 if turned else 14.0 if columns else 0.0) + 34
    title, x_label, y_label = (text.in_(lang) for text in (panel.title, panel.x_label, panel.y_label))
    most = darkest(panel)
    key = [-most, -most / 2, 0.0, most / 2, most] if panel.signed else [0.0, most / 2, most]
    key_width = sum(text_width(in_short(value), SMALL) + 24 for value in key) + 12
    wide, high = cell * across, cell * count
    # Bold letters are wider than they are measured here.
    needed = (
        text_width(title, TITLE) * 1.15,
        text_width(y_label, TEXT) + key_width,
        text_width(x_label, TEXT),
    )
    width = max(left + wide, *needed) + 36
    head = (34 if title else 8) + 22
    canvas = Canvas(width, head + high + below)
    canvas.write(12, 24, title, TITLE, bold=True)
    canvas.write(12, head - 8, y_label, TEXT, "muted")
    _key(canvas, key, most, width - 16, head - 8)
    _cells(canvas, panel, most, left, head, cell)
    canvas.stroke(box(left, head, wide, high), "rule")
    for place in range(0, len(rows), every):
        canvas.write(left - 8, head + (place + 0.5) * cell + 4, rows[place], SMALL, anchor="end")
    for place in range(0, len(columns), every):
        x, y = left + (place + 0.5) * cell, head + high + 16
        if turned:
            canvas.write(x + 4, y - 4, columns[place], SMALL, anchor="end", turned=45)
        else:
            canvas.write(x, y, columns[place], SMALL, anchor="middle")
    if cell >= 30:
        _figures(canvas, panel, most, left, head, cell)
    if x_label:
        canvas.write(
            max(left + wide, text_width(x_label, TEXT) + 12),
            canvas.height - 8,
            x_label,
            TEXT,
            "muted",
            anchor="end",
        )
    return canvas


def shade(value: float, most: float, signed: bool) -> int:
    """From -40 to 40; 0 is the page itself. What is no number, or below zero where nothing should be, is 0."""
    if value != value:
        return 0
    share = max(-1.0, min(1.0, value / most))
    return round(SHADES * (share if signed else max(0.0, share)))


def _cells(canvas: Canvas, panel: Heat, most: float, left: float, head: float, cell: float) -> None:
    """One shape for each shade, and not one for each cell; a run of equal shades is one rectangle."""
    shapes: dict[int, list[str]] = {}
    for row, values in enumerate(panel.values):
        column = 0
        for level, run in groupby(shade(value, most, panel.signed) for value in values):
            length = len(list(run))
            if level:
                place = box(left + column * cell, head + row * cell, length * cell, cell)
                shapes.setdefault(level, []).append(place)
            column += length
    for level, boxes in sorted(shapes.items()):
        canvas.fill("".join(boxes), _UP if level > 0 else _DOWN, abs(level) / SHADES)


def _figures(canvas: Canvas, panel: Heat, most: float, left: float, head: float, cell: float) -> None:
    for row, values in enumerate(panel.values):
        for column, value in enumerate(values):
            dark = abs(shade(value, most, panel.signed)) > 0.55 * SHADES
            colour = "paper" if dark else "muted" if not math.isfinite(value) else "ink"
            x, y = left + (column + 0.5) * cell, head + (row + 0.5) * cell + 4
            canvas.write(x, y, in_short(value), SMALL, colour, anchor="middle")


def in_short(value: float) -> str:
    """Two significant figures, to stand in a cell."""
    if math.isfinite(value):
        return in_figures(float(f"{value:.2g}"))
    return "NaN" if value != value else "∞" if value > 0 else "\N{MINUS SIGN}∞"


def _key(canvas: Canvas, key: Sequence[float], most: float, right: float, y: float) -> None:
    """Swatches from the right with their numbers."""
    x = right
    for value in reversed(key):
        x -= text_width(in_short(value), SMALL)
        canvas.write(x, y, in_short(value), SMALL, "muted")
        x -= 14
        level = shade(value, most, signed=True)
        swatch = box(x - 2, y - 9, 10, 10)
        if level:
            canvas.fill(swatch, _DOWN if level < 0 else _UP, abs(level) / SHADES)
        canvas.stroke(swatch, "rule")
        x -= 10
