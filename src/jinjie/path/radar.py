"""The picture of a gap: for each area what the role asks for, and what is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jinjie.base.svg import canvas, clean, light, render
from jinjie.base.words import Language, say
from jinjie.path.career import Axis

SIZE = 460
"""Width and height in pixels."""

MOST = 3.0
"""The outermost ring: can build."""


def radar(axes: Sequence[Axis], title: str, lang: Language) -> bytes:
    """An SVG of the axes, one ray an area; bars where there are fewer than three of them."""
    figure = canvas(SIZE + 160, SIZE)
    names = [axis.name.in_(lang) for axis in axes]
    has, wants = [axis.has for axis in axes], [axis.wants for axis in axes]
    if len(axes) < 3:
        _bars(figure, names, has, wants, lang)
    else:
        _rays(figure, names, has, wants, lang)
    return render(figure, clean(described(axes, title, lang)))


def described(axes: Sequence[Axis], title: str, lang: Language) -> str:
    """The picture in words, for who cannot see it."""
    parts = [
        say(
            "path.career.axis",
            lang,
            area=axis.name.in_(lang),
            has=f"{axis.has:.1f}",
            wants=f"{axis.wants:.1f}",
        )
        for axis in axes
    ]
    return say("path.career.picture", lang, title=title, parts=say("path.career.comma", lang).join(parts))


def _rays(figure: Any, names: list[str], has: list[float], wants: list[float], lang: Language) -> None:
    axes = figure.add_axes((0.16, 0.1, 0.68, 0.76), projection="polar")
    axes.set_theta_offset(math.pi / 2)
    axes.set_theta_direction(-1)
    angles = [2 * math.pi * i / len(names) for i in range(len(names))]
    around = [*angles, angles[0]]
    axes.plot(around, [*wants, wants[0]], color=light("series-2"), linewidth=1.6, linestyle=(0, (4, 2)),
              label=say("path.career.asked", lang))  # fmt: skip
    axes.plot(around, [*has, has[0]], color=light("series-1"), linewidth=1.8, marker="o", markersize=4,
              label=say("path.career.there", lang))  # fmt: skip
    axes.fill(around, [*has, has[0]], color=light("series-1"), alpha=0.18)
    axes.set_ylim(0, MOST)
    axes.set_yticks([1, 2, 3], ["1", "2", "3"], color=light("muted"), fontsize=9)
    axes.set_xticks(angles, [""] * len(names))
    for angle, name in zip(angles, names, strict=True):
        side = math.sin(angle)
        align = "center" if abs(side) < 0.2 else "left" if side > 0 else "right"
        axes.text(angle, MOST * 1.1, name, ha=align, va="center", color=light("ink"), fontsize=11)
    axes.grid(color=light("rule"))
    axes.spines["polar"].set_color(light("rule"))
    axes.set_facecolor("none")
    figure.legend(loc="upper center", ncols=2, frameon=False, labelcolor=light("ink"), fontsize=11)


def _bars(figure: Any, names: list[str], has: list[float], wants: list[float], lang: Language) -> None:
    axes = figure.add_axes((0.3, 0.2, 0.6, 0.6))
    places = range(len(names))
    axes.barh(
        [y + 0.18 for y in places], wants, 0.32, color=light("series-2"), label=say("path.career.asked", lang)
    )
    axes.barh(
        [y - 0.18 for y in places], has, 0.32, color=light("series-1"), label=say("path.career.there", lang)
    )
    axes.set_yticks(list(places), names, color=light("ink"), fontsize=11)
    axes.set_xlim(0, MOST)
    axes.tick_params(colors=light("muted"))
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_color(light("rule"))
    figure.legend(loc="upper center", ncols=2, frameon=False, labelcolor=light("ink"), fontsize=11)
