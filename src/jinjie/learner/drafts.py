"""Drafts: the code a learner is writing, version by version, so that an editor loses nothing.

An editor saves at every pause. What differs from the last version becomes a version of its own; the newest hundred of
a file stay, and of older ones the last of each hour. A version is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, literal, select

from jinjie.base.errors import InvalidInput, Problem
from jinjie.learner import values
from jinjie.learner.store import Store
from jinjie.learner.tables import OWNER, drafts, insert_once, same_person

KEPT = 100
"""Versions of one file that stay whatever their age."""
LONGEST = 1_000_000
"""Bytes of one version."""


@dataclass(frozen=True)
class Draft:
    """A version of a file of an exercise. Raises InvalidInput, naming everything that is wrong with it."""

    slug: str
    text: str
    file: str = "solution.py"
    time: datetime = field(default_factory=lambda: datetime.now().astimezone())
    learner_id: str | None = None
    id: str = field(default_factory=values.new_id)

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise InvalidInput(problems)
        zone = values.minutes(self.time)
        object.__setattr__(self, "time", self.time.astimezone(timezone(timedelta(minutes=zone))))

    def _problems(self) -> Iterator[Problem]:
        yield from values.wrong_word("slug", self.slug, 200)
        yield from values.wrong_word("file", self.file, 200)
        yield from values.wrong_moment("time", self.time)
        yield from values.wrong_id("id", self.id)
        yield from values.wrong_id("learner_id", self.learner_id, optional=True)
        yield from values.wrong_text("text", self.text, LONGEST)


def save(store: Store, draft: Draft, *, again: bool = False) -> bool:
    """Keep `draft` unless it is the same as the version before; whether it was kept. It is on the disk then.

    With `again` it is kept all the same: it then counts as typed now, behind whatever was done elsewhere meanwhile.
    """
    with store.writing() as connection:
        query = chosen(select(drafts.c.text), draft.learner_id, draft.slug, draft.file)
        if not again and connection.scalar(query.order_by(drafts.c.seq.desc()).limit(1)) == draft.text:
            return False
        new = append(connection, [draft])
        _thin(connection, draft)
        return new == 1


def latest(
    store: Store, slug: str, file: str = "solution.py", *, learner_id: str | None = None
) -> Draft | None:
    """The version that was saved last, whatever the clock said."""
    return next(iter(_read(store, slug, file, learner_id, 1)), None)


def history(
    store: Store, slug: str, file: str = "solution.py", *, learner_id: str | None = None
) -> list[Draft]:
    """All versions that are kept, the last saved first."""
    return _read(store, slug, file, learner_id, None)


def append(connection: Connection, versions: Sequence[Draft]) -> int:
    """Add `versions` within a transaction; how many were new. An id that is there is the same write come again."""
    if not versions:
        return 0
    mine = connection.scalar(select(OWNER))
    rows = [
        {
            "id": version.id,
            "learner_id": version.learner_id or mine,
            "slug": version.slug,
            "file": version.file,
            "time": version.time,
            "zone": values.minutes(version.time),
            "text": version.text,
        }
        for version in versions
    ]
    return insert_once(connection, drafts, rows)


def chosen(
    query: Select[Any], learner_id: str | None = None, slug: str | None = None, file: str | None = None
) -> Select[Any]:
    """`query` over the drafts of a learner (None: the owner) with these filters."""
    query = query.where(drafts.c.learner_id.in_(same_person(literal(learner_id) if learner_id else OWNER)))
    if slug is not None:
        query = query.where(drafts.c.slug == slug)
    if file is not None:
        query = query.where(drafts.c.file == file)
    return query


def of_row(row: Row[Any]) -> Draft:
    """The version in a row."""
    time = row.time.astimezone(timezone(timedelta(minutes=row.zone)))
    return Draft(row.slug, row.text, row.file, time, row.learner_id, row.id)


def _read(store: Store, slug: str, file: str, learner_id: str | None, most: int | None) -> list[Draft]:
    query = chosen(select(drafts), learner_id, slug, file).order_by(drafts.c.seq.desc()).limit(most)
    with store.reading() as connection:
        return [of_row(row) for row in connection.execute(query)]


def _thin(connection: Connection, draft: Draft) -> None:
    """Of the versions before the newest hundred keep the last of each hour."""
    columns = select(drafts.c.seq, drafts.c.time)
    old = chosen(columns, draft.learner_id, draft.slug, draft.file).order_by(drafts.c.seq.desc()).offset(KEPT)
    hours = set()
    drop = []
    for seq, time in connection.execute(old):
        hour = time.replace(minute=0, second=0, microsecond=0)
        if hour in hours:
            drop.append(seq)
        hours.add(hour)
    if drop:
        connection.execute(delete(drafts).where(drafts.c.seq.in_(drop)))
