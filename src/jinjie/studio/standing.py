"""Where the learner stands, worked out once for a log and a day: pages ask for it far oftener than it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from jinjie.course.content.library import Library
from jinjie.learner.attempts import Attempt, count, iterate
from jinjie.learner.store import open_store
from jinjie.learner.troubles import StoreError
from jinjie.path.asking import Questions, of_library
from jinjie.path.evidence import Evidence, day, evidence
from jinjie.path.following import Step, following
from jinjie.path.graph import Graph
from jinjie.path.known import Known, judged
from jinjie.path.mastery import Belief, belief
from jinjie.path.review import Card, cards


@dataclass(frozen=True)
class Standing:
    """The log, and what follows from it when it is asked for."""

    library: Library
    events: list[Attempt]
    now: datetime
    trouble: str = ""
    """Why the log could not be read; it is then as one that is empty."""

    @cached_property
    def graph(self) -> Graph:
        return Graph.of(self.library)

    @cached_property
    def beliefs(self) -> dict[str, Belief]:
        return belief(self.library, self.graph, self.events, self.now)

    @cached_property
    def known(self) -> Known:
        return judged(self.library, self.graph, self.events, self.now)

    @cached_property
    def step(self) -> Step:
        """The one best thing now."""
        return following(self.library, self.events, self.now, self.known)

    @cached_property
    def evidence(self) -> dict[str, list[Evidence]]:
        """What was seen of each concept, in the order of its times."""
        made: dict[str, list[Evidence]] = {}
        for one in evidence(self.library, self.events):
            made.setdefault(one.concept, []).append(one)
        return made

    @cached_property
    def cards(self) -> dict[str, Card]:
        """What has begun and can be forgotten."""
        return cards(self.library, self.events)

    @cached_property
    def due(self) -> list[Card]:
        """The cards that are due today, what is nearest to being forgotten first."""
        today = day(self.now)
        return sorted(
            (card for card in self.cards.values() if card.due <= today), key=lambda card: card.recall(today)
        )


_last: tuple[tuple[Any, ...], Standing] | None = None
_asked: tuple[Library, Questions] | None = None


def standing(library: Library) -> Standing:
    """The learner's, anew where the log, the day or the course is another.

    A log only grows, so its number of events tells whether it is the same.
    """
    global _last
    now = datetime.now().astimezone()
    try:
        with open_store() as store:
            of = (store.place, store.owner().id, count(store), day(now))
            if _last is None or _last[1].library is not library or _last[0] != of:
                _last = of, Standing(library, list(iterate(store)), now)
            return _last[1]
    except StoreError as error:
        return Standing(library, [], now, str(error))


def questions(library: Library) -> Questions:
    """The index of the course's questions, read once."""
    global _asked
    if _asked is None or _asked[0] is not library:
        _asked = library, of_library(library)
    return _asked[1]
