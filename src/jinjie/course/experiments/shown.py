"""What an experiment shows, as plain values: curves, heat maps, planes, bars, graphs, tables, numbers and words.

    def show(rate: float, steps: int) -> Shown:
        ...
        loss = Line(Text("loss", "损失"), range(steps), losses)
        return Shown(Curves([loss], x_label=Text("step", "步"), log_y=True), Numbers([Value("θ", theta)]))

Whatever a reader sees is a `Text` in both languages, or a plain string where both have the same one (a token, θ).
Numbers may come as lists or arrays; the types of the fields are what they become. What is not finite stays what it
is, since a curve that diverged is a result.
Importing this loads neither NumPy nor a drawing library, so that a sandbox is quick to have it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeAlias

from jinjie.base.words import Text
from jinjie.course.experiments.values import (
    MOST_NUMBERS,
    NotShown,
    at_most,
    came,
    interval,
    label,
    labels_of,
    matrix,
    numbers,
    rows_of,
    sequence,
    table_cell,
    whole,
)

MOST_PANELS = 12
MOST_PARTS = 24
"""Lines, marks or groups in one panel."""

Figures: TypeAlias = tuple[float, ...]
Cell: TypeAlias = "Text | float | int | bool"
NONE = Text("", "")


class Part:
    """What all parts of a `Shown` have: plain values out, and the same part from them."""

    kind: ClassVar[str] = ""

    def plain(self) -> dict[str, Any]:
        """As JSON holds it; `nan`, `inf` and `-inf` are strings there."""
        made = {"kind": self.kind} if self.kind else {}
        return made | {field.name: _plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Line(Part):
    """Points joined in order; `dots` shows the points alone, `faint` draws it thin, `colour` from 1 to 8."""

    name: Text
    x: Figures
    y: Figures
    faint: bool = False
    dots: bool = False
    colour: int | None = None

    def __post_init__(self) -> None:
        x, y = numbers(self.x, "x"), numbers(self.y, "y")
        if len(x) != len(y):
            raise NotShown("experiment.uneven", what="x, y", sizes=f"{len(x)}, {len(y)}")
        colour = None if self.colour is None else whole(self.colour, "colour", 1, 8)
        self._set(name=label(self.name), x=x, y=y, faint=bool(self.faint), dots=bool(self.dots))
        self._set(colour=colour)


@dataclass(frozen=True)
class Mark(Part):
    """A point of a chart that is named."""

    x: float
    y: float
    text: Text

    def __post_init__(self) -> None:
        x, y = numbers([self.x, self.y], "x, y")
        self._set(x=x, y=y, text=label(self.text))


@dataclass(frozen=True)
class Curves(Part):
    """Lines over one pair of axes. A log axis leaves out what is not above zero."""

    kind = "curves"
    lines: tuple[Line, ...]
    title: Text = NONE
    x_label: Text = NONE
    y_label: Text = NONE
    log_x: bool = False
    log_y: bool = False
    marks: tuple[Mark, ...] = ()
    y_range: tuple[float, float] | None = None
    """The y from and to of the view, where what lies outside would hide the rest."""

    def __post_init__(self) -> None:
        lines, marks = _parts(self.lines, Line, "lines"), _parts(self.marks, Mark, "marks")
        if not lines:
            raise NotShown("experiment.empty", what="lines")
        self._set(lines=lines, marks=marks, y_range=interval(self.y_range, "y_range"), **_labels(self))
        self._set(log_x=bool(self.log_x), log_y=bool(self.log_y))


@dataclass(frozen=True)
class Heat(Part):
    """A matrix as shades, (rows, columns). `signed` shows above and below zero in two colours."""

    kind = "heat"
    values: tuple[Figures, ...]
    rows: tuple[Text, ...] = ()
    columns: tuple[Text, ...] = ()
    title: Text = NONE
    x_label: Text = NONE
    y_label: Text = NONE
    signed: bool = False
    limit: float | None = None
    """The size that is darkest; the largest of the values when None."""

    def __post_init__(self) -> None:
        values = matrix(self.values, "values")
        rows = labels_of(self.rows, "rows", len(values))
        columns = labels_of(self.columns, "columns", len(values[0]))
        limit = self.limit
        if limit is not None:
            (limit,) = numbers([limit], "limit")
            if not 0 < limit < math.inf:
                raise NotShown("experiment.not_positive", what="limit", came=limit)
        self._set(values=values, rows=rows, columns=columns, signed=bool(self.signed), limit=limit)
        self._set(**_labels(self))


@dataclass(frozen=True)
class Surface(Part):
    """Heights over a plane, drawn as contour lines: `z` is (len(y), len(x))."""

    x: Figures
    y: Figures
    z: tuple[Figures, ...]

    def __post_init__(self) -> None:
        x, y, z = numbers(self.x, "x"), numbers(self.y, "y"), matrix(self.z, "z")
        if (len(z), len(z[0])) != (len(y), len(x)) or min(len(x), len(y)) < 2:
            raise NotShown("experiment.uneven", what="z", sizes=f"{len(z)}×{len(z[0])}, {len(y)}×{len(x)}")
        if not all(a < b for axis in (x, y) for a, b in zip(axis, axis[1:], strict=False)):
            raise NotShown("experiment.not_rising", what="x, y")
        self._set(x=x, y=y, z=z)


@dataclass(frozen=True)
class Plane(Part):
    """Points, lines and paths on a plane, over the contours of a surface where one is given."""

    kind = "plane"
    lines: tuple[Line, ...] = ()
    """`dots` for points; a path has its points marked when it is the only one or short."""
    surface: Surface | None = None
    title: Text = NONE
    x_label: Text = NONE
    y_label: Text = NONE
    marks: tuple[Mark, ...] = ()
    square: bool = False
    """Whether a unit is as long on both axes."""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        lines, marks = _parts(self.lines, Line, "lines"), _parts(self.marks, Mark, "marks")
        surface = self.surface
        if surface is not None:
            (surface,) = _parts([surface], Surface, "surface")
        if not lines and surface is None:
            raise NotShown("experiment.empty", what="lines, surface")
        self._set(lines=lines, marks=marks, surface=surface, square=bool(self.square), **_labels(self))
        self._set(x_range=interval(self.x_range, "x_range"), y_range=interval(self.y_range, "y_range"))


@dataclass(frozen=True)
class Group(Part):
    """One set of bars, a value for each label of its panel."""

    name: Text
    values: Figures

    def __post_init__(self) -> None:
        self._set(name=label(self.name), values=numbers(self.values, "values"))


@dataclass(frozen=True)
class Bars(Part):
    """Bars side by side: probabilities of tokens, counts of classes."""

    kind = "bars"
    labels: tuple[Text, ...]
    groups: tuple[Group, ...]
    title: Text = NONE
    x_label: Text = NONE
    y_label: Text = NONE
    y_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        groups = _parts(self.groups, Group, "groups")
        names = labels_of(self.labels, "labels", None)
        if not groups or not names:
            raise NotShown("experiment.empty", what="labels, groups")
        if odd := next((g for g in groups if len(tuple(g.values)) != len(names)), None):
            sizes = f"{len(tuple(odd.values))}, {len(names)}"
            raise NotShown("experiment.uneven", what="values, labels", sizes=sizes)
        self._set(labels=names, groups=groups, y_range=interval(self.y_range, "y_range"), **_labels(self))


@dataclass(frozen=True)
class Table(Part):
    """Rows under named columns."""

    kind = "table"
    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: Text = NONE

    def __post_init__(self) -> None:
        columns = labels_of(self.columns, "columns", None)
        if not columns:
            raise NotShown("experiment.empty", what="columns")
        rows = tuple(tuple(table_cell(cell) for cell in sequence(row, "rows")) for row in rows_of(self.rows))
        if odd := next((row for row in rows if len(row) != len(columns)), None):
            raise NotShown("experiment.uneven", what="rows, columns", sizes=f"{len(odd)}, {len(columns)}")
        self._set(columns=columns, rows=rows, title=label(self.title))


@dataclass(frozen=True)
class Node(Part):
    """One value of a computation, with the gradient of the result with respect to it where there is one."""

    label: Text
    value: float
    gradient: float | None = None
    role: str = "operation"
    """`leaf` for what learns, `constant` for what does not, `operation`, or `result`: they have their own borders."""

    def __post_init__(self) -> None:
        (value,) = numbers([self.value], "value")
        gradient = None if self.gradient is None else numbers([self.gradient], "gradient")[0]
        if self.role not in ("leaf", "constant", "operation", "result"):
            raise NotShown(
                "experiment.no_panel", came=came(self.role), names="leaf, constant, operation, result"
            )
        self._set(label=label(self.label), value=value, gradient=gradient)


@dataclass(frozen=True)
class Graph(Part):
    """A computational graph: values in the order of their making, and edges (from, to) by their places from 0."""

    kind = "graph"
    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    title: Text = NONE

    def __post_init__(self) -> None:
        nodes = _parts(self.nodes, Node, "nodes")
        if not nodes:
            raise NotShown("experiment.empty", what="nodes")
        edges = tuple(tuple(sequence(edge, "edges")) for edge in rows_of(self.edges, "edges"))
        if odd := next((edge for edge in edges if len(edge) != 2), None):
            raise NotShown("experiment.uneven", what="edges", sizes=f"{len(odd)}, 2")
        for start, end in edges:
            whole(end, "edges", 1, len(nodes) - 1)
            whole(start, "edges", 0, end - 1)
        self._set(nodes=nodes, edges=edges, title=label(self.title))


@dataclass(frozen=True)
class Value(Part):
    """One number with its name and unit, shown with `digits` significant figures."""

    name: Text
    value: float
    unit: Text = NONE
    digits: int = 4

    def __post_init__(self) -> None:
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int):  # a whole number stays one, however large
            (value,) = numbers([value], "value")
        elif abs(value) >= 10**300:
            raise NotShown("experiment.not_numbers", what="value", came="10^300")
        self._set(name=label(self.name), value=value, unit=label(self.unit))
        self._set(digits=whole(self.digits, "digits", 1, 12))


@dataclass(frozen=True)
class Numbers(Part):
    """Named numbers."""

    kind = "numbers"
    values: tuple[Value, ...]
    title: Text = NONE

    def __post_init__(self) -> None:
        self._set(values=_parts(self.values, Value, "values"), title=label(self.title))
        if not self.values:
            raise NotShown("experiment.empty", what="values")


@dataclass(frozen=True)
class Words(Part):
    """A paragraph."""

    kind = "words"
    text: Text
    title: Text = NONE

    def __post_init__(self) -> None:
        self._set(text=label(self.text), title=label(self.title))


Panel: TypeAlias = "Curves | Heat | Plane | Bars | Graph | Table | Numbers | Words"
_PANELS: dict[str, type[Any]] = {c.kind: c for c in (Curves, Heat, Plane, Bars, Graph, Table, Numbers, Words)}
_INSIDE: dict[str, type[Any]] = {
    "lines": Line,
    "marks": Mark,
    "surface": Surface,
    "groups": Group,
    "nodes": Node,
}


class Shown:
    """The panels that an experiment shows, in their order. Raises NotShown for what cannot be."""

    def __init__(self, *panels: Panel) -> None:
        if not panels:
            raise NotShown("experiment.empty", what="panels")
        if odd := next((panel for panel in panels if type(panel) not in _PANELS.values()), None):
            raise NotShown("experiment.no_panel", came=type(odd).__name__, names=", ".join(_PANELS))
        at_most(len(panels), MOST_PANELS, "panels")
        self.panels = panels
        at_most(sum(_count(panel) for panel in panels), MOST_NUMBERS, "panels")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and self.plain() == other.plain()

    def __hash__(self) -> int:
        return hash(repr(self.plain()))

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"panels": [panel.plain() for panel in self.panels]}

    @classmethod
    def of(cls, plain: Any) -> Shown:
        """The same from plain values. Raises NotShown: they may come out of a sandbox, and are checked as any."""
        if not isinstance(plain, Mapping) or not isinstance(plain.get("panels"), list):
            raise NotShown("experiment.no_shown", came=type(plain).__name__)
        return cls(*(_panel(part) for part in plain["panels"]))


def _panel(plain: Any) -> Any:
    kind = plain.get("kind") if isinstance(plain, Mapping) else None
    if not isinstance(kind, str) or kind not in _PANELS:
        raise NotShown("experiment.no_panel", came=str(kind)[:40], names=", ".join(_PANELS))
    return _made(_PANELS[kind], plain)


def _made(part: type[Any], plain: Any) -> Any:
    """A part from plain values, with the parts that it holds."""
    if not isinstance(plain, Mapping):
        raise NotShown("experiment.no_panel", came=type(plain).__name__, names=part.__name__)
    values = {name: value for name, value in plain.items() if name != "kind"}
    if unknown := set(values) - {field.name for field in fields(part)}:
        raise NotShown("experiment.no_panel", came=str(min(unknown))[:40], names=part.__name__)
    for name in values.keys() & _INSIDE.keys():
        values[name] = _inner(_INSIDE[name], values[name])
    if part is Numbers and "values" in values:
        values["values"] = _inner(Value, values["values"])
    try:
        return part(**values)
    except TypeError as error:
        raise NotShown("experiment.no_panel", came=str(error)[:80], names=part.__name__) from None


def _inner(part: type[Any], value: Any) -> Any:
    if isinstance(value, list):
        return [_made(part, one) for one in value]
    return None if value is None else _made(part, value)


def _labels(part: Any) -> dict[str, Text]:
    return {name: label(getattr(part, name)) for name in ("title", "x_label", "y_label")}


def _parts(values: Any, part: type[Any], what: str) -> tuple[Any, ...]:
    if isinstance(values, part):
        values = (values,)
    parts = tuple(sequence(values, what))
    if odd := next((one for one in parts if not isinstance(one, part)), None):
        raise NotShown("experiment.no_panel", came=type(odd).__name__, names=part.__name__)
    at_most(len(parts), MOST_PARTS, what)
    return parts


def _count(panel: Any) -> int:
    """How many numbers a panel holds."""
    if isinstance(panel, int | float):
        return 1
    if isinstance(panel, tuple):
        return sum(_count(part) for part in panel)
    if isinstance(panel, Part):
        return sum(_count(value) for value in vars(panel).values())
    return 0


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value.both()
    if isinstance(value, Part):
        return value.plain()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return value
