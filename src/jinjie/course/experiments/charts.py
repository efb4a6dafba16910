"""Curves, planes and bars of a `Shown` as matplotlib figures in one language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jinjie.base.chart import HEIGHT, SMALL, WIDTH, dress, figure_height, header, plain_axes, shorten
from jinjie.base.svg import canvas, clean, light, text_width
from jinjie.base.words import Language
from jinjie.course.experiments.shown import Bars, Curves, Line, Mark, Plane, Surface

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST = 1e30
"""What is larger is drawn as what it is on the way to: not finite."""
_FEW = 60
"""Points of a path up to which each is seen."""
_TALL = 440


def curves(panel: Curves, lang: Language) -> Figure:
    """The lines; one that stops being finite ends in a cross."""
    figure = canvas(WIDTH, HEIGHT)
    top = header(figure, panel.title.in_(lang), _names(panel.lines, lang))
    axes = plain_axes(figure)
    log_x = panel.log_x and any(0 < x < LARGEST for line in panel.lines for x in line.x)
    log_y = panel.log_y and any(0 < y < LARGEST for line in panel.lines for y in line.y)
    if log_x:
        axes.set_xscale("log", nonpositive="mask")
    if log_y:
        axes.set_yscale("log", nonpositive="mask")
    for i, line in enumerate(panel.lines):
        _line(axes, line, i, marked=len(line.x) == 1)
    if panel.y_range is not None and not (log_y and panel.y_range[0] <= 0):
        axes.set_ylim(*panel.y_range)
    _marks(axes, panel.marks, lang)
    alone = panel.lines[0].name.in_(lang) if len(panel.lines) == 1 else ""
    dress(figure, axes, top, panel.x_label.in_(lang), panel.y_label.in_(lang) or alone)
    return figure


def plane(panel: Plane, lang: Language) -> Figure:
    """Points and paths, over contour lines where there is a surface."""
    figure = canvas(WIDTH, _TALL)
    top = header(figure, panel.title.in_(lang), _names(panel.lines, lang))
    axes = plain_axes(figure)
    if panel.surface is not None:
        axes.grid(False)
        _contours(axes, panel.surface)
        # A path that leaves the surface leaves the view: else one that diverges would shrink it to a dot.
        axes.set_xlim(panel.surface.x[0], panel.surface.x[-1])
        axes.set_ylim(panel.surface.y[0], panel.surface.y[-1])
    for i, line in enumerate(panel.lines):
        _line(axes, line, i, marked=panel.surface is not None and len(line.x) <= _FEW)
    if panel.x_range is not None:
        axes.set_xlim(*panel.x_range)
    if panel.y_range is not None:
        axes.set_ylim(*panel.y_range)
    _marks(axes, panel.marks, lang)
    dress(figure, axes, top + 6, panel.x_label.in_(lang), panel.y_label.in_(lang))
    if panel.square:
        _square(figure, axes)
    return figure


def bars(panel: Bars, lang: Language) -> Figure:
    """Groups of bars; their labels are turned where they would touch."""
    names = [shorten(clean(label.in_(lang)), 12) for label in panel.labels]
    count = len(names)
    room = (WIDTH - 80) / count
    every = max(1, math.ceil(14 / room))
    widest = max(text_width(name, SMALL) for name in names)
    turned = widest > room * every - 4
    figure = canvas(WIDTH, HEIGHT)
    shown = [(group.name.in_(lang), f"series-{i % 8 + 1}", False) for i, group in enumerate(panel.groups)]
    top = header(figure, panel.title.in_(lang), shown)
    axes = plain_axes(figure)
    axes.axhline(0, color=light("muted"), linewidth=1)
    width = 0.8 / len(panel.groups)
    for i, group in enumerate(panel.groups):
        places = [at - 0.4 + width * (i + 0.5) for at in range(count)]
        heights = [_drawable(value) for value in group.values]
        axes.bar(places, heights, width, color=light(f"series-{i % 8 + 1}"), linewidth=0)
    axes.set_xlim(-0.6, count - 0.4)
    if panel.y_range is not None:
        axes.set_ylim(*panel.y_range)
    x_label = panel.x_label.in_(lang)
    dress(figure, axes, top, x_label, panel.y_label.in_(lang), below=widest * 0.75 if turned else 0)
    seen = range(0, count, every)
    style: dict[str, Any] = {"fontsize": SMALL, "color": light("muted"), "parse_math": False}
    style |= {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks(list(seen), [names[i] for i in seen], **style)
    axes.tick_params(axis="x", length=0)
    return figure


def _names(lines: Any, lang: Language) -> list[tuple[str, str, bool]]:
    return [
        (line.name.in_(lang), _colour(line, i), line.faint)
        for i, line in enumerate(lines)
        if line.name.in_(lang)
    ]


def _colour(line: Line, i: int) -> str:
    return f"series-{((line.colour or i + 1) - 1) % 8 + 1}"


def _line(axes: Axes, line: Line, i: int, marked: bool) -> None:
    colour = light(_colour(line, i))
    x, y = [_drawable(value) for value in line.x], [_drawable(value) for value in line.y]
    dots: dict[str, Any] = {"marker": "o", "markersize": 5.0, "markeredgewidth": 0.0}
    if line.dots:
        axes.plot(x, y, color=colour, linestyle="none", alpha=0.3 if line.faint else 0.6, **dots)
        return
    width, opacity = (1.2, 0.5) if line.faint else (2.0, 1.0)
    axes.plot(x, y, color=colour, linewidth=width, alpha=opacity, **(dots if marked else {}))
    finite = [math.isfinite(a) and math.isfinite(b) for a, b in zip(x, y, strict=True)]
    if True in finite and not finite[-1]:
        last = len(finite) - 1 - finite[::-1].index(True)
        cross: dict[str, Any] = {"marker": "x", "markersize": 9.0, "markeredgewidth": 2.0}
        axes.plot([x[last]], [y[last]], color=colour, linestyle="none", **cross)


def _drawable(value: float) -> float:
    return value if abs(value) <= LARGEST else math.nan


def _marks(axes: Axes, marks: Any, lang: Language) -> None:
    for mark in marks:
        assert isinstance(mark, Mark)
        if not abs(mark.x) <= LARGEST or not abs(mark.y) <= LARGEST:
            continue
        dot: dict[str, Any] = {"marker": "o", "markersize": 6.0, "markeredgewidth": 0.0, "zorder": 5}
        axes.plot([mark.x], [mark.y], color=light("ink"), linestyle="none", **dot)
        axes.annotate(
            clean(mark.text.in_(lang)),
            (mark.x, mark.y),
            (7, 6),
            textcoords="offset points",
            fontsize=SMALL,
            color=light("ink"),
            parse_math=False,
            annotation_clip=True,
        )


def _contours(axes: Axes, surface: Surface) -> None:
    """Ten lines between equal shares of the points, so that a narrow valley shows as well as a wide bowl."""
    import numpy as np

    z = np.asarray(surface.z, dtype=float)
    z = np.ma.masked_where(~(np.abs(z) <= LARGEST), z)
    heights = z.compressed()
    if not heights.size:
        return
    levels = np.unique(np.quantile(heights, np.linspace(0.02, 0.98, 10)))
    if len(levels) > 1 and levels[-1] - levels[0] > 1e-12 * np.abs(levels).max():
        style: dict[str, Any] = {"colors": [light("muted")], "linewidths": 0.9, "alpha": 0.6}
        axes.contour(surface.x, surface.y, z, levels=levels, **style)


def _square(figure: Figure, axes: Axes) -> None:
    """Shrink one side of the box until a unit is as long on both axes."""
    left, bottom, width, height = axes.get_position().bounds
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    pixels = (width * WIDTH / abs(x1 - x0), height * figure_height(figure) / abs(y1 - y0))
    unit = min(pixels)
    axes.set_position((left, bottom, width * unit / pixels[0], height * unit / pixels[1]))
