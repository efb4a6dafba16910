"""A panel of a `Shown` for those who do not see it: a sentence made of its data, and the table behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinjie.base.words import Language, Text, say
from jinjie.course.experiments.shown import (
    Bars,
    Curves,
    Graph,
    Heat,
    Line,
    Node,
    Numbers,
    Plane,
    Surface,
    Table,
    Words,
)

MOST_ROWS = 40
"""Rows and columns of a table behind a picture; longer ones are thinned, their ends kept."""


@dataclass(frozen=True)
class Grid:
    """A table in one language, its cells as they are read."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def plain(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}


def figure(value: float | int | bool, digits: int = 4) -> str:
    """A number as both languages write it: 0.0123, 1.2e-07, −3, ∞, NaN."""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, int) and abs(value) < 10**15:
        said = str(value)
    elif not math.isfinite(value):
        return "NaN" if value != value else "∞" if value > 0 else "\N{MINUS SIGN}∞"
    else:
        said = f"{value:.{digits}g}"
    return said.replace("-", "\N{MINUS SIGN}") if said.startswith("-") else said


def alt(panel: Any, lang: Language) -> str:
    """What a panel shows, in words and its main numbers."""
    match panel:
        case Curves():
            parts = [_line(line, lang) for line in panel.lines]
            kind = say(
                "experiment.alt.curves",
                lang,
                x=_or(panel.x_label, "x", lang),
                y=_or(panel.y_label, "y", lang),
            )
        case Plane():
            parts = [_path(line, lang) for line in panel.lines]
            if panel.surface is not None:
                parts.insert(0, _surface(panel.surface, lang))
            kind = say(
                "experiment.alt.plane", lang, x=_or(panel.x_label, "x", lang), y=_or(panel.y_label, "y", lang)
            )
        case Heat():
            kind, parts = _heat(panel, lang), []
        case Bars():
            kind = say("experiment.alt.bars", lang, count=len(panel.labels))
            parts = [_bars(panel, i, lang) for i in range(len(panel.groups))]
        case Graph():
            kind = say("experiment.alt.graph", lang, count=len(panel.nodes), edges=len(panel.edges))
            parts = [say("experiment.alt.comma", lang).join(_node(node, lang) for node in panel.nodes)]
        case Table():
            kind = say("experiment.alt.table", lang, rows=len(panel.rows), columns=len(panel.columns))
            parts = []
        case Numbers():
            kind = ""
            named = [
                f"{v.name.in_(lang)} {figure(v.value, v.digits)} {v.unit.in_(lang)}".strip()
                for v in panel.values
            ]
            parts = [say("experiment.alt.comma", lang).join(named)]
        case Words():
            kind, parts = "", [panel.text.in_(lang)]
        case _:
            raise TypeError(type(panel).__name__)
    marks = [mark.text.in_(lang) for mark in getattr(panel, "marks", ()) if mark.text.in_(lang)]
    if marks:
        parts.append(say("experiment.alt.marks", lang, names=say("experiment.alt.comma", lang).join(marks)))
    stop = say("experiment.alt.stop", lang)
    said = [part for part in (panel.title.in_(lang), kind, *parts) if part]
    return (" " if lang == "en" else "").join(
        part if part.endswith((".", "。")) else part + stop for part in said
    )


def grid(panel: Any, lang: Language) -> Grid | None:
    """The table behind a panel; None for words."""
    match panel:
        case Curves() | Plane() if panel.lines:
            return _points(panel.lines, _or(panel.x_label, "x", lang), _or(panel.y_label, "y", lang), lang)
        case Plane():
            assert panel.surface is not None
            s = panel.surface
            return _matrix(s.z, [figure(y) for y in s.y], [figure(x) for x in s.x])
        case Heat():
            rows = [label.in_(lang) for label in panel.rows] or [str(i + 1) for i in range(len(panel.values))]
            columns = [label.in_(lang) for label in panel.columns] or [
                str(i + 1) for i in range(len(panel.values[0]))
            ]
            return _matrix(panel.values, rows, columns)
        case Bars():
            names = tuple(group.name.in_(lang) or _or(panel.y_label, "y", lang) for group in panel.groups)
            bars = [
                (label.in_(lang), *(figure(group.values[i]) for group in panel.groups))
                for i, label in enumerate(panel.labels)
            ]
            return Grid((panel.x_label.in_(lang), *names), tuple(_thinned(bars)))
        case Graph():
            keys = ("experiment.alt.name", "experiment.alt.value", "experiment.alt.gradient")
            made = [
                (n.label.in_(lang), figure(n.value), "" if n.gradient is None else figure(n.gradient))
                for n in panel.nodes
            ]
            return Grid(tuple(say(key, lang) for key in keys), tuple(made))
        case Table():
            cells = tuple(tuple(cell_text(cell, lang) for cell in row) for row in panel.rows)
            return Grid(tuple(label.in_(lang) for label in panel.columns), cells)
        case Numbers():
            values = tuple((v.name.in_(lang), _with_unit(v, lang)) for v in panel.values)
            return Grid((say("experiment.alt.name", lang), say("experiment.alt.value", lang)), values)
    return None


def cell_text(cell: Any, lang: Language) -> str:
    return cell.in_(lang) if isinstance(cell, Text) else figure(cell)


def _with_unit(value: Any, lang: Language) -> str:
    return f"{figure(value.value, value.digits)} {value.unit.in_(lang)}".strip()


def _or(label: Any, other: str, lang: Language) -> str:
    return label.in_(lang) or other


def _line(line: Line, lang: Language) -> str:
    """Where a line begins, ends, and is lowest and highest; from where on it is not finite."""
    points = list(zip(line.x, line.y, strict=True))
    finite = [(x, y) for x, y in points if math.isfinite(y)]
    name = line.name.in_(lang)
    if not finite:
        key = "experiment.alt.none_finite" if points else "experiment.alt.no_points"
        return say(key, lang, name=name).strip()
    (x0, y0), (x1, y1) = finite[0], finite[-1]
    low, high = min(finite, key=lambda p: p[1]), max(finite, key=lambda p: p[1])
    said = say(
        "experiment.alt.line", lang, name=name, y0=figure(y0), x0=figure(x0), y1=figure(y1), x1=figure(x1),
        low=figure(low[1]), at_low=figure(low[0]), high=figure(high[1]), at_high=figure(high[0]),
    )  # fmt: skip
    if not math.isfinite(points[-1][1]):
        at = next(x for x, y in points[points.index(finite[-1]) :] if not math.isfinite(y))
        said += say("experiment.alt.not_finite", lang, x=figure(at))
    return said.strip()


def _path(line: Line, lang: Language) -> str:
    if line.dots or len(line.x) < 2:
        return say("experiment.alt.dots", lang, name=line.name.in_(lang), count=len(line.x)).strip()
    named = {"x0": line.x[0], "y0": line.y[0], "x1": line.x[-1], "y1": line.y[-1]}
    ends: dict[str, Any] = {name: figure(value) for name, value in named.items()}
    return say("experiment.alt.path", lang, name=line.name.in_(lang), count=len(line.x), **ends).strip()


def _surface(surface: Surface, lang: Language) -> str:
    heights = [
        (z, x, y)
        for y, row in zip(surface.y, surface.z, strict=True)
        for x, z in zip(surface.x, row, strict=True)
        if math.isfinite(z)
    ]
    if not heights:
        return ""
    (low, x, y), high = min(heights), max(heights)[0]
    return say("experiment.alt.surface", lang, low=figure(low), x=figure(x), y=figure(y), high=figure(high))


def _heat(panel: Heat, lang: Language) -> str:
    cells = [
        (value, i, j)
        for i, row in enumerate(panel.values)
        for j, value in enumerate(row)
        if math.isfinite(value)
    ]
    sizes = {"rows": len(panel.values), "columns": len(panel.values[0])}
    said = say("experiment.alt.heat", lang, **sizes)
    if not cells:
        return said
    (low, *_), (high, i, j) = min(cells), max(cells, key=lambda cell: cell[0])
    row = panel.rows[i].in_(lang) if panel.rows else str(i + 1)
    column = panel.columns[j].in_(lang) if panel.columns else str(j + 1)
    extreme = say(
        "experiment.alt.heat_range", lang, low=figure(low), high=figure(high), row=row, column=column
    )
    return said + extreme


def _node(node: Node, lang: Language) -> str:
    gradient = "" if node.gradient is None else f" (∂L {figure(node.gradient)})"
    return f"{node.label.in_(lang)} {figure(node.value)}{gradient}"


def _bars(panel: Bars, i: int, lang: Language) -> str:
    group = panel.groups[i]
    ordered = sorted(
        zip(panel.labels, group.values, strict=True),
        key=lambda pair: -pair[1] if pair[1] == pair[1] else math.inf,
    )
    named = [f"{label.in_(lang)} {figure(value)}" for label, value in ordered[:6]]
    listed = say("experiment.alt.comma", lang).join(named)
    more = "" if len(ordered) <= 6 else "…"
    return f"{group.name.in_(lang)}{say('experiment.alt.colon', lang) if group.name.in_(lang) else ''}{listed}{more}"


def _points(lines: Sequence[Line], x: str, y: str, lang: Language) -> Grid:
    """A column a line where all have the same x, else the points of one line after another."""
    names = [line.name.in_(lang) or y for line in lines]
    if all(line.x == lines[0].x for line in lines):
        rows = [(figure(at), *(figure(line.y[i]) for line in lines)) for i, at in enumerate(lines[0].x)]
        return Grid((x, *names), tuple(_thinned(rows)))
    blocks = [
        (name, figure(a), figure(b))
        for name, line in zip(names, lines, strict=True)
        for a, b in _thinned(list(zip(line.x, line.y, strict=True)))
    ]
    return Grid(("", x, y), tuple(blocks))


def _matrix(values: Sequence[Sequence[float]], rows: list[str], columns: list[str]) -> Grid:
    kept = _thinned(list(range(len(columns))))
    body = [(name, *(figure(row[j]) for j in kept)) for name, row in zip(rows, values, strict=True)]
    return Grid(("", *(columns[j] for j in kept)), tuple(_thinned(body)))


def _thinned(rows: list[Any]) -> list[Any]:
    """Evenly chosen rows with the first and the last."""
    if len(rows) <= MOST_ROWS:
        return rows
    return [rows[round(i * (len(rows) - 1) / (MOST_ROWS - 1))] for i in range(MOST_ROWS)]
