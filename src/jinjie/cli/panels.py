"""What an experiment shows, in a terminal: numbers and tables, curves in Braille dots, matrices in shades."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table as Grid
from rich.text import Text as Styled

from jinjie.base.words import language, say
from jinjie.course.experiments.heat import SHADES, darkest, in_short, shade
from jinjie.course.experiments.shown import Bars, Curves, Heat, Line, Numbers, Shown, Table, Words
from jinjie.course.experiments.tell import alt, cell_text, figure

WIDEST_HEAT = 16
"""Columns of a matrix that a terminal shows; of a larger one it says the words."""
MOST_BARS = 24
_BAR = 30


def show(shown: Shown, out: Console) -> None:
    """Every panel, one under another, in the current language."""
    for panel in shown.panels:
        if title := str(panel.title):
            out.print(f"\n[bold]{escape(title)}[/]")
        else:
            out.print()
        out.print(_drawn(panel, out), soft_wrap=isinstance(panel, Words))


def _drawn(panel: Any, out: Console) -> RenderableType:
    match panel:
        case Curves() if not panel.log_x:
            return _curves(panel, out)
        case Heat() if len(panel.values[0]) <= WIDEST_HEAT:
            return _heat(panel)
        case Bars() if len(panel.labels) <= MOST_BARS:
            return _bars(panel)
        case Table():
            grid = Grid(*(str(column) for column in panel.columns), box=None, pad_edge=False)
            for row in panel.rows:
                grid.add_row(*(escape(cell_text(cell, language())) for cell in row))
            return grid
        case Numbers():
            grid = Grid(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
            for value in panel.values:
                said = f"{figure(value.value, value.digits)} {value.unit}".strip()
                grid.add_row(escape(str(value.name)), f"[bold]{escape(said)}[/]")
            return grid
    return Styled(alt(panel, language()))


def _curves(panel: Curves, out: Console) -> RenderableType:
    from jinjie.analyse.compare import terminal_plot

    lines: dict[str, list[tuple[float, float]]] = {}
    for i, line in enumerate(panel.lines):
        name = str(line.name) or str(i + 1)
        lines[name if name not in lines else f"{name} {i + 1}"] = _points(line)
    plot = terminal_plot(lines, min(80, out.width), log=panel.log_y or None)
    axes = " / ".join(label for label in (str(panel.y_label), str(panel.x_label)) if label)
    if axes:
        plot.append(f"\n{axes}", "dim")
    for line in panel.lines:
        if any(not math.isfinite(y) for y in line.y):
            at = next(x for x, y in zip(line.x, line.y, strict=True) if not math.isfinite(y))
            plot.append(
                "\n" + say("experiment.terminal.not_finite", name=str(line.name), x=figure(at)), "yellow"
            )
    return plot


def _points(line: Line) -> list[tuple[float, float]]:
    return [(x, y) for x, y in zip(line.x, line.y, strict=True) if math.isfinite(x)]


def _heat(panel: Heat) -> RenderableType:
    """Each cell its number, the brighter the larger; below zero in another colour."""
    most = darkest(panel)
    columns = [str(label)[:7] for label in panel.columns] or [str(i + 1) for i in range(len(panel.values[0]))]
    grid = Grid("", *(escape(name) for name in columns), box=None, padding=(0, 1), pad_edge=False)
    for i, row in enumerate(panel.values):
        name = str(panel.rows[i])[:12] if panel.rows else str(i + 1)
        cells = []
        for value in row:
            level = shade(value, most, panel.signed)
            tint = 255 - round(150 * abs(level) / SHADES)
            colour = f"rgb({tint},{tint},255)" if level >= 0 else f"rgb(255,{tint},{tint})"
            cells.append(Styled(in_short(value), f"black on {colour}" if level else "dim"))
        grid.add_row(escape(name), *cells)
    return grid


def _bars(panel: Bars) -> RenderableType:
    heights = [abs(v) for group in panel.groups for v in group.values if math.isfinite(v)]
    most = max(heights, default=0) or 1
    grid = Grid(box=None, show_header=len(panel.groups) > 1, pad_edge=False)
    grid.add_column("")
    for group in panel.groups:
        grid.add_column(escape(str(group.name)))
    for i, label in enumerate(panel.labels):
        cells = []
        for group in panel.groups:
            value = group.values[i]
            length = round(abs(value) / most * _BAR / len(panel.groups)) if math.isfinite(value) else 0
            cells.append(
                Styled.assemble(("█" * length, "cyan" if value >= 0 else "red"), f" {figure(value)}")
            )
        grid.add_row(escape(str(label)), *cells)
    return grid
