"""Attempts: everything a learner tried, as events.

They are appended, never changed and never removed; a correction is a further event.

What the kinds mean, so that all who write and all who derive agree:

exercise    a hand-in: `passed`, `score` the share of cases, `detail` the faults; with `passed` None, a hint asked for
quiz        an answer: `item` the question's id, `seed` of its variant, `passed`
experiment  an experiment that was looked at: `detail` the knobs
lesson      a lesson that was opened (`passed` None) or finished (`passed` True)
placement   an answer in a placement: as quiz
review      an answer when something came up again: as quiz or exercise; `detail` what the scheduler needs
run         a training: `slug` the recipe, `item` the run's name, `score` what it reached
goal        where the learner wants to go: `slug` as `role:ID`, `concept:SLUG` or `system:ID`, `detail` hours and date
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, literal, select

from jinjie import __version__
from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.words import LANGUAGES, language
from jinjie.learner import values
from jinjie.learner.store import Store
from jinjie.learner.tables import OWNER, attempts, insert_once, same_person

KINDS = ("exercise", "quiz", "experiment", "lesson", "placement", "review", "run", "goal")


@dataclass(frozen=True)
class Attempt:
    """One event. Raises InvalidInput, naming everything that is wrong with it."""

    kind: str
    slug: str
    item: str | None = None
    seed: int | None = None
    passed: bool | None = None
    score: float | None = None
    seconds: float | None = None
    """How long it took the learner."""
    detail: dict[str, Any] = field(default_factory=dict)
    """What else is to be known: values of JSON."""
    content: str | None = None
    """A hash of what was asked."""
    time: datetime = field(default_factory=lambda: datetime.now().astimezone())
    """When, with the zone the learner was in; kept to the microsecond and the zone to the minute."""
    language: str | None = field(default_factory=language)
    program: str = __version__
    learner_id: str | None = None
    """Whose it is; None is the store's owner until it is written."""
    id: str = field(default_factory=values.new_id)
    """Made by the writer: what is written twice under one id is one event."""
    seq: int | None = field(default=None, compare=False)
    """Its place in the order of arrival in the store it was read from."""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise InvalidInput(problems)
        zone = values.minutes(self.time)
        object.__setattr__(self, "time", self.time.astimezone(timezone(timedelta(minutes=zone))))
        object.__setattr__(self, "detail", json.loads(values.as_json(self.detail)))
        for name in ("score", "seconds"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, float(value) + 0.0)  # a database keeps no -0.0

    def _problems(self) -> Iterator[Problem]:
        if self.kind not in KINDS:
            yield Problem(
                "kind", "learner.no_kind", came=self.kind, suggestion=did_you_mean(str(self.kind), KINDS)
            )
        yield from values.wrong_word("slug", self.slug, 200)
        yield from values.wrong_word("item", self.item, 200, optional=True)
        yield from values.wrong_word("content", self.content, 128, optional=True)
        yield from values.wrong_word("program", self.program, 60)
        yield from values.wrong_id("id", self.id)
        yield from values.wrong_id("learner_id", self.learner_id, optional=True)
        if self.language is not None and self.language not in LANGUAGES:
            yield Problem(
                "language",
                "problem.not_a_choice",
                allowed=" | ".join(LANGUAGES),
                came=self.language,
                suggestion="",
            )
        if self.passed is not None and not isinstance(self.passed, bool):
            yield Problem("passed", "problem.not_of_type", wanted="bool", came=repr(self.passed))
        yield from values.wrong_whole("seed", self.seed)
        yield from values.wrong_number("score", self.score)
        yield from values.wrong_number("seconds", self.seconds, least=0.0)
        yield from values.wrong_moment("time", self.time)
        yield from values.wrong_detail("detail", self.detail)


def write(store: Store, *events: Attempt) -> int:
    """Append `events`, all or none; how many were new. They are on the disk when this returns.

    An id that is there already is the same write come again, and changes nothing. Raises a StoreError.
    """
    if not events:
        return 0
    with store.writing() as connection:
        return append(connection, events)


def append(connection: Connection, events: Sequence[Attempt]) -> int:
    """`write` within a transaction; how many were new."""
    mine = connection.scalar(select(OWNER)) if any(event.learner_id is None for event in events) else None
    return insert_once(connection, attempts, [_row(event, mine) for event in events])


def iterate(
    store: Store,
    *,
    kind: str | Sequence[str] | None = None,
    slug: str | None = None,
    item: str | None = None,
    since: datetime | None = None,
    after: int | None = None,
    learner_id: str | None = None,
    newest_first: bool = False,
) -> Iterator[Attempt]:
    """The events of a learner (None: the owner) in the order of their times, as they were when this began.

    `since`: those at or after a moment. `after`: those that arrived in this store after number `after`, in the order
    of arrival; this is for who keeps something derived up to date, since an import brings old events late and a clock
    may go backwards.
    """
    with store.reading() as connection:
        query = chosen(select(attempts), learner_id, kind, slug, item, since, after)
        order = [attempts.c.seq] if after is not None else [attempts.c.time, attempts.c.id]
        query = query.order_by(*(column.desc() if newest_first else column for column in order))
        for row in connection.execution_options(yield_per=1000).execute(query):
            yield of_row(row)


def count(
    store: Store,
    *,
    kind: str | Sequence[str] | None = None,
    slug: str | None = None,
    item: str | None = None,
    passed: bool | None = None,
    since: datetime | None = None,
    learner_id: str | None = None,
) -> int:
    """How many events there are of these; `passed` counts those that passed, or those that failed."""
    query = chosen(select(func.count()).select_from(attempts), learner_id, kind, slug, item, since)
    if passed is not None:
        query = query.where(attempts.c.passed.is_(passed))
    with store.reading() as connection:
        return connection.scalar(query) or 0


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


def tallies(
    store: Store, kind: str | Sequence[str], *, slug: str | None = None, learner_id: str | None = None
) -> dict[tuple[str, str | None], Tally]:
    """For every (slug, item) of a kind, its tally, in the order of first tries."""
    nth = func.count(attempts.c.passed).over(
        partition_by=(attempts.c.slug, attempts.c.item), order_by=(attempts.c.time, attempts.c.id)
    )
    columns = select(attempts.c.slug, attempts.c.item, attempts.c.passed, attempts.c.time, nth.label("nth"))
    tried = chosen(columns, learner_id, kind, slug).subquery()
    first = func.min(tried.c.time)
    query = (
        select(
            tried.c.slug,
            tried.c.item,
            func.count(tried.c.passed),
            func.count(case((tried.c.passed.is_(True), 1))),
            func.min(case((tried.c.passed.is_(True), tried.c.nth))),
            first,
            func.max(tried.c.time),
        )
        .group_by(tried.c.slug, tried.c.item)
        .order_by(first, tried.c.slug, tried.c.item)
    )
    with store.reading() as connection:
        return {(name, item): Tally(*rest) for name, item, *rest in connection.execute(query)}


def chosen(
    query: Select[Any],
    learner_id: str | None = None,
    kind: str | Sequence[str] | None = None,
    slug: str | None = None,
    item: str | None = None,
    since: datetime | None = None,
    after: int | None = None,
) -> Select[Any]:
    """`query` over the attempts of a learner, and of those who are the same person, with these filters."""
    same = same_person(literal(learner_id) if learner_id else OWNER)
    query = query.where(attempts.c.learner_id.in_(same))
    if kind is not None:
        kinds = (kind,) if isinstance(kind, str) else tuple(kind)
        if wrong := [name for name in kinds if name not in KINDS]:
            raise InvalidInput(
                [
                    Problem("kind", "learner.no_kind", came=name, suggestion=did_you_mean(name, KINDS))
                    for name in wrong
                ]
            )
        query = query.where(attempts.c.kind.in_(kinds))
    if slug is not None:
        query = query.where(attempts.c.slug == slug)
    if item is not None:
        query = query.where(attempts.c.item == item)
    if since is not None:
        query = query.where(attempts.c.time >= since.astimezone(UTC))
    if after is not None:
        query = query.where(attempts.c.seq > after)
    return query


def of_row(row: Row[Any]) -> Attempt:
    """The event in a row. What a newer program wrote is read as it is: rows were checked when they were written."""
    event = object.__new__(Attempt)
    fields = dict(row._mapping)
    fields["time"] = row.time.astimezone(timezone(timedelta(minutes=fields.pop("zone"))))
    fields["detail"] = json.loads(row.detail)
    event.__dict__.update(fields)
    return event


_PLAIN = (
    "id",
    "learner_id",
    "kind",
    "slug",
    "item",
    "seed",
    "passed",
    "score",
    "seconds",
    "content",
    "program",
    "language",
)


def _row(event: Attempt, mine: str | None) -> dict[str, Any]:
    row = {name: getattr(event, name) for name in _PLAIN}
    row["learner_id"] = event.learner_id or mine
    row["time"], row["zone"] = event.time, values.minutes(event.time)
    row["detail"] = values.as_json(event.detail)
    return row
