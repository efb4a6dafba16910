"""Where a learner stands, read from the log: lessons, exercises, quizzes, and the days they learned on."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from sqlalchemy import Connection, func, select

from jinjie.learner import attempts
from jinjie.learner.attempts import Tally
from jinjie.learner.store import Store
from jinjie.learner.tables import attempts as table

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


def summary(store: Store, *, learner_id: str | None = None, today: date | None = None) -> Summary:
    """The summary of a learner's log (None: the owner's), as of `today`, the last of its days."""
    today = today or datetime.now().astimezone().date()
    query = attempts.chosen(
        select(func.count(), func.min(table.c.time), func.coalesce(func.sum(table.c.seconds), 0.0)),
        learner_id,
    )
    with store.reading() as connection:
        events, since, seconds = connection.execute(query).one()
        by_day = _by_day(connection, learner_id)
    start = today - timedelta(days=7 * (WEEKS - 1) + today.weekday())
    span = [start + timedelta(days=i) for i in range((today - start).days + 1)]
    return Summary(
        events,
        since,
        seconds,
        _lessons(attempts.tallies(store, "lesson", learner_id=learner_id)),
        _exercises(attempts.tallies(store, "exercise", learner_id=learner_id)),
        _quizzes(attempts.tallies(store, "quiz", learner_id=learner_id)),
        attempts.count(store, kind="experiment", learner_id=learner_id),
        attempts.count(store, kind="run", learner_id=learner_id),
        [by_day.get(day) or Day(day, 0, 0.0) for day in span],
        len([day for day in by_day if day <= today]),
        _streak(set(by_day), today),
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


def _by_day(connection: Connection, learner_id: str | None) -> dict[date, Day]:
    """The days on which anything was recorded."""
    query = attempts.chosen(select(table.c.time, table.c.zone, table.c.seconds), learner_id)
    events: Counter[date] = Counter()
    seconds: dict[date, float] = defaultdict(float)
    for time, zone, took in connection.execution_options(yield_per=1000).execute(query):
        day = time.astimezone(timezone(timedelta(minutes=zone))).date()
        events[day] += 1
        seconds[day] += took or 0.0
    return {day: Day(day, events[day], seconds[day]) for day in events}


def _streak(days: set[date], today: date) -> int:
    """Days in a row up to today, or up to yesterday while today is young."""
    last = today if today in days else today - timedelta(days=1)
    count = 0
    while last - timedelta(days=count) in days:
        count += 1
    return count
