"""What comes up again and when: fsrs over concepts, replayed from the log.

A card is a concept. All time in here is the learner's own days: fsrs is told days and no hours, so that an evening
after a morning, a change of the clocks or a flight are never more or less than the days between them.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import NO_GUESS, Evidence, day, evidence

if TYPE_CHECKING:
    from fsrs import Card as Memory
    from fsrs import Rating, Scheduler

SESSION = 20
"""Answers of one session of reviews, and of all that reviews ask for on a day before other things."""

RETENTION = 0.9
"""The chance to recall at which a card is due (fsrs' own default)."""

QUICK = 0.5
"""A right answer in less than this share of the usual time was easy."""

USUAL_FROM = 5
"""Right answers of a kind before there is a usual time."""


@dataclass(frozen=True)
class Card:
    """A concept that was learned and can be forgotten."""

    concept: str
    due: date
    """The learner's day from which it is asked."""
    last: date
    """The day it was last asked or built."""
    stability: float
    """Days until the chance to recall it has fallen to 90 %."""
    difficulty: float
    """From 1 to 10, as fsrs sees it."""
    answers: int
    lapses: int
    """How often it was wrong after it had begun."""

    @property
    def interval(self) -> int:
        """Days from the last time to the next."""
        return (self.due - self.last).days

    def recall(self, on: date) -> float:
        """The chance to recall it on a day, from 0 to 1."""
        return recall(self.stability, (on - self.last).days)


def due(library: Library, events: Iterable[Attempt], now: datetime) -> list[Card]:
    """The cards that are due on the learner's day of `now`, what is nearest to being forgotten first."""
    today = day(now)
    found = [card for card in cards(library, events).values() if card.due <= today]
    return sorted(found, key=lambda card: card.recall(today))


def cards(library: Library, events: Iterable[Attempt]) -> dict[str, Card]:
    """Every concept that has begun, in the order in which they did.

    A card begins with an answer in a quiz or a review, a right one in a placement or an exercise that passed: what was
    never learned cannot be forgotten. Only what a question can ask about has one.
    """
    asked = {item.concept for quiz in library.quizzes.values() for item in quiz.entry.items}
    memories: dict[str, Memory] = {}
    answers: dict[str, int] = {}
    lapses: dict[str, int] = {}
    for one, rating in graded(evidence(library, events)):
        if one.concept not in asked:
            continue
        before = memories.get(one.concept)
        if before is None and one.kind == "placement" and not one.passed:
            continue
        memories[one.concept] = remembered(before, rating, day(one.time))
        answers[one.concept] = answers.get(one.concept, 0) + 1
        lapses[one.concept] = lapses.get(one.concept, 0) + (before is not None and not one.passed)
    made: dict[str, Card] = {}
    for slug, memory in memories.items():
        assert memory.last_review is not None and memory.stability is not None
        assert memory.difficulty is not None
        made[slug] = Card(
            slug, memory.due.date(), memory.last_review.date(), memory.stability, memory.difficulty,
            answers[slug], lapses[slug],
        )  # fmt: skip
    return made


def graded(evidences: Iterable[Evidence]) -> Iterator[tuple[Evidence, Rating]]:
    """Each piece of evidence that is a recall, and how well it went.

    The learner's own word is none. Nor is an exercise that does not pass and never did: it is being learned.
    """
    from fsrs import Rating

    times: dict[str, list[float]] = {}
    passed: set[tuple[str, str]] = set()
    for one in evidences:
        if one.said:
            continue
        if one.item is None and not one.passed and (one.slug, one.concept) not in passed:
            continue
        if one.item is None and one.passed:
            passed.add((one.slug, one.concept))
        usual = times.setdefault("number" if one.guess == NO_GUESS else "choices", [])
        quick = one.item is not None and one.seconds is not None and _quick(one.seconds, usual)
        if one.item is not None and one.passed and one.seconds:
            insort(usual, one.seconds)
        if not one.passed:
            yield one, Rating.Again
        elif one.hints:
            yield one, Rating.Hard
        else:
            yield one, Rating.Easy if quick else Rating.Good


def _quick(seconds: float, usual: list[float]) -> bool:
    """Whether it took clearly less than the middle of the right answers before."""
    return len(usual) >= USUAL_FROM and 0 < seconds < QUICK * usual[len(usual) // 2]


def remembered(memory: Memory | None, rating: Rating, on: date) -> Memory:
    """A card after it was asked on a day of the learner's. A day before its last counts as the last."""
    from fsrs import Card as Memory

    memory = memory or Memory(card_id=1)
    if memory.last_review is not None:
        on = max(on, memory.last_review.date())
    return scheduler().review_card(memory, rating, datetime.combine(on, time(), UTC))[0]


def recall(stability: float, days: int) -> float:
    """The chance to recall what has this stability, days after it was last recalled."""
    from fsrs import Card as Memory

    last = datetime(2000, 1, 1, tzinfo=UTC)
    memory = Memory(card_id=1, stability=stability, last_review=last)
    return float(scheduler().get_card_retrievability(memory, last + timedelta(days=max(days, 0))))


@cache
def scheduler() -> Scheduler:
    """fsrs with its published parameters, in whole days and without chance: the same log is the same dates."""
    from fsrs import Scheduler

    return Scheduler(
        desired_retention=RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False
    )


def scheduled_by() -> dict[str, Any]:
    """What goes with a review into the log: the algorithm and its version."""
    from importlib.metadata import version

    return {"name": "fsrs", "version": version("fsrs")}


def reviewed_as(event: Attempt) -> Attempt:
    """An answered question as the answer of a review, with the scheduler that judges it."""
    return replace(event, kind="review", detail={**event.detail, "scheduler": scheduled_by()})


def replayed(events: Iterable[Attempt]) -> list[str]:
    """The schedulers of the log's reviews that are not today's: their dates are computed anew by today's."""
    mine = scheduled_by()
    found = {
        f"{said.get('name')} {said.get('version')}"
        for event in events
        if event.kind == "review" and isinstance(said := event.detail.get("scheduler"), dict) and said != mine
    }
    return sorted(found)


def reviewed(events: Iterable[Attempt], now: datetime) -> int:
    """How many review answers there are on the learner's day of `now`."""
    today = day(now)
    return sum(event.kind == "review" and day(event.time) == today for event in events)
