"""Charts as SVG and grids of images as PNG, as bytes.

Charts read in light, dark and Chinese: see `svg.py`. The y label stands level above its axis, because
Chinese turned on its side does not read; names of curves stand in a row above the chart.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from jinjie.base.chart import (
    HEIGHT,
    SMALL,
    TEXT,
    TITLE,
    WIDTH,
    dress,
    figure_height,
    header,
    in_figures,
    plain_axes,
    shorten,
    write,
)
from jinjie.base.svg import canvas, clean, light, render, text_width
from jinjie.base.words import say

if TYPE_CHECKING:
    import numpy as np

_SERIES = [f"series-{number}" for number in range(1, 9)]

Points = tuple[Sequence[float], Sequence[float]]
"""The x and the y of points, of equal length; a y that is not finite leaves a gap."""


class Curve(NamedTuple):
    """One curve of a chart; `faint` draws it thin and pale, `colour` (from 1) gives two the same one."""

    x: Sequence[float]
    y: Sequence[float]
    faint: bool = False
    colour: int | None = None


def curves(
    lines: Mapping[str, Points | Curve],
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    log: bool = False,
) -> bytes:
    """Named curves in one chart; `log` makes the y axis logarithmic (points at or below 0 are left out)."""
    figure = canvas(WIDTH, HEIGHT)
    drawn = {clean(name): Curve(*points) for name, points in lines.items()}
    log = log and any(0 < y < math.inf for curve in drawn.values() for y in curve.y)
    colours = {name: _SERIES[((c.colour or i + 1) - 1) % 8] for i, (name, c) in enumerate(drawn.items())}
    top = header(figure, title, [(name, colours[name], c.faint) for name, c in drawn.items()])
    axes = plain_axes(figure)
    if log:
        axes.set_yscale("log", nonpositive="mask")
    for name, curve in drawn.items():
        width, opacity = (1.2, 0.5) if curve.faint else (2.0, 1.0)
        alone = len(curve.x) == 1  # a single point has no line
        style: dict[str, Any] = {"marker": "o", "markersize": 5.0} if alone else {}
        axes.plot(curve.x, curve.y, color=light(colours[name]), linewidth=width, alpha=opacity, **style)
    dress(figure, axes, top, x_label, y_label)
    return render(figure, clean(f"{title} {', '.join(drawn)}".strip()))


def scatter_line(
    points: Points, line: Points, title: str = "", x_label: str = "x", y_label: str = "y"
) -> bytes:
    """Points, and a line through them."""
    figure = canvas(WIDTH, HEIGHT)
    top = header(figure, title, [])
    axes = plain_axes(figure)
    dots: dict[str, Any] = {
        "linestyle": "none",
        "marker": "o",
        "markersize": 5.0,
        "markeredgewidth": 0.0,
        "alpha": 0.55,
    }
    axes.plot(points[0], points[1], color=light("series-1"), **dots)
    axes.plot(line[0], line[1], color=light("series-2"), linewidth=2.2)
    dress(figure, axes, top, x_label, y_label)
    return render(figure, clean(title or f"{y_label} / {x_label}"))


def confusion(
    matrix: Sequence[Sequence[float]],
    labels: Sequence[str],
    title: str = "",
    x_label: str | None = None,
    y_label: str | None = None,
) -> bytes:
    """A confusion matrix: what is true down, what was predicted across; the darker, the larger a row's share.

    `matrix` (C, C) holds counts for C classes.
    """
    from matplotlib.patches import Rectangle

    classes = len(matrix)
    names = [shorten(clean(label)) for label in labels]
    across = say("picture.predicted") if x_label is None else clean(x_label)
    down = say("picture.true") if y_label is None else clean(y_label)
    widest = max(text_width(name, SMALL) for name in names)
    cell = min(max(44.0, 200 / classes), max(8.0, 480 / classes))  # a few classes should not look lost
    turned = widest > cell - 4
    left, below = widest + 24, (widest * 0.75 if turned else 14) + 34
    side = cell * classes
    width = max(left + side + 24, text_width(title, TITLE) + 24, text_width(down, TEXT) + left + 24)
    head = (34 if title else 8) + 22
    height = head + side + below
    figure = canvas(round(width), round(height))
    write(figure, 12, 24, title, TITLE, weight="bold")
    write(figure, left, head - 8, down, TEXT, "muted")
    axes = figure.add_axes((left / width, below / height, side / width, side / height))
    axes.set_axis_off()
    lines = range(classes + 1)
    axes.hlines(lines, 0, classes, color=light("rule"), linewidth=0.8)
    axes.vlines(lines, 0, classes, color=light("rule"), linewidth=0.8)
    axes.set_xlim(0, classes)
    axes.set_ylim(classes, 0)
    for row, counts in enumerate(matrix):
        total = sum(counts) or 1
        y = head + (row + 0.5) * cell
        write(figure, left - 8, y + 4, names[row], SMALL, "ink", ha="right")
        for column, count in enumerate(counts):
            share = count / total
            if count:
                shade = Rectangle((column, row), 1, 1, linewidth=0, facecolor=light("series-1"), alpha=share)
                axes.add_patch(shade)
            if count and cell >= 22:
                colour = "paper" if share > 0.55 else "ink"
                x = left + (column + 0.5) * cell
                write(figure, x, y + 4, in_figures(count), SMALL, colour, ha="center")
    for column, name in enumerate(names):
        x, y = left + (column + 0.5) * cell, head + side + 16
        if turned:
            write(figure, x + 4, y - 4, name, SMALL, ha="right", rotation=45)
        else:
            write(figure, x, y, name, SMALL, ha="center")
    write(figure, left + side, height - 8, across, TEXT, "muted", ha="right")
    return render(figure, clean(title) or f"{down} / {across}")


def heat_map(
    matrix: Sequence[Sequence[float]],
    labels: Sequence[str],
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> bytes:
    """Weights from 0 to 1 of rows over columns, such as of tokens over tokens; a row adds up to 1.

    `matrix` is (T, T). A cell is as dark as the root of its weight, so that one of 0.01 still shows; a key says so.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    count = len(matrix)
    names = [shorten(clean(label), 10) for label in labels]
    cell = min(26.0, max(7.0, 640 / count))
    every = math.ceil(15 / cell)  # a label needs so many cells
    widest = max(text_width(name, SMALL) for name in names)
    turned = widest > cell * every - 2
    key = [0.01, 0.1, 0.5, 1.0]
    left, below = widest + 24, (widest * 0.75 if turned else 14) + 34
    side = cell * count
    # Bold letters are wider than they are measured here.
    width = max(left + side + 24, text_width(title, TITLE) * 1.15 + 24, text_width(y_label, TEXT) + 220)
    head = (34 if title else 8) + 22
    height = head + side + below
    figure = canvas(round(width), round(height))
    write(figure, 12, 24, title, TITLE, weight="bold")
    write(figure, 12, head - 8, y_label, TEXT, "muted")
    axes = figure.add_axes((left / width, below / height, side / width, side / height))
    axes.set_axis_off()
    axes.set_xlim(0, count)
    axes.set_ylim(count, 0)
    frame = ((0, 0), (count, 0), (count, count), (0, count), (0, 0))
    axes.plot([x for x, _ in frame], [y for _, y in frame], color=light("rule"), linewidth=1, clip_on=False)
    # One shape for each of 40 shades, and not one for each cell: a hundred tokens make ten thousand cells.
    shades: dict[int, list[Path]] = {}
    for row, weights in enumerate(matrix):
        levels = [round(40 * math.sqrt(min(1.0, max(0.0, weight)))) for weight in weights]
        column = 0
        for shade, run in groupby(levels):
            end = column + len(list(run))
            if shade:
                corners = [(column, row), (end, row), (end, row + 1), (column, row + 1), (column, row)]
                shades.setdefault(shade, []).append(Path(corners, closed=True))
            column = end
    for shade, cells in sorted(shades.items()):
        patch = PathPatch(
            Path.make_compound_path(*cells), linewidth=0, facecolor=light("series-1"), alpha=shade / 40
        )
        axes.add_patch(patch)
    for place in range(0, count, every):
        write(figure, left - 8, head + (place + 0.5) * cell + 4, names[place], SMALL, "ink", ha="right")
        x, y = left + (place + 0.5) * cell, head + side + 16
        if turned:
            write(figure, x + 4, y - 4, names[place], SMALL, ha="right", rotation=45)
        else:
            write(figure, x, y, names[place], SMALL, ha="center")
    x = width - 24
    for weight in reversed(key):
        x -= text_width(in_figures(weight), SMALL)
        write(figure, x, head - 8, in_figures(weight), SMALL, "muted")
        x -= 14
        swatch = ((x - 2) / width, 1 - (head - 7) / height, 10 / width, 10 / height)
        square = figure.add_axes(swatch)
        square.set_axis_off()
        square.set_xlim(0, 1)
        square.set_ylim(0, 1)
        whole = Path([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], closed=True)
        square.add_patch(PathPatch(whole, linewidth=0, facecolor=light("series-1"), alpha=math.sqrt(weight)))
        x -= 10
    write(figure, left + side, height - 8, x_label, TEXT, "muted", ha="right")
    return render(figure, clean(title) or f"{y_label} / {x_label}")


def reliability(
    bins: Sequence[tuple[float, float, int]], title: str = "", x_label: str = "", y_label: str = ""
) -> bytes:
    """Shares that are right against the confidence claimed, with the diagonal, and below it how many each stands for.

    `bins` are (mean confidence, share right, count).
    """
    figure = canvas(WIDTH, HEIGHT + 80)
    top = header(figure, title, [])
    axes = plain_axes(figure)
    axes.plot((0, 1), (0, 1), color=light("muted"), linewidth=1.2, alpha=0.5)
    style: dict[str, Any] = {"marker": "o", "markersize": 5.0, "linewidth": 2.0}
    axes.plot([x for x, _, _ in bins], [y for _, y, _ in bins], color=light("series-1"), **style)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.02, 1.02)
    dress(figure, axes, top, x_label, y_label)
    left, bottom, width, height = axes.get_position().bounds
    strip = 90 / figure_height(figure)
    axes.set_position((left, bottom + strip, width, height - strip))
    foot = 28 / figure_height(figure)  # the axis's label stands there
    below = figure.add_axes((left, foot, width, bottom + strip - 32 / figure_height(figure) - foot))
    below.set_axis_off()
    below.set_xlim(axes.get_xlim())
    most = max((count for _, _, count in bins), default=0) or 1
    below.set_ylim(0, most * 1.4)
    below.bar([x for x, _, _ in bins], [n for _, _, n in bins], 0.025, color=light("series-2"), linewidth=0)
    for x, _, count in bins:
        number: dict[str, Any] = {"ha": "center", "fontsize": SMALL, "color": light("muted")}
        below.text(x, count + most * 0.06, in_figures(count), parse_math=False, **number)
    return render(figure, clean(title) or f"{y_label} / {x_label}")


def image_grid(
    images: Sequence[np.ndarray[Any, Any]] | np.ndarray[Any, Any],
    columns: int | None = None,
    scale: int = 2,
    gap: int = 4,
) -> bytes:
    """Images side by side as one PNG; the gaps between them are transparent.

    `images` are (N, height, width) or (N, height, width, 3), bytes, or floats from 0 to 1 (what lies outside
    is clipped). `scale` enlarges every pixel, `columns` is as near a square as can be when None.
    Raises ValueError when there is no image or their shapes are others.
    """
    import numpy as np
    from PIL import Image

    stack = np.asarray(images)
    if stack.ndim == 3:
        stack = np.repeat(stack[..., None], 3, axis=3)
    if stack.ndim != 4 or stack.shape[3] != 3 or not len(stack):
        raise ValueError(f"expected images (N, height, width) or (N, height, width, 3), got {stack.shape}")
    if stack.dtype != np.uint8:
        stack = np.rint(np.clip(np.nan_to_num(stack), 0, 1) * 255).astype(np.uint8)
    count, height, width = stack.shape[:3]
    columns = min(count, columns or math.ceil(math.sqrt(count)))
    rows = math.ceil(count / columns)
    wide, high = width * scale, height * scale
    sheet = Image.new("RGBA", (columns * (wide + gap) - gap, rows * (high + gap) - gap), (0, 0, 0, 0))
    for i, pixels in enumerate(stack):
        image = Image.fromarray(pixels).resize((wide, high), Image.Resampling.NEAREST)
        sheet.paste(image, (i % columns * (wide + gap), i // columns * (high + gap)))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()
