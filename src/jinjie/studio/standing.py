"""Where the learner stands, worked out once for a log and a day: pages ask for it far oftener than it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from jinjie.base.paths import runs_home
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import count, iterate
from jinjie.learner.store import Store, open_store
from jinjie.learner.troubles import StoreError
from jinjie.path import career, planning
from jinjie.path.asking import Questions, of_library
from jinjie.path.career import Gap
from jinjie.path.evidence import Evidence, day, evidence
from jinjie.path.following import Step, following
from jinjie.path.goals import Goal
from jinjie.path.graph import Graph
from jinjie.path.known import Known, judged
from jinjie.path.mastery import Belief, belief
from jinjie.path.moved import Moved
from jinjie.path.plan import Plan
from jinjie.path.planning import Asked
from jinjie.path.review import Card, cards

T = TypeVar("T")
KEPT = 128
"""Plans, and gaps, that are kept; a learner looks at a few."""


@dataclass(frozen=True)
class Standing:
    """The log, and what follows from it when it is asked for."""

    library: Library
    events: list[Attempt]
    now: datetime
    trouble: str = ""
    """Why the log could not be read; it is then as one that is empty."""
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

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
        return following(self.library, self.events, self.now, self.known, len(self.due))

    def plan(self, goal: Goal, asked: Asked) -> Plan:
        """The weeks towards a goal."""
        return self.once(
            ("plan", goal.name, asked),
            lambda: planning.made(
                self.library, self.graph, goal, self.events, self.now, asked, self.beliefs, self.known
            ),
        )

    def gap(self, role: str, hours: float) -> Gap:
        """What lies between the learner and a role, with so many hours a week. Raises NotFound."""
        today = day(self.now)
        return self.once(
            ("gap", role, hours),
            lambda: career.gap(
                self.library, self.graph, role, self.beliefs, self.events, hours, today, known=self.known
            ),
        )

    def since(self, goal: Goal, asked: Asked, saved: Attempt) -> Moved | None:
        """How the plan of a goal that was saved has moved since then."""
        today = day(self.now)
        return self.once(
            ("since", goal.name, asked, saved.id),
            lambda: planning.since(
                self.library, self.graph, goal, self.events, saved, self.plan(goal, asked), today
            ),
        )

    def once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What is asked for by many at once is worked out by one of them, and the newest are kept."""
        with self._lock:
            if key not in self._kept:
                made = make()
                if len(self._kept) >= KEPT:
                    self._kept.clear()
                self._kept[key] = made
            found: T = self._kept[key]
            return found

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
_lock = threading.Lock()


def standing(library: Library) -> Standing:
    """The learner's, anew where the log, the day, the course or what was trained is another.

    A log only grows, so its number of events tells whether it is the same.
    """
    global _last
    now = datetime.now().astimezone()
    try:
        with open_store() as store:
            of = (store.place, store.owner().id, count(store), day(now), _trained())
            with _lock:  # of a class's browsers one works it out, and the others wait for it
                if _last is None or _last[1].library is not library or _last[0] != of:
                    _last = of, Standing(library, _events(store, of), now)
                return _last[1]
    except StoreError as error:
        return Standing(library, [], now, str(error))


def _events(store: Store, of: tuple[Any, ...]) -> list[Attempt]:
    """The log in the order of its times. What was read of it before is not read again, since it is never changed."""
    if _last is not None and _last[0][:2] == of[:2]:
        before = _last[1].events
        after = max((event.seq or 0 for event in before), default=0)
        new = list(iterate(store, after=after))
        if len(before) + len(new) == of[2]:
            return sorted([*before, *new], key=lambda event: (event.time, event.id))
    return list(iterate(store))


def _trained() -> frozenset[str]:
    """The runs that have a model: a system counts as built by one of them."""
    try:
        return frozenset(run.name for run in runs_home().iterdir() if (run / "model").is_dir())
    except OSError:
        return frozenset()


def questions(library: Library) -> Questions:
    """The index of the course's questions, read once."""
    global _asked
    if _asked is None or _asked[0] is not library:
        _asked = library, of_library(library)
    return _asked[1]
