"""What charts share: the title and the names above, the axes, ticks and labels, text at a pixel.

The y label stands level above its axis, because Chinese turned on its side does not read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jinjie.base.svg import clean, light, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 640
HEIGHT = 360
TITLE, TEXT, SMALL = 15, 12, 11
"""Sizes of letters."""
STEPS = [1, 2, 2.5, 5, 10]


def header(figure: Figure, title: str, names: Sequence[tuple[str, str, bool]]) -> float:
    """The title and, for several curves, the row of names; returns where the chart may begin, in pixels."""
    y = 0.0
    if title:
        y += 24
        write(figure, 12, y, title, TITLE, weight="bold")
    if len(names) > 1:
        from matplotlib.lines import Line2D

        x, y = 12.0, y + 22
        for name, colour, faint in names:
            needed = 22 + text_width(name, TEXT) + 18
            if x > 12 and x + needed > WIDTH:
                x, y = 12.0, y + 18
            ends = [x / WIDTH, (x + 16) / WIDTH]
            level = 1 - (y - 4) / figure_height(figure)
            width, opacity = (1.2, 0.5) if faint else (2.4, 1.0)
            swatch = Line2D(ends, [level, level], color=light(colour), linewidth=width, alpha=opacity)
            figure.add_artist(swatch)
            write(figure, x + 22, y, name, TEXT, "ink")
            x += needed
    return y + 10


def plain_axes(figure: Figure) -> Axes:
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.patch.set_visible(False)
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(light("muted"))
    axes.grid(axis="y", color=light("rule"), linewidth=1)
    axes.set_axisbelow(True)
    return axes


def dress(figure: Figure, axes: Axes, top: float, x_label: str, y_label: str, below: float = 0) -> None:
    """Ticks, their numbers, labels and margins: measured here, since the font shown is the reader's.

    `below` is room under the axis beyond that of its numbers, in pixels.
    """
    axes.margins(x=0.02, y=0.06)
    low, high = axes.get_ylim()
    top += 20 if y_label else 4
    widest = max((text_width(number, SMALL) for number in _ticks(axes.yaxis, (low, high), 6)), default=0)
    _ticks(axes.xaxis, axes.get_xlim(), 8)
    axes.set_ylim(low, high)
    axes.tick_params(axis="y", length=0, pad=6)
    axes.tick_params(axis="x", length=4, color=light("muted"))
    width, height = figure.get_figwidth() * 72, figure_height(figure)
    left, bottom, right = widest + 20, (44 if x_label else 26) + below, 18
    axes.set_position(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )
    write(figure, 12, top - 10, y_label, TEXT, "muted")
    write(figure, width - right, height - 8, x_label, TEXT, "muted", ha="right")


def _ticks(axis: Any, limits: tuple[float, float], most: int) -> list[str]:
    """Ticks at round numbers, by the axis's own scale; returns what stands at them."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    low, high = sorted(limits)
    decades = math.log10(high / low) if axis.get_scale() == "log" else 0
    if decades > 0.7:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 3 else (1,), numticks=10))
    else:
        axis.set_major_locator(MaxNLocator(most, steps=STEPS))
    axis.set_minor_locator(NullLocator())
    places = [float(place) for place in axis.get_majorticklocs() if low <= place <= high]
    numbers = [in_figures(place) for place in places]
    axis.set_ticks(places, numbers, fontsize=SMALL, color=light("muted"), parse_math=False)
    return numbers


def write(
    figure: Figure, x: float, y: float, text: str, size: int, colour: str = "ink", **style: Any
) -> None:
    """Text with its baseline at (x, y) pixels from the top left."""
    if text:
        width, height = figure.get_figwidth() * 72, figure_height(figure)
        place = (x / width, 1 - y / height)
        style = {"va": "baseline", "rotation_mode": "anchor", "parse_math": False, **style}
        figure.text(*place, clean(text), fontsize=size, color=light(colour), **style)


def figure_height(figure: Figure) -> float:
    return float(figure.get_figheight() * 72)


def shorten(label: str, most: int = 16) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def in_figures(value: float) -> str:
    """A number for an axis: 0.05, 250, 20k, 1.5M."""
    size = abs(value)
    for limit, unit in ((1e6, "M"), (1e4, "k")):
        if 1e12 > size >= limit:
            return f"{value / (1e6 if unit == 'M' else 1e3):.6g}{unit}"
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")
