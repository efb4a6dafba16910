"""The owner's whole log, read, and one event written, by Python's own sqlite3: most commands need no more, and have it
0.2 s sooner.

Only where there is nothing else to do: a file of SQLite, in today's shape, copied today. Everything else, errors above
all, is left to the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from jinjie.learner import backups, place
from jinjie.learner.attempt import Attempt, of_fields, to_fields
from jinjie.learner.place import PRAGMAS
from jinjie.learner.shapes import HEAD

_OWNER = "(SELECT value FROM about WHERE key = 'owner')"
_QUERY = f"""
SELECT * FROM attempts
WHERE learner_id IN (SELECT id FROM learners WHERE id = {_OWNER} OR same_as = {_OWNER})
ORDER BY time, id
"""


def read() -> list[Attempt]:
    """The events of the owner in the order of their times, of the store that `open_store()` opens, which is made where
    there is none. Raises a StoreError."""
    if (found := _directly()) is not None:
        return found
    from jinjie.learner.attempts import iterate
    from jinjie.learner.store import open_store

    with open_store() as store:
        return list(iterate(store))


def write(event: Attempt) -> None:
    """Append one event to that store; it is on the disk when this returns. Raises a StoreError."""
    if _directly_written(event):
        return
    from jinjie.learner.attempts import write
    from jinjie.learner.store import open_store

    with open_store() as store:
        write(store, event)


def where() -> str:
    """The store's file, or its address without the password."""
    if (path := place.file()) is not None:
        return str(path)
    from jinjie.learner.store import address

    return address().render_as_string()


def _directly() -> list[Attempt] | None:
    """The same without the store, or None where that is the store's to do."""
    try:
        with _opened("BEGIN") as connection:  # the shape and the rows are of one moment
            if connection is None:
                return None
            connection.row_factory = sqlite3.Row
            return [_event(row) for row in connection.execute(_QUERY)]
    except (sqlite3.Error, OSError, TypeError, ValueError):
        return None


def _directly_written(event: Attempt) -> bool:
    """Whether the event was written without the store. Where that failed the store may write it once more: an event
    that is there already is left as it is."""
    try:
        with _opened("BEGIN IMMEDIATE") as connection:
            if connection is None:
                return False
            (owner,) = connection.execute(f"SELECT {_OWNER}").fetchone()
            row = to_fields(event, owner)
            row["time"] = (
                row["time"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            )  # as SQLAlchemy keeps moments
            names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(
                f"INSERT INTO attempts ({names}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING", row
            )
            connection.execute("COMMIT")
            return True
    except (sqlite3.Error, OSError, TypeError, ValueError):
        return False


@contextmanager
def _opened(begin: str) -> Iterator[sqlite3.Connection | None]:
    """The store's file in a transaction, as safe as the store's own; None where there is something to do about it."""
    path = place.file()
    if path is None or not path.is_file() or backups.due(path):
        yield None
        return
    with closing(sqlite3.connect(path, timeout=place.WAIT, isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        connection.execute(begin)
        (shape,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        yield connection if shape == HEAD else None


def _event(row: sqlite3.Row) -> Attempt:
    """A row as SQLAlchemy would give it: SQLite knows neither moments nor truth."""
    fields: dict[str, Any] = dict(row)
    fields["time"] = datetime.fromisoformat(fields["time"]).replace(tzinfo=UTC)
    fields["passed"] = None if fields["passed"] is None else bool(fields["passed"])
    return of_fields(fields)
