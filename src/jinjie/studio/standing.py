"""Where the learner stands, worked out once for a log and a day: pages ask for it far oftener than it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinjie.course.content.library import Library
from jinjie.learner.attempts import Attempt, count, iterate
from jinjie.learner.store import open_store
from jinjie.learner.troubles import StoreError
from jinjie.path.asking import Questions, of_library
from jinjie.path.evidence import day
from jinjie.path.graph import Graph
from jinjie.path.known import Known, judged
from jinjie.path.mastery import Belief, belief


@dataclass(frozen=True)
class Standing:
    """The log and what follows from it."""

    events: list[Attempt]
    graph: Graph
    beliefs: dict[str, Belief]
    known: Known
    now: datetime
    trouble: str = ""
    """Why the log could not be read; it is then as one that is empty."""


_last: tuple[Library, tuple[Any, ...], Standing] | None = None
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
            if _last is None or _last[0] is not library or _last[1] != of:
                _last = library, of, _worked_out(library, list(iterate(store)), now)
            return _last[2]
    except StoreError as error:
        return _worked_out(library, [], now, str(error))


def questions(library: Library) -> Questions:
    """The index of the course's questions, read once."""
    global _asked
    if _asked is None or _asked[0] is not library:
        _asked = library, of_library(library)
    return _asked[1]


def _worked_out(library: Library, events: list[Attempt], now: datetime, trouble: str = "") -> Standing:
    graph = Graph.of(library)
    beliefs = belief(library, graph, events, now)
    return Standing(events, graph, beliefs, judged(library, graph, events, now), now, trouble)
