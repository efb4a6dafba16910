"""Whether two right sides are the same formula with other letters.

Each is worked out with all its symbols worth the same: formulas that are equal but for their letters give the same
number then. Then each symbol in turn is worth something else: symbols that play the same part give the same numbers.
What is left of the assignments is tried with drawn values. So letters are never needed to find a formula, only to
choose among several.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from jinjie.audit.formulas.evaluating import Setting, Unvalued, dimensions, drawn, work_out
from jinjie.audit.formulas.programs import Line, trimmed
from jinjie.audit.formulas.tree import Atom, Node, Num, Op, Reduce, names, rebuilt, size, walk

TOLERANCE = 1e-9
"""Relative; two values nearer than this are the same."""
SEEDS = ((11, 3, False), (12, 4, False), (13, 3, False), (14, 3, True), (15, 3, True), (16, 3, True), (17, 3, False),
         (18, 3, False), (19, 4, False))  # fmt: skip
"""Seed, size of every dimension, and whether values have signs."""
_COMMON = (0.6137, 0.4391)
_EPSILON = re.compile(r"^(\\(var)?epsilon|eps|ε)(_.*)?$")
_COUNT = re.compile(r"^([mnNMBKCDTS]|\\\|B\|)$")
FIXED = frozenset({'"TP', '"FP', '"FN', '"TN', "TP", "FP", "FN", "TN", "TP_k", "FP_k", "FN_k"})
"""Symbols that mean the same everywhere: another may not stand for them."""
How = Literal["same", "epsilon", "factor", "order"]


@dataclass(frozen=True)
class Side:
    """A right side with what comparing needs of it, each worked out once."""

    line: Line
    bare: bool = False
    """Whether the line is trimmed already."""

    @cached_property
    def node(self) -> Node:
        return self.line.right if self.bare else trimmed(self.line).right

    @cached_property
    def sizes(self) -> frozenset[str]:
        found = dimensions(self.node)
        if any(isinstance(n, Reduce) for n in walk(self.node)):  # 1/m before a sum to n
            atoms = [n for n in walk(self.node) if isinstance(n, Atom)]
            found |= {
                a.name
                for a in atoms
                if _COUNT.match(a.name) and not any(b.name == a.name and b.index for b in atoms)
            }
        return found

    @cached_property
    def own(self) -> str | None:
        """The name of the left side where it stands on the right as well."""
        return self.line.name if self.line.recursive else None

    @cached_property
    def atoms(self) -> list[str]:
        bound = {b.name for r in walk(self.node) if isinstance(r, Reduce) for b in r.over}
        return [
            n for n in names(self.node) if n not in bound and n not in self.sizes and n not in self.line.index
        ]

    @cached_property
    def without_epsilon(self) -> Side:
        """With ε worth nothing."""
        right = rebuilt(
            self.line.right,
            lambda n: Num(0.0) if isinstance(n, Atom) and _EPSILON.match(n.name) and not n.index else n,
        )
        return Side(replace(self.line, right=right), self.bare)

    @cached_property
    def has_epsilon(self) -> bool:
        return any(_EPSILON.match(a) for a in self.atoms)

    def worth(self, at: float, of: Mapping[str, float] | None = None) -> complex:
        """With every symbol worth `at`, those of `of` something else. Raises Unvalued."""
        special = of or {}
        indices = {name: 5.0 + place for place, name in enumerate(self.line.index)}

        def value(name: str, index: tuple[float, ...]) -> complex:
            apart = (
                0.03 * self.atoms.index(name) if self.__dict__.get("apart") and name in self.atoms else 0.0
            )
            return complex(
                (special.get(name, at) + apart) * (1 + 0.1 * math.sin(1.7 * sum(index)) if index else 1)
            )

        return work_out(self.node, Setting(value, 3, self.sizes, indices))

    @cached_property
    def mark(self) -> complex | None:
        """What it is worth with all symbols worth the same; where that is nothing, as of `(x - a)/(b - a)`, with
        each a little more than the one before it. None where that has no value either."""
        for apart in (False, True):
            self.__dict__["apart"] = apart
            try:
                return self.worth(_COMMON[0])
            except Unvalued:
                continue
        return None

    @cached_property
    def marks(self) -> tuple[complex, complex] | None:
        """The mark, and the like with another number."""
        if self.mark is None:
            return None
        try:
            return self.mark, self.worth(_COMMON[1])
        except Unvalued:
            return None

    @cached_property
    def key(self) -> str:
        """The mark in nine digits, to find equals by; empty where there is none."""
        return _rounded(self.mark) if self.mark is not None else ""

    @cached_property
    def ratio(self) -> str:
        """The same for formulas that differ by a constant factor."""
        if not self.marks or self.marks[0] == 0:
            return ""
        return _rounded(self.marks[1] / self.marks[0])

    @cached_property
    def parts(self) -> dict[str, complex]:
        """Each symbol with the value when it alone is worth something else, in proportion."""
        assert self.mark is not None
        found: dict[str, complex] = {}
        for name in self.atoms:
            try:
                worth = self.worth(_COMMON[0], {name: 0.3174})
            except Unvalued:
                worth = complex(9e9)
            found[name] = worth / (self.mark or 1)
        return found

    def drawn(
        self, seed: int, size_: int, signed: bool, called: Mapping[str, str], any_order: bool = False
    ) -> complex:
        """With drawn values; `called` gives each symbol the name whose value it has. Raises Unvalued."""
        value = drawn(seed, signed)
        indices = {name: 5.0 + place for place, name in enumerate(self.line.index)}

        def of(name: str, index: tuple[float, ...]) -> complex:
            return value(called.get(name, name), tuple(sorted(index)) if any_order else index)

        return work_out(self.node, Setting(of, size_, self.sizes, indices))


def _rounded(value: complex) -> str:
    return f"{value.real:.8e}|{value.imag:.6e}" if abs(value.imag) > 1e-9 else f"{value.real:.8e}"


@dataclass(frozen=True)
class Match:
    """Two sides that are the same formula: how, and which symbol stands for which."""

    how: How
    letters: Mapping[str, str]
    """From the printed symbols to those of the course."""
    factor: complex = 1.0


def matched(printed: Side, known: Side, ratio: bool = False) -> Match | None:
    """The assignment of symbols that makes the two equal, None where there is none."""
    if printed.mark is None or known.mark is None or (known.own is not None and printed.own is None):
        return None
    if printed.line.name.endswith("²") != known.line.name.endswith("²") and known.line.name:
        return None
    if ratio and printed.ratio == known.ratio:
        return _assigned(printed, known, factor=True)
    if printed.key == known.key:
        return _assigned(printed, known, factor=False)
    return None


def _assigned(printed: Side, known: Side, factor: bool) -> Match | None:
    if len(printed.atoms) != len(known.atoms):
        return None
    for letters in itertools.islice(assignments(printed, known), 240):
        for any_order in (False, True):
            shares = _shares(printed, known, letters, any_order, factor)
            if shares is None:
                continue
            if all(abs(s - 1) < TOLERANCE * 100 for _, s in shares):
                return Match("order" if any_order else "same", letters)
            if factor and _constant(shares):
                return Match("factor", letters, shares[0][1])
    return None


def _constant(shares: list[tuple[int, complex]]) -> bool:
    """One positive factor for each size: it may hold the number of examples."""
    small = all(abs(s.imag) < 1e-9 and 0.004 < s.real < 300 for _, s in shares)
    alike = [s for n, s in shares if n == 3]
    return small and len(alike) >= 2 and all(abs(s - alike[0]) < 1e-8 * abs(alike[0]) for s in alike)


def assignments(printed: Side, known: Side) -> Iterator[dict[str, str]]:
    """Symbols of the one for those of the other that play the same part; equal letters first."""
    options: list[list[str]] = []
    for name in printed.atoms:
        part = printed.parts[name]
        fits = [k for k in known.atoms if abs(known.parts[k] - part) <= 1e-7 * max(1, abs(part))]
        if name in FIXED or any(k in FIXED for k in fits):
            fits = [k for k in fits if k.strip('"').removesuffix("_k") == name.strip('"').removesuffix("_k")]
        if not fits:
            return
        options.append(sorted(fits, key=lambda k: k != name))
    if (
        printed.own is not None
        and known.own is not None
        and printed.own in printed.atoms
        and known.own in known.atoms
    ):
        options[printed.atoms.index(printed.own)] = [known.own]

    def rest(at: int, taken: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if at == len(options):
            yield taken
            return
        for option in options[at]:
            if option not in taken:
                yield from rest(at + 1, (*taken, option))

    for chosen in rest(0, ()):
        yield dict(zip(printed.atoms, chosen, strict=True))


def _shares(
    printed: Side, known: Side, letters: Mapping[str, str], any_order: bool, factor: bool
) -> list[tuple[int, complex]] | None:
    """The quotients of the two for each draw; None where there are too few values, or some agree and others do not."""
    found: list[tuple[int, complex]] = []
    smooth = any(
        isinstance(n, Op) and (n.kind in ("log", "log2") or (n.kind == "^" and not isinstance(n.args[1], Num)))
        or (isinstance(n, Op) and n.kind == "^" and isinstance(n.args[1], Num) and n.args[1].value % 1)
        for n in walk(known.node)
    )  # fmt: skip
    for seed, size_, signed in SEEDS:
        if (signed and smooth) or (len(found) >= 3 and seed > 16):
            continue
        try:
            left = printed.drawn(seed, size_, signed, letters, any_order)
            right = known.drawn(seed, size_, signed, {}, any_order)
        except Unvalued:
            continue
        if abs(left) < 1e-12 and abs(right) < 1e-12:
            found.append((size_, 1.0 + 0j))
        elif abs(right) < 1e-12:
            return None
        else:
            found.append((size_, left / right))
            if not factor and abs(left / right - 1) > TOLERANCE * 100:
                return None
    return found if len(found) >= 2 else None


def weight(side: Side) -> int:
    """How much a match says: the size of the tree."""
    return size(side.node)
