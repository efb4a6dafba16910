"""Belief about each concept, now, from everything that the log holds.

What was asked about a concept gives a distribution of ability in it (`ability`), and tells of other concepts by what
learners know together (`states`). Both work on arrays, and are imported where there is evidence: who has just come is
not to wait for NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import Evidence, evidence
from jinjie.path.goals import BUILD, USE
from jinjie.path.graph import Graph
from jinjie.path.shares import shares

if TYPE_CHECKING:
    from jinjie.path.ability import Course

MASTERED = 0.95
"""P at which a concept counts as mastered."""

EXPLAINED = 0.8
"""P at which one can explain it."""

LEAST, MOST, UNDER = 0.03, 0.7, 0.85
"""Bounds of what other concepts may tell about one: never that it is mastered; that it can be explained only where
something that stands on it was done (`UNDER`)."""

CERTAIN = 20.0
"""The most that one concept's evidence counts for others, as a likelihood ratio."""


@dataclass(frozen=True)
class Belief:
    """What is believed of one concept now."""

    concept: str
    p: float
    """The probability that it is mastered."""
    prior: float
    """The same before what was asked about it: from other concepts, or the learner's own word."""
    answers: int
    """Pieces of evidence about it."""
    last: datetime | None
    built: bool
    """Whether an exercise of it was passed, or it has none."""
    why: tuple[str, ...] = ()
    """The attempts that moved it most, the strongest first."""


def belief(library: Library, graph: Graph, events: Iterable[Attempt], now: datetime) -> dict[str, Belief]:
    """The belief about every concept of the graph at `now`, in its order."""
    return from_evidence(library, graph, evidence(library, events), now)


def from_evidence(
    library: Library, graph: Graph, found: Sequence[Evidence], now: datetime, fresh: bool = False
) -> dict[str, Belief]:
    """The same from evidence; what comes after `now` is not yet known.

    `fresh` leaves out the forgetting since each concept was last asked: what reviews are there for.
    """
    by_concept = _by_concept(graph, found, now)
    courses = _courses(by_concept)
    told = _told(courses, now)
    priors = shares(graph, told)
    under = {need for concept, ratio in told.items() if ratio > 1 for need in graph.needs[concept]}
    has_exercise = {slug for one in library.exercises.values() for slug in one.entry.concepts}
    prior = {}
    for concept in graph.concepts:
        most = UNDER if concept in under or graph.concepts[concept].prior else MOST
        prior[concept] = min(max(priors[concept], LEAST), most)
        if concept in courses:
            prior[concept] = courses[concept].word or prior[concept]
    p = prior | _asked(courses, prior, now, fresh)
    made = {}
    for concept in graph.concepts:
        seen = by_concept.get(concept, [])
        made[concept] = Belief(
            concept,
            p[concept],
            prior[concept],
            sum(not one.said for one in seen),
            seen[-1].time if seen else None,
            concept not in has_exercise or any(one.passed and one.kind == "exercise" for one in seen),
            _strongest(seen) if seen else (),
        )
    return made


def met(belief: Belief, depth: int) -> bool:
    """Whether a concept is known at a depth: 1 can explain it, 2 can use it, 3 can build it."""
    if depth < USE:
        return belief.p >= EXPLAINED
    return belief.p >= MASTERED and (depth < BUILD or belief.built)


# What it tells of others


def ratios(graph: Graph, found: Sequence[Evidence], now: datetime) -> dict[str, float]:
    """For each concept with evidence, how many times likelier that is if the concept is known: for `States`."""
    return _told(_courses(_by_concept(graph, found, now)), now)


def _by_concept(graph: Graph, found: Sequence[Evidence], now: datetime) -> dict[str, list[Evidence]]:
    """The evidence until `now` about each concept of the graph."""
    made: dict[str, list[Evidence]] = {}
    for one in found:
        if one.time <= now and one.concept in graph.place:
            made.setdefault(one.concept, []).append(one)
    return made


def _courses(by_concept: Mapping[str, Sequence[Evidence]]) -> dict[str, Course]:
    if not by_concept:
        return {}
    from jinjie.path.ability import course

    return {concept: course(seen) for concept, seen in by_concept.items()}


def _asked(
    courses: Mapping[str, Course], before: Mapping[str, float], now: datetime, fresh: bool = False
) -> dict[str, float]:
    """P of each concept that was asked about, from what was believed of it `before`."""
    if not courses:
        return {}
    from jinjie.path.ability import above, curves

    found = curves(list(courses.values()), [before[one] for one in courses], now, fresh)
    return dict(zip(courses, map(above, found), strict=True))


def _told(courses: Mapping[str, Course], now: datetime) -> dict[str, float]:
    """How many times likelier each one's evidence is if it is known, as far as others may count on it."""
    even = {concept: 0.5 if one.word is None else one.word for concept, one in courses.items()}
    found = _asked(courses, even, now).items()
    return {concept: min(max(p / max(1 - p, 1e-9), 1 / CERTAIN), CERTAIN) for concept, p in found}


def _strongest(seen: Sequence[Evidence]) -> tuple[str, ...]:
    from jinjie.path.ability import strongest

    return strongest(seen)
