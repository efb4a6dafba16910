r"""LaTeX as articles print it, read into equations.

What cannot be read is left out: `equations` gives what it could read, and counts what it could not. A symbol
followed by brackets is a call where it is written as one (`\operatorname`, `\text`, known names, f, J, σ, …), and a
product else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from jinjie.audit.formulas.grammar import CLOSING, RELATIONS, Unread
from jinjie.audit.formulas.indices import settled
from jinjie.audit.formulas.parser import Parser
from jinjie.audit.formulas.tokens import cleaned, rows, tokens
from jinjie.audit.formulas.tree import Atom, Equation, Node, Op

__all__ = ["Read", "equations", "expression"]


_DAMAGED = (Unread, ValueError, IndexError, KeyError, AssertionError, RecursionError)
"""What reading damaged LaTeX may raise: all the same, it is not read."""


@dataclass(frozen=True)
class Read:
    """What was read of one formula."""

    equations: tuple[Equation, ...]
    unread: int
    """Pieces with an equals sign that could not be read."""


def equations(latex: str) -> Read:
    """The equations of a formula, in their order; of a chain `a = b = c` both `a = b` and `a = c`."""
    made: list[Equation] = []
    unread = 0
    parts: list[list[str]] = []
    target: list[str] | None = None
    for line, piece in rows(cleaned(latex)):
        try:
            parts = _split(tokens(piece))
        except _DAMAGED:
            unread += 1
            continue
        if len(parts) < 2:
            continue
        if parts[0]:
            target = parts[0]
        if target is None:
            continue
        for right in parts[1:]:
            try:
                made.append(_equation(target, right, piece.strip(), line))
            except _DAMAGED:
                unread += 1
    if not made and not unread and "=" not in latex and len(parts) == 1:
        try:
            made.append(_equation([], parts[0], latex.strip(), 0))
        except _DAMAGED:
            unread += 1
    return Read(tuple(made), unread)


def expression(latex: str) -> Node | None:
    """One side by itself; None where it cannot be read."""
    try:
        return settled(Parser(tokens(cleaned(latex))).whole(), set())
    except _DAMAGED:
        return None


def _split(found: list[str]) -> list[list[str]]:
    """The sides of a piece, cut at its relations; only those outside all brackets count."""
    sides: list[list[str]] = [[]]
    depth = 0
    at = 0
    while at < len(found):
        token = found[at]
        if token in CLOSING or token == "\\begin":
            depth += 1
        elif token in CLOSING.values() or token == "\\end":
            depth -= 1
        if depth <= 0 and token in RELATIONS:
            sides.append([])
        elif depth <= 0 and token == ":" and found[at + 1 : at + 2] == ["="]:
            pass
        else:
            sides[-1].append(token)
        at += 1
    return [_stripped(side) for side in sides]


def _stripped(side: list[str]) -> list[str]:
    """Without punctuation and words at the end."""
    side = list(side)
    while side and (
        side[-1] in (",", ".", ";", ":", "。", "\\\\", "\\")
        or (side[-1][0] == '"' and len(side) > 1 and side[-2] in (",", ";"))
    ):
        side.pop()
    while side and side[0] in (",", ";"):
        side.pop(0)
    return side


def _equation(left: list[str], right: list[str], latex: str, line: int) -> Equation:
    said = " ".join(t.removeprefix('"') for t in left)
    body = Parser(_without_condition(right)).whole()
    target: Atom | None = None
    try:
        node = Parser(left, defining=True).whole()
        if isinstance(node, Atom):
            target = node
        elif isinstance(node, Op) and node.kind not in ("+", "*", "^"):
            target = Atom(node.kind, subs=Parser(left).free_scripts(left))
        elif isinstance(node, Op) and node.kind == "*" and isinstance(node.args[0], Atom):
            target = Atom("".join(a.name for a in node.args if isinstance(a, Atom)))
        elif isinstance(node, Op) and node.kind == "^" and isinstance(node.args[0], Atom):
            target = replace(node.args[0], name=node.args[0].name + "²")
    except _DAMAGED:
        target = Atom(said) if left else None
    known = {letter for sub in (target.subs if target else ()) for letter in _letters(sub)}
    return Equation(scripts_of(target, known) if target else None, settled(body, known), said, latex, line)


def scripts_of(target: Atom, known: set[str]) -> Atom:
    """The left side's symbol, with its subscripts as indices."""
    node = settled(target, known)
    return node if isinstance(node, Atom) else target


def _letters(sub: Node | str) -> list[str]:
    if isinstance(sub, str):
        return []
    if isinstance(sub, Atom):
        return [sub.name] if re.fullmatch(r"[a-z]|\\ell", sub.name) else []
    return [name for arg in getattr(sub, "args", ()) for name in _letters(arg)]


def _without_condition(right: list[str]) -> list[str]:
    r"""Without what stands behind a comma outside brackets: `x = y, i = 1, \dots, n`."""
    depth = 0
    for at, token in enumerate(right):
        if token in CLOSING or token == "\\begin":
            depth += 1
        elif token in CLOSING.values() or token == "\\end":
            depth -= 1
        elif depth == 0 and token in (",", ";") and at:
            return right[:at]
    return right
