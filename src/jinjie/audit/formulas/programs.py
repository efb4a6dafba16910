"""Equations that belong together as one program: steps of time taken off, earlier ones put into later ones."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from jinjie.audit.formulas.tree import Atom, Bound, Equation, Node, Reduce, rebuilt, size, walk

_STEP = re.compile(r"_(?P<letter>[tkni]|\\tau)(?P<shift>[+-]1)?$")
_PAREN = re.compile(r"_(?P<word>new|old|next|prev|新|旧|now|cur|current|previous)$")
LARGEST = 400
"""Nodes of a right side with all before put in; beyond, it is left as it stands."""
_fresh = itertools.count()


@dataclass(frozen=True)
class Line:
    """An equation of a program: the name on its left with its indices, and its right side."""

    name: str
    index: tuple[str, ...]
    right: Node
    source: Equation

    @property
    def recursive(self) -> bool:
        """Whether the left's old value stands on the right."""
        return any(isinstance(n, Atom) and n.name == self.name for n in walk(self.right))


def program(equations: Sequence[Equation]) -> list[Line]:
    """The equations with `t`, `t+1` and `t-1` taken off their symbols: `m_t = β m_{t-1}` is `m = β m`."""
    letter = _time(equations)
    lines = []
    for found in equations:
        target = found.target or Atom("")
        right = found.right if letter is None else _without_time(found.right, letter)
        right = rebuilt(right, lambda n: replace(n, name=_bare(n.name, letter)) if isinstance(n, Atom) else n)
        index = tuple(i for i in target.index if letter is None or not _is_time(i, letter))
        letters = tuple(i.name for i in index if isinstance(i, Atom))
        lines.append(Line(_bare(target.name, letter), letters, right, found))
    return lines


def _bare(name: str, letter: str | None) -> str:
    """The name without its step of time and without `new` and `old`."""
    name = _PAREN.sub("", name)
    if letter is not None and (found := _STEP.search(name)) and found["letter"] == letter:
        name = name[: found.start()]
    return name


def _time(equations: Iterable[Equation]) -> str | None:
    """The letter that counts steps: one symbol stands with `t` on the left and `t-1` on the right, or both shifted."""
    for equation in equations:
        target = equation.target
        for left in target.index if target is not None else ():
            names = [n.name for n in walk(left) if isinstance(n, Atom)]
            if len(names) != 1 or target is None:
                continue
            if names[0] == "t":
                return "t"
            same = [n for n in walk(equation.right) if isinstance(n, Atom) and n.name == target.name]
            bound = {b.name for n in walk(equation.right) if isinstance(n, Reduce) for b in n.over}
            shifted = [i for a in same for i in a.index if _is_time(i, names[0]) and i != left]
            if shifted and names[0] not in bound:
                return names[0]
    return None


def _is_time(node: Node, letter: str) -> bool:
    names = [n.name for n in walk(node) if isinstance(n, Atom)]
    return bool(names) and set(names) == {letter}


def _without_time(node: Node, letter: str) -> Node:
    if any(isinstance(n, Reduce) and any(b.name == letter for b in n.over) for n in walk(node)):
        return node

    def change(found: Node) -> Node:
        if isinstance(found, Atom) and found.index:
            return replace(found, index=tuple(i for i in found.index if not _is_time(i, letter)))
        return found

    return rebuilt(node, change)


def inlined(lines: Sequence[Line]) -> dict[str, Line]:
    """Each name's last value in terms of what stood before: assignments one after another, definitions wherever they
    stand.

    A line whose left side stands on its right as well is a step; any other is a definition, also for the lines
    before it.
    """
    defined = {line.name: line for line in lines if not line.recursive and line.name}
    values: dict[str, Line] = {}
    for line in lines:
        later = {name: d for name, d in defined.items() if name not in values and name != line.name}
        right = _put(_put(line.right, values), later)
        for _ in range(3):
            if not any(isinstance(n, Atom) and n.name in later for n in walk(right)):
                break
            right = _put(right, {**later, **values})
        values[line.name] = replace(line, right=right if size(right) <= LARGEST else line.right)
    return values


def _put(node: Node, values: Mapping[str, Line]) -> Node:
    def change(found: Node) -> Node:
        if not isinstance(found, Atom) or found.transposed or found.name not in values:
            return found
        line = values[found.name]
        if len(line.index) != len(found.index):
            return found
        return substituted(renewed(line.right), dict(zip(line.index, found.index, strict=True)))

    return rebuilt(node, change)


def renewed(node: Node) -> Node:
    """With letters of its own for what sums run over, so that none is taken for another's."""

    def change(found: Node) -> Node:
        if not isinstance(found, Reduce):
            return found
        new = {b.name: f"{b.name}~{next(_fresh)}" for b in found.over}
        body = substituted(found.body, {old: Atom(name) for old, name in new.items()})
        return Reduce(found.kind, body, tuple(Bound(new[b.name], b.low, b.high) for b in found.over))

    return rebuilt(node, change)


def substituted(node: Node, by: Mapping[str, Node]) -> Node:
    """With letters replaced, where they stand by themselves or as indices."""
    if not by:
        return node
    return rebuilt(
        node,
        lambda n: (
            by[n.name] if isinstance(n, Atom) and n.name in by and not n.index and not n.transposed else n
        ),
    )


def trimmed(line: Line) -> Line:
    """Without the places of indices at which a symbol always has the same letter of the left side: `X_{nf} w_f` for
    one n."""
    free = set(line.index)
    seen: dict[str, list[tuple[Node, ...]]] = {}
    for n in walk(line.right):
        if isinstance(n, Atom) and n.index:
            seen.setdefault(n.name, []).append(n.index)
    drop: dict[str, set[int]] = {}
    for name, several in seen.items():
        if len({len(i) for i in several}) > 1:
            continue
        for place in range(len(several[0])):
            first = several[0][place]
            if (
                not isinstance(first, Atom)
                or first.name not in free
                or any(i.count(first) > 1 for i in several)
            ):
                continue
            if all(i[place] == first for i in several):
                drop.setdefault(name, set()).add(place)

    def change(found: Node) -> Node:
        if isinstance(found, Atom) and found.name in drop:
            return replace(
                found, index=tuple(i for p, i in enumerate(found.index) if p not in drop[found.name])
            )
        return found

    return replace(line, right=rebuilt(line.right, change))
