"""A formula's right side as a small tree, read from LaTeX or from a canonical form of the registry.

There are numbers, atoms (whatever carries a value of its own: `x_i`, `\\hat m_t`, `\\nabla J(\\theta)`), operations,
reductions over indices, cases and comparisons. What a tree is worth is worked out in `evaluating`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property


@dataclass(frozen=True)
class Num:
    """A number."""

    value: float


@dataclass(frozen=True)
class Atom:
    """A symbol with a value of its own. `index` holds what it is indexed by; `subs` are scripts not yet known to be
    indices."""

    name: str
    index: tuple[Node, ...] = ()
    subs: tuple[Node | str, ...] = ()
    transposed: bool = False
    derivative: tuple[str, str] | None = None
    """Of `∂L/∂w`: what is derived, and by what."""


@dataclass(frozen=True)
class Op:
    """`+`, `*`, `^` or a function's name, with what it is applied to."""

    kind: str
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Bound:
    """One index of a reduction with the first and last value; None where none is printed."""

    name: str
    low: Node | None = None
    high: Node | None = None


@dataclass(frozen=True)
class Reduce:
    """`sum`, `prod`, `max`, `min` or `argmax` of a body over indices."""

    kind: str
    body: Node
    over: tuple[Bound, ...]

    @cached_property
    def plain(self) -> frozenset[str]:
        """The letters that stand in the body only as an index by themselves, never as a number."""
        inside = {id(i) for a in walk(self.body) if isinstance(a, Atom) for i in a.index}
        numbers = {n.name for n in walk(self.body) if isinstance(n, Atom) and id(n) not in inside}
        return frozenset(b.name for b in self.over if b.name not in numbers)


@dataclass(frozen=True)
class Compare:
    """`<`, `<=`, `>`, `>=`, `=` or `!=` of two sides; as a value it is 1 or 0."""

    kind: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Cases:
    """Values with the condition of each; the condition of the last may be None: otherwise."""

    parts: tuple[tuple[Node, Node | None], ...]


Node = Num | Atom | Op | Reduce | Compare | Cases


@dataclass(frozen=True)
class Equation:
    """`left = right`. `target` is the atom that stands on the left, None where the left is no single symbol."""

    target: Atom | None
    right: Node
    left: str
    """The left side as it is printed."""
    latex: str
    line: int = 0
    """Lines of the formula's LaTeX before it."""


def children(node: Node) -> tuple[Node, ...]:
    """What stands directly below."""
    match node:
        case Op(_, args):
            return args
        case Reduce(_, body, over):
            ends = tuple(e for b in over for e in (b.low, b.high) if e is not None)
            return (body, *ends)
        case Compare(_, left, right):
            return (left, right)
        case Cases(parts):
            return tuple(n for value, when in parts for n in (value, when) if n is not None)
        case Atom(index=index):
            return index
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, from above."""
    yield node
    for child in children(node):
        yield from walk(child)


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with `change` made to every node, from below."""
    match node:
        case Op(kind, args):
            node = Op(kind, tuple(rebuilt(a, change) for a in args))
        case Reduce(kind, body, over):
            ends = tuple(
                Bound(b.name, b.low and rebuilt(b.low, change), b.high and rebuilt(b.high, change))
                for b in over
            )
            node = Reduce(kind, rebuilt(body, change), ends)
        case Compare(kind, left, right):
            node = Compare(kind, rebuilt(left, change), rebuilt(right, change))
        case Cases(parts):
            node = Cases(tuple((rebuilt(v, change), when and rebuilt(when, change)) for v, when in parts))
        case Atom():
            node = replace(
                node,
                index=tuple(rebuilt(i, change) for i in node.index),
                subs=tuple(s if isinstance(s, str) else rebuilt(s, change) for s in node.subs),
            )
    return change(node)


def add(*args: Node) -> Node:
    """The sum, flat."""
    flat = [b for a in args for b in (a.args if isinstance(a, Op) and a.kind == "+" else (a,))]
    return flat[0] if len(flat) == 1 else Op("+", tuple(flat))


def times(*args: Node) -> Node:
    """The product, flat."""
    flat = [b for a in args for b in (a.args if isinstance(a, Op) and a.kind == "*" else (a,))]
    return flat[0] if len(flat) == 1 else Op("*", tuple(flat))


def minus(node: Node) -> Node:
    """The negative."""
    return Num(-node.value) if isinstance(node, Num) else times(Num(-1.0), node)


def over(top: Node, below: Node) -> Node:
    """The quotient."""
    return times(top, power(below, Num(-1.0)))


def power(base: Node, exponent: Node) -> Node:
    """`base` to the power of `exponent`; of a product with a plain number, factor by factor is not done."""
    return Op("^", (base, exponent))


def size(node: Node) -> int:
    """How many nodes there are: how much it takes to be equal by chance."""
    return sum(1 for _ in walk(node))


def names(node: Node) -> list[str]:
    """The names of all atoms in the order in which they stand, each once."""
    return list(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Atom)))
