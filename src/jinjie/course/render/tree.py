"""What a lesson's text is made of: one tree that HTML, the terminal and the notebook are written from.

Every block and every part that may be wrong knows its line in the file, counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from jinjie.course.content.finding import Finding

BoxKind = Literal["idea", "mistake", "try", "deeper"]
BOXES = {
    "idea": "lesson.box.idea",
    "mistake": "lesson.box.mistake",
    "try": "lesson.box.try",
    "deeper": "lesson.box.deeper",
}
"""How the boxes are called."""
LiveKind = Literal["experiment", "exercise", "quiz"]
LinkKind = Literal["lesson", "concept", "formula", "resource", "recipe", "web", "here"]
"""What a link leads to: an entry of the course by its slug, an address, or a heading of this text."""
Align = Literal["left", "center", "right"] | None


# In the line


@dataclass(frozen=True)
class Plain:
    """Characters."""

    text: str


@dataclass(frozen=True)
class Emphasis:
    parts: tuple[Inline, ...]


@dataclass(frozen=True)
class Strong:
    parts: tuple[Inline, ...]


@dataclass(frozen=True)
class CodeSpan:
    text: str


@dataclass(frozen=True)
class Mathematics:
    """`$x$`."""

    latex: str
    line: int


@dataclass(frozen=True)
class Link:
    kind: LinkKind
    target: str
    """A slug, or the whole address."""
    parts: tuple[Inline, ...]
    line: int


@dataclass(frozen=True)
class Picture:
    """A picture file that lies beside the text."""

    file: str
    alt: str
    line: int


@dataclass(frozen=True)
class Break:
    """The end of a line that was asked for."""


Inline = Plain | Emphasis | Strong | CodeSpan | Mathematics | Link | Picture | Break


# Blocks


@dataclass(frozen=True)
class Heading:
    level: int
    """2 … 6; a lesson's title is no part of its text."""
    parts: tuple[Inline, ...]
    id: str
    """Its number, `section-2-1`: the same in both languages, so that a reader keeps the place when they change it."""
    line: int


@dataclass(frozen=True)
class Paragraph:
    parts: tuple[Inline, ...]
    line: int


@dataclass(frozen=True)
class Items:
    """A list; each item is a list of blocks."""

    items: tuple[tuple[Block, ...], ...]
    first: int | None
    """The number of the first, None where they are not numbered."""
    tight: bool
    line: int


@dataclass(frozen=True)
class Quotation:
    blocks: tuple[Block, ...]
    line: int


@dataclass(frozen=True)
class Cells:
    """A table: its head, its rows, and how each column is aligned."""

    head: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]
    align: tuple[Align, ...]
    line: int


@dataclass(frozen=True)
class Rule:
    line: int


@dataclass(frozen=True)
class Box:
    """`:::idea TITLE` … `:::`."""

    kind: BoxKind
    title: tuple[Inline, ...]
    """Empty where the kind's own name is title enough."""
    blocks: tuple[Block, ...]
    line: int


@dataclass(frozen=True)
class Output:
    """What a fence printed when it was written."""

    text: str
    line: int
    rtol: float = 0.01


@dataclass(frozen=True)
class Python:
    """Code that runs, in one namespace a lesson."""

    source: str
    output: Output | None
    line: int


@dataclass(frozen=True)
class Commands:
    """Commands of `jinjie`, and lines of what they print."""

    text: str
    line: int


@dataclass(frozen=True)
class Verbatim:
    """Text that is shown as it is."""

    text: str
    line: int


@dataclass(frozen=True)
class Formulas:
    """Formulas of the registry, each with the line of its id."""

    ids: tuple[tuple[str, int], ...]
    line: int


@dataclass(frozen=True)
class Figure:
    """What an experiment draws at these knobs."""

    experiment: str
    knobs: dict[str, Any]
    alt: str
    caption: tuple[Inline, ...]
    line: int
    lines: dict[str, int] = field(default_factory=dict, compare=False)
    """The lines of its parts: `experiment`, `knobs.rate`."""


@dataclass(frozen=True)
class Live:
    """An experiment, an exercise or the quiz, at its place in the text."""

    kind: LiveKind
    slug: str
    """Empty for the lesson's own quiz."""
    line: int


Block = (
    Heading
    | Paragraph
    | Items
    | Quotation
    | Cells
    | Rule
    | Box
    | Python
    | Commands
    | Verbatim
    | Formulas
    | Figure
    | Live
)
Node = Block | Inline | Output


@dataclass(frozen=True)
class Tree:
    """A text that was read. `findings` is what is wrong with it; the rest of it is there."""

    blocks: tuple[Block, ...]
    file: Path
    findings: tuple[Finding, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Every node in the order of the text."""
        for block in self.blocks:
            yield from walk(block)

    def headings(self) -> list[Heading]:
        return [node for node in self.walk() if isinstance(node, Heading)]

    def for_json(self) -> list[Any]:
        return [_json(block) for block in self.blocks]


def walk(node: Any) -> Iterator[Node]:
    """A node and everything within it."""
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part)
    elif hasattr(node, "__dataclass_fields__"):
        yield node
        for one in fields(node):
            if isinstance(value := getattr(node, one.name), tuple) or isinstance(value, Output):
                yield from walk(value)


def said(parts: tuple[Inline, ...]) -> str:
    """Inline parts as plain characters, formulas in theirs."""
    text = ""
    for part in parts:
        match part:
            case Plain(words) | CodeSpan(words):
                text += words
            case Emphasis(inner) | Strong(inner):
                text += said(inner)
            case Link():
                text += said(part.parts)
            case Mathematics():
                from jinjie.course.render.mathematics import as_plain

                text += as_plain(part.latex)
            case Picture():
                text += part.alt
            case Break():
                text += " "
    return text


def _json(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_json(part) for part in value]
    if hasattr(value, "__dataclass_fields__"):
        named = {one.name: _json(getattr(value, one.name)) for one in fields(value) if one.name != "lines"}
        kind = named.pop("kind", None)
        return {"node": type(value).__name__.lower(), **({"kind": kind} if kind else {}), **named}
    return value
