"""Attempts in the store: they are appended, never changed and never removed; a correction is a further event.

What an attempt is, and what its kinds mean, is in attempt.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal, select

from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.learner.attempt import KINDS, Attempt, of_fields, to_fields
from jinjie.learner.store import Store
from jinjie.learner.tables import OWNER, attempts, insert_once, same_person


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
    return insert_once(connection, attempts, [to_fields(event, mine) for event in events])


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
    """The event in a row of the table."""
    return of_fields(dict(row._mapping))
