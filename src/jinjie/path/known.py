"""Whether a concept is known well enough to go on: one judgement for what is next, for plans and for gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import evidence
from jinjie.path.goals import BUILD, EXPLAIN
from jinjie.path.graph import Graph

if TYPE_CHECKING:
    from jinjie.path.mastery import Belief

Known = Callable[[str, int], bool]
"""Whether a concept is known at a depth."""


def believed(beliefs: Mapping[str, Belief]) -> Known:
    """What is known where belief alone decides; of what there is no belief about, nothing is."""
    from jinjie.path.mastery import met

    return lambda concept, depth: concept in beliefs and met(beliefs[concept], depth)


def judged(library: Library, graph: Graph, events: list[Attempt], now: datetime) -> Known:
    """What the learner knows: what they are believed to, or can explain or have read about and last did rightly.

    Belief is taken as it was when a concept was last asked about: against forgetting there are reviews. And a concept
    whose questions are easy may never be believed to be mastered: who knows something of it and answered rightly goes
    on.
    """
    found = evidence(library, events)
    # That one says to know something is no answer yet; that one does not takes the last answer back.
    last = {one.concept: one.passed for one in found if not (one.said and one.passed)}
    finished = {event.slug for event in events if event.kind == "lesson" and event.passed}
    beliefs: dict[str, Belief] = {}

    def known(concept: str, depth: int) -> bool:
        from jinjie.path.mastery import from_evidence, met

        if not beliefs:
            beliefs.update(from_evidence(library, graph, found, now, fresh=True))
        if concept not in beliefs:
            return False
        belief = beliefs[concept]
        right = last.get(concept) and (graph.lessons.get(concept) in finished or met(belief, EXPLAIN))
        return met(belief, depth) or bool(right and (depth < BUILD or belief.built))

    return known
