"""The placement test: which question tells most now, when to stop, what was concluded and why.

A round is at most twelve answers; it can be broken off and goes on from the log. Each question is the one that is
expected to leave the least doubt about all that the goal needs (the summed variance over the states of `states.py`),
so that a right answer to something advanced saves the questions about what it stands on, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Item, Quiz
from jinjie.course.quizzes import Variant
from jinjie.learner.attempt import Attempt
from jinjie.path.ability import rightly
from jinjie.path.evidence import Evidence, evidence, guess
from jinjie.path.graph import Graph
from jinjie.path.mastery import Belief, from_evidence, ratios
from jinjie.path.states import States, states
from jinjie.path.variants import unseen

QUESTIONS = 12
ENOUGH = 0.4
"""Standard deviation of the ability, in logits, below which no more is asked."""

NOTHING = 1e-3
"""Expected fall of the summed variance below which a question is not worth a minute."""

KNOWN, UNKNOWN = 2.0, -1.0
"""Ability in a concept that is, or is not, in a state."""

LIKELY, UNLIKELY = 0.8, 0.35
"""P at which a concept is shown as likely known, and below which as likely new."""

LOOKED_AT = 1000
"""States by which questions are compared; the conclusion takes all."""

MOVED = 0.05
"""A change of P that is worth a reason."""


@dataclass(frozen=True)
class Concluded:
    """What the round says of one concept."""

    concept: str
    before: float
    after: float
    """P without the round's answers, and with them."""
    why: tuple[Evidence, ...] = ()
    """The answers without which P would be another, the strongest first."""

    @property
    def verdict(self) -> Literal["known", "open", "new"]:
        return "known" if self.after >= LIKELY else "new" if self.after < UNLIKELY else "open"


@dataclass(frozen=True)
class Placement:
    """A round of a learner's placement, as the log has it."""

    library: Library
    graph: Graph
    wanted: tuple[str, ...]
    """The concepts that the goal needs."""
    events: tuple[Attempt, ...]
    number: int
    """The round's, from 1; its answers carry it in `detail.round`."""
    known: States = field(repr=False)

    @classmethod
    def of(
        cls,
        library: Library,
        graph: Graph,
        wanted: Iterable[str],
        events: Iterable[Attempt],
        again: bool = False,
    ) -> Placement:
        """The newest round of the log, or with `again` the one after it where that one has ended."""
        events = tuple(events)
        number = max((_round(event) for event in events), default=0) or 1
        found = cls(library, graph, tuple(wanted), events, number, states(graph))
        if again and found.question() is None and found.answers:
            return cls(library, graph, found.wanted, events, number + 1, found.known)
        return found

    @cached_property
    def answers(self) -> tuple[Evidence, ...]:
        """What was answered in this round."""
        mine = {event.id for event in self.events if _round(event) == self.number}
        return tuple(one for one in evidence(self.library, self.events) if one.attempt in mine)

    @cached_property
    def others(self) -> tuple[Evidence, ...]:
        """All other evidence that there was."""
        mine = {one.attempt for one in self.answers}
        return tuple(one for one in evidence(self.library, self.events) if one.attempt not in mine)

    def question(self) -> Variant | None:
        """The next question; None when enough is known, or nothing that is left to ask tells anything."""
        if len(self.answers) >= QUESTIONS:
            return None
        weights = self._weights()
        if len(self.answers) > 2 and self.doubt(weights) <= ENOUGH:
            return None
        asked = {(one.slug, one.item) for one in self.answers}
        items = [
            (quiz, item)
            for quiz in self.library.quizzes.values()
            for item in quiz.entry.items
            if item.concept in self.wanted and (quiz.slug, item.id) not in asked
        ]
        if not items:
            return None
        gains = falls(self.known, weights, [item for _, item in items], self.wanted)
        best = int(np.argmax(gains))
        if gains[best] < NOTHING:
            return None
        return self._variant(*items[best])

    def doubt(self, weights: NDArray[np.float64] | None = None) -> float:
        """Standard deviation of the learner's ability, in logits."""
        weights = self._weights() if weights is None else weights
        mean = float(weights @ self.known.ability)
        return float(np.sqrt(weights @ (self.known.ability - mean) ** 2))

    def attempt(self, variant: Variant, judged: Attempt) -> Attempt:
        """An answer to a question of this round, as it goes into the log."""
        from dataclasses import replace

        detail: dict[str, Any] = {**judged.detail, "round": self.number}
        return replace(judged, kind="placement", detail=detail)

    def with_(self, event: Attempt) -> Placement:
        """The round with one more answer."""
        return Placement(
            self.library, self.graph, self.wanted, (*self.events, event), self.number, self.known
        )

    def concluded(self, now: datetime) -> list[Concluded]:
        """What this round says of each wanted concept, in the order of the climb."""
        before = self._beliefs(self.others, now)
        after = self._beliefs((*self.others, *self.answers), now)
        without = {
            one: self._beliefs((*self.others, *(other for other in self.answers if other != one)), now)
            for one in self.answers
        }
        made = []
        for concept in self.wanted:
            p = after[concept].p
            moved = {one: abs(p - beliefs[concept].p) for one, beliefs in without.items()}
            strongest = sorted(moved, key=lambda one: -moved[one])
            why = [one for one in strongest if moved[one] >= MOVED][:3]
            if not why and abs(p - before[concept].p) >= MOVED:
                why = strongest[:1]  # several say the same, so that none alone is missed
            made.append(Concluded(concept, before[concept].p, p, tuple(why)))
        return made

    def _beliefs(self, found: Sequence[Evidence], now: datetime) -> dict[str, Belief]:
        ordered = sorted(found, key=lambda one: (one.time, one.attempt, one.concept))
        return from_evidence(self.library, self.graph, ordered, now)

    def _weights(self) -> NDArray[np.float64]:
        """What was known before and the round's answers, as weights of the states."""
        now = max((one.time for one in (*self.others, *self.answers)), default=None)
        weights = self.known.weights(ratios(self.graph, self.others, now) if now else {})
        for one in self.answers:
            weights = weights * chances(self.known, one.concept, one.difficulty, one.guess, one.passed)
            weights = weights / weights.sum()
        return weights

    def _variant(self, quiz: Written[Quiz], item: Item) -> Variant:
        seen = [
            event.seed
            for event in self.events
            if (event.slug, event.item) == (quiz.slug, item.id) and event.seed is not None
        ]
        return unseen(quiz, item, seen)


def chances(known: States, concept: str, difficulty: int, guess: float, passed: bool) -> NDArray[np.float64]:
    """(S,) how likely each state makes such an answer."""
    right, wrong = rightly(np.array([KNOWN, UNKNOWN]), difficulty, guess).tolist()
    chance = np.where(known.known[:, known.place(concept)], right, wrong)
    return np.asarray(chance if passed else 1 - chance)


def falls(
    known: States, weights: NDArray[np.float64], items: Sequence[Item], wanted: Sequence[str]
) -> NDArray[np.float64]:
    """For each item, by how much its answer is expected to lower the summed variance of the wanted concepts."""
    strongest = np.argsort(weights)[::-1][:LOOKED_AT]
    weights = weights[strongest] / weights[strongest].sum()
    columns = np.array([known.place(concept) for concept in wanted])
    held = known.known[strongest][:, columns].astype(np.float32)
    curves = np.stack(
        [chances(known, item.concept, item.difficulty, guess(item), True)[strongest] for item in items]
    )  # (items, states)
    right = (curves * weights).astype(np.float32)
    wrong = ((1 - curves) * weights).astype(np.float32)
    mean = weights.astype(np.float32) @ held
    left = np.zeros(len(items))
    for part in (right, wrong):
        total = part.sum(axis=1)
        share = (part @ held) / np.maximum(total, 1e-9)[:, None]
        left += total * (share * (1 - share)).sum(axis=1)
    return np.asarray(float((mean * (1 - mean)).sum()) - left)


def _round(event: Attempt) -> int:
    """The round that an answer belongs to; 0 for what is none."""
    number = event.detail.get("round")
    return number if event.kind == "placement" and isinstance(number, int) and number > 0 else 0
