"""Where a learner stands, read from the log: lessons, exercises, quizzes, and the days they learned on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import fsum

from jinjie.learner.attempt import Attempt

WEEKS = 12
"""Weeks of days that are shown."""


@dataclass(frozen=True)
class Lesson:
    """A lesson that was opened: when last, and whether it was ever finished."""

    slug: str
    finished: bool
    last: datetime


@dataclass(frozen=True)
class Exercise:
    """An exercise that was handed in: whether every part that was tried passed, and how many hand-ins that took."""

    slug: str
    tries: int
    solved: bool
    tries_to_solve: int | None
    last: datetime


@dataclass(frozen=True)
class Quiz:
    """A quiz: answers given and right, questions met and ever answered rightly."""

    slug: str
    answers: int
    right: int
    questions: int
    known: int
    last: datetime


@dataclass(frozen=True)
class Day:
    """A day of the learner's own, in the zone they were in: events, and the seconds that were noted with them."""

    day: date
    events: int
    seconds: float


@dataclass(frozen=True)
class Summary:
    """Where a learner stands. `days` are those of the last twelve weeks; `streak` is of days in a row until now."""

    events: int
    since: datetime | None
    seconds: float
    lessons: list[Lesson]
    exercises: list[Exercise]
    quizzes: list[Quiz]
    experiments: int
    runs: int
    days: list[Day]
    days_learned: int
    streak: int


@dataclass(frozen=True)
class Tally:
    """What there is of one thing: how often it was tried and passed, and when anything was first and last.

    Only what passed or failed is a try: to open a lesson or to ask for a hint is none.
    """

    tries: int
    passed: int
    tries_to_pass: int | None
    """How many tries the first pass took, itself counted; None where there is none."""
    first: datetime
    last: datetime


def summary(events: Sequence[Attempt], *, today: date | None = None) -> Summary:
    """The summary of a learner's events, in the order of their times, as of `today`, the last of its days."""
    today = today or datetime.now().astimezone().date()
    by_day = _by_day(events)
    start = today - timedelta(days=7 * (WEEKS - 1) + today.weekday())
    span = [start + timedelta(days=i) for i in range((today - start).days + 1)]
    kinds = Counter(event.kind for event in events)
    return Summary(
        len(events),
        events[0].time.astimezone(UTC) if events else None,
        fsum(event.seconds or 0.0 for event in events),
        _lessons(tallies(events, "lesson")),
        _exercises(tallies(events, "exercise")),
        _quizzes(tallies(events, "quiz")),
        kinds["experiment"],
        kinds["run"],
        [by_day.get(day) or Day(day, 0, 0.0) for day in span],
        len([day for day in by_day if day <= today]),
        _streak(set(by_day), today),
    )


def tallies(events: Iterable[Attempt], kind: str) -> dict[tuple[str, str | None], Tally]:
    """For every (slug, item) of a kind, its tally, in the order of first events; `events` in that of their times."""
    found: dict[tuple[str, str | None], list[Attempt]] = {}
    for event in events:
        if event.kind == kind:
            found.setdefault((event.slug, event.item), []).append(event)
    made = {thing: _tally(several) for thing, several in found.items()}
    return dict(sorted(made.items(), key=lambda one: (one[1].first, one[0][0], one[0][1] or "")))


def _tally(events: list[Attempt]) -> Tally:
    tries = [event.passed for event in events if event.passed is not None]
    return Tally(
        len(tries),
        sum(tries),
        tries.index(True) + 1 if True in tries else None,
        events[0].time.astimezone(UTC),
        events[-1].time.astimezone(UTC),
    )


def _lessons(tallies: dict[tuple[str, str | None], Tally]) -> list[Lesson]:
    found: dict[str, Lesson] = {}
    for (slug, _), tally in tallies.items():
        old = found.get(slug)
        finished = tally.passed > 0 or (old is not None and old.finished)
        found[slug] = Lesson(slug, finished, max(tally.last, old.last) if old else tally.last)
    return sorted(found.values(), key=lambda lesson: lesson.last, reverse=True)


def _exercises(tallies: dict[tuple[str, str | None], Tally]) -> list[Exercise]:
    parts: dict[str, list[Tally]] = {}
    for (slug, _), tally in tallies.items():
        if tally.tries:
            parts.setdefault(slug, []).append(tally)
    found = []
    for slug, several in parts.items():
        took = [part.tries_to_pass for part in several if part.tries_to_pass is not None]
        solved = len(took) == len(several)
        tries = sum(part.tries for part in several)
        last = max(part.last for part in several)
        found.append(Exercise(slug, tries, solved, sum(took) if solved else None, last))
    return sorted(found, key=lambda exercise: exercise.last, reverse=True)


def _quizzes(tallies: dict[tuple[str, str | None], Tally]) -> list[Quiz]:
    parts: dict[str, list[Tally]] = {}
    for (slug, _), tally in tallies.items():
        parts.setdefault(slug, []).append(tally)
    found = [
        Quiz(
            slug,
            answers=sum(part.tries for part in several),
            right=sum(part.passed for part in several),
            questions=len(several),
            known=sum(part.passed > 0 for part in several),
            last=max(part.last for part in several),
        )
        for slug, several in parts.items()
    ]
    return sorted(found, key=lambda quiz: quiz.last, reverse=True)


def _by_day(events: Iterable[Attempt]) -> dict[date, Day]:
    """The days on which anything was recorded, in the zone that the learner was in."""
    counts: Counter[date] = Counter()
    seconds: dict[date, float] = defaultdict(float)
    for event in events:
        day = event.time.date()
        counts[day] += 1
        seconds[day] += event.seconds or 0.0
    return {day: Day(day, counts[day], seconds[day]) for day in counts}


def _streak(days: set[date], today: date) -> int:
    """Days in a row up to today, or up to yesterday while today is young."""
    last = today if today in days else today - timedelta(days=1)
    count = 0
    while last - timedelta(days=count) in days:
        count += 1
    return count
