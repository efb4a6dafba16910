"""Which formula of the course a printed one is: by its numbers, by what it is called, by its letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from jinjie.audit.formulas.comparing import Match, Side, matched, weight
from jinjie.audit.formulas.mutating import mutations
from jinjie.audit.formulas.naming import Said, alike, likeness
from jinjie.audit.formulas.programs import inlined
from jinjie.audit.formulas.references import Known, forms, known
from jinjie.audit.formulas.tree import Reduce, walk
from jinjie.base.words import Text

LOSSES = ("foundations.losses", "foundations.linear_regression", "foundations.logistic_regression",
    "foundations.imbalance",
          "networks.regularization", "language.contrastive", "compression.distillation",
              "transformers.bert", "transformers.gpt",
          "language.preference", "foundations.focal_loss", "vision.pooling",
              "networks.normalization", "autograd.chain_rule")  # fmt: skip
"""Subjects whose formulas may be printed with another constant factor: a mean for a sum, a half for a square."""
_NO_FACTOR = (
    "rms-norm",
    "layer-norm",
    "batch-norm",
    "class-weights",
    "label-smoothing",
    "logistic-regression",
    "linear-model",
)


_ANY = ("f()", "g()", "h()", "y", "a", "z", "L", "J()", "L()", "\\ell", "J", "F()", "loss", '"Loss', '"loss')
"""Left sides that may be anything's."""


@dataclass(frozen=True)
class Option:
    """One side of the course that a printed side is equal to."""

    known: Known
    match: Match
    named: float
    likeness: float
    last: bool = False
    """Whether it is the formula named last before the printed one."""
    changed: Text | None = None
    """Where it is equal only after a slip was made in the course's: which."""

    @property
    def id(self) -> str:
        return self.known.form.formula.id

    @property
    def right(self) -> bool:
        return self.known.form.right and self.changed is None

    @property
    def score(self) -> float:
        """The more, the likelier that this is what was meant."""
        less = {"same": 0.0, "epsilon": 0.1, "order": 0.3, "factor": 0.6}[self.match.how]
        return (
            self.named
            + 0.3 * self.last
            + 2 * self.likeness
            + 0.2 * self.known.whole
            - less
            + 0.1 * (self.known.form.latex is not None)
        )


class Catalog:
    """The formulas that an article is held against, found by their numbers."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.by_key: dict[str, list[Known]] = defaultdict(list)
        self.without_epsilon: dict[str, list[Known]] = defaultdict(list)
        self.by_ratio: dict[str, list[Known]] = defaultdict(list)
        for id_ in ids:
            for one in known(id_):
                self.by_key[one.side.key].append(one)
                self.without_epsilon[
                    one.side.without_epsilon.key if one.side.has_epsilon else one.side.key
                ].append(one)
                if one.form.formula.subject in LOSSES and id_ not in _NO_FACTOR:
                    self.by_ratio[one.side.ratio].append(one)


def options(side: Side, said: Said, catalog: Catalog) -> list[Option]:
    """All that the side is equal to, likeliest first."""
    if side.mark is None:
        return []
    found: list[Option] = []
    seen: set[int] = set()

    def tried(several: list[Known], printed: Side, how: str) -> None:
        for one in several:
            if id(one) in seen:
                continue
            other = one.side.without_epsilon if how == "epsilon" else one.side
            match = matched(printed, other, ratio=how == "factor")
            if match is None:
                continue
            seen.add(id(one))
            if how == "epsilon" and match.how == "same":
                match = replace(match, how="epsilon")
            found.append(_option(one, match, side, said))

    tried(catalog.by_key.get(side.key, []), side, "same")
    bare = side.without_epsilon if side.has_epsilon else side
    if bare.key:
        tried(catalog.without_epsilon.get(bare.key, []), bare, "epsilon")
    if side.ratio:
        tried(catalog.by_ratio.get(side.ratio, []), side, "factor")
    return sorted(found, key=lambda o: -o.score)


def _option(one: Known, match: Match, side: Side, said: Said, changed: Text | None = None) -> Option:
    letters = dict(match.letters)
    alikeness = likeness(letters)
    if one.side.line.name and side.line.name and not one.side.own:
        left = max(alike(side.line.name, one.side.line.name), 0.7 if side.line.name in _ANY else 0.0)
        alikeness = (3 * alikeness + left) / 4
    return Option(
        one,
        match,
        said.weights.get(one.form.formula.id, 0.0),
        alikeness,
        one.form.formula.id == said.last,
        changed,
    )


def slips(side: Side, said: Said, least: float = 2.5, programs: bool = False) -> list[Option]:
    """The named formulas' sides that the printed one is equal to after one slip, likeliest first; with `programs`
    also those with a slip in an earlier line."""
    wanted = [i for i, w in sorted(said.weights.items(), key=lambda p: -p[1]) if w >= least]
    if said.last in wanted:
        wanted = [said.last, *(i for i in wanted if i != said.last)]
    bare = side.without_epsilon if side.has_epsilon else None
    found: list[Option] = []
    for id_ in wanted[:5]:
        for one in (*_changed(id_), *(_wholes(id_) if programs else ())):
            found += _equal(one, side, bare, said)
    return sorted(found, key=lambda o: -o.score)


@dataclass(frozen=True)
class Changed:
    """A side of the course after a slip."""

    known: Known
    change: Text


@cache
def _changed(id_: str) -> tuple[Changed, ...]:
    """Every side of a formula's right forms with every slip."""
    made: list[Changed] = []
    for one in known(id_):
        if not one.form.right:
            continue
        if len(one.side.atoms) > 9 or not 2 < weight(one.side) <= 120 or _deep(one.side) > 2:
            continue
        for change, node in mutations(one.side.node):
            line = replace(one.side.line, right=node)
            made.append(Changed(Known(one.form, Side(line, bare=True), one.whole), change))
    return tuple(made)


def _deep(side: Side) -> int:
    """How many indices are summed over: each makes working out three times as long."""
    return sum(len(n.over) for n in walk(side.node) if isinstance(n, Reduce))


def _equal(one: Changed, side: Side, bare: Side | None, said: Said) -> Iterator[Option]:
    for printed, other in ((side, one.known.side), (bare, one.known.side.without_epsilon if bare else None)):
        if printed is None or other is None or printed.mark is None or other.mark is None:
            continue
        if abs(printed.mark - other.mark) > 1e-8 * abs(printed.mark) or printed.key != other.key:
            continue
        match = matched(printed, other)
        if match is not None and match.how == "same":
            yield _option(one.known, match, side, said, one.change)
            return


@cache
def _wholes(id_: str) -> tuple[Changed, ...]:
    """A formula's programs with a slip in one line, all lines put into one another."""
    made: list[Changed] = []
    for form in forms(id_):
        if not form.right or not 1 < len(form.lines) <= 6:
            continue
        for at, line in enumerate(form.lines[:-1]):
            for change, node in mutations(line.right):
                lines = (*form.lines[:at], replace(line, right=node), *form.lines[at + 1 :])
                last = inlined(lines).get(form.lines[-1].name)
                if last is not None:
                    made.append(Changed(Known(form, Side(last), True), change))
    return tuple(made)
