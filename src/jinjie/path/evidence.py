"""Attempts of the log as evidence about concepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jinjie.course.content.library import Library
from jinjie.course.content.schema import Item
from jinjie.learner.attempt import Attempt

DAY_BEGINS = timedelta(hours=4)
"""A learner's day begins at four in the morning: who learns at midnight has not begun another day."""

NO_GUESS = 0.02
"""The chance to hit a free number or to pass an exercise blindly."""

BUILDING = 4
"""The difficulty of an exercise: one builds the thing."""

ASKED = ("quiz", "placement", "review")


@dataclass(frozen=True)
class Evidence:
    """That a learner did or did not something that takes a concept."""

    concept: str
    time: datetime
    """With the zone that the learner was in."""
    passed: bool
    difficulty: int
    """Of what was asked, from 1 to 5."""
    guess: float
    """The chance to be right without knowing."""
    kind: str
    slug: str
    """The quiz or the exercise."""
    item: str | None
    seed: int | None
    attempt: str
    """The event's id."""
    seconds: float | None = None
    hints: int = 0
    """How many hints were asked for before it."""
    said: bool = False
    """The learner's own word, which corrects what was concluded: no answer to anything."""


def day(moment: datetime) -> date:
    """The learner's day, in the zone of the moment."""
    return (moment - DAY_BEGINS).date()


def evidence(library: Library, events: Iterable[Attempt]) -> list[Evidence]:
    """What the events say, in the order of their times. What the course no longer has is passed over."""
    events = sorted(events, key=lambda event: (event.time, event.id))
    found = [*_answers(library, events), *_built(library, events), *_said(library, events)]
    return sorted(found, key=lambda one: (one.time, one.attempt, one.concept))


def guess(item: Item) -> float:
    """The chance to answer an item rightly without knowing."""
    return 1 / len(item.choices) if item.choices else NO_GUESS


def _answers(library: Library, events: list[Attempt]) -> Iterator[Evidence]:
    items = {(slug, item.id): item for slug, quiz in library.quizzes.items() for item in quiz.entry.items}
    last: dict[tuple[str, str, int | None], datetime] = {}
    for event in events:
        item = items.get((event.slug, event.item or ""))
        if (
            event.kind not in ASKED
            or event.passed is None
            or item is None
            or item.concept not in library.concepts
        ):
            continue
        variant = (event.slug, item.id, event.seed)
        before = last.get(variant)
        last[variant] = event.time
        if before is not None and event.time - before < timedelta(days=1):
            continue  # its explanation was on the screen
        unknown = bool(event.detail.get("unknown"))
        yield Evidence(
            item.concept, event.time, event.passed and not unknown, item.difficulty,
            0.0 if unknown else guess(item), event.kind, event.slug, item.id, event.seed, event.id, event.seconds,
        )  # fmt: skip


def _built(library: Library, events: list[Attempt]) -> Iterator[Evidence]:
    """One verdict for an exercise and day: the last, with the hints that were asked for until then."""
    hints: dict[str, int] = {}
    verdicts: dict[tuple[str, date], tuple[Attempt, int]] = {}
    for event in events:
        if event.kind != "exercise" or event.slug not in library.exercises:
            continue
        if event.passed is None:
            hints[event.slug] = hints.get(event.slug, 0) + 1
            continue
        key = (event.slug, day(event.time))
        if key not in verdicts or not verdicts[key][0].passed:
            verdicts[key] = (event, hints.get(event.slug, 0))
    for (slug, _), (event, asked) in verdicts.items():
        for concept in library.exercises[slug].entry.concepts:
            if concept in library.concepts:
                yield Evidence(
                    concept, event.time, bool(event.passed), BUILDING, NO_GUESS, event.kind, slug,
                    None, event.seed, event.id, event.seconds, asked,
                )  # fmt: skip


def _said(library: Library, events: list[Attempt]) -> Iterator[Evidence]:
    for event in events:
        said = event.detail.get("said")
        if event.kind == "placement" and said in ("known", "unknown") and event.slug in library.concepts:
            yield Evidence(
                event.slug, event.time, said == "known", 3, NO_GUESS, event.kind, event.slug, None, None, event.id,
                said=True,
            )  # fmt: skip
