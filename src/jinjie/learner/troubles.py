"""What can be wrong with a store, in plain words: damaged, too new, full, read-only, busy, somebody else's.

Whatever the database raises goes through `told`, so that nobody else need know the errors of sqlite3 or SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinjie.base.errors import JinjieError


class StoreError(JinjieError):
    """The log could not be read or written; what was acknowledged before is still there."""


class Damaged(StoreError):
    """The file is not, or no longer, a database that can be read. It is left as it is."""


class TooNew(StoreError):
    """The store was made, or brought up to date, by a newer program."""


class NotOurs(StoreError):
    """The address is no database's, or that of a database which is something else."""


class ReadOnly(StoreError):
    """The place cannot be written to."""


class Full(StoreError):
    """There is no room left on the disk."""


class Busy(StoreError):
    """Another process has held the store for longer than we wait."""


class Unreachable(StoreError):
    """The database did not answer, or the disk failed."""


@contextmanager
def told(place: str, path: Path | None) -> Iterator[None]:
    """Turn a database's errors within the block into a StoreError. `path` is the file, where there is one."""
    from sqlalchemy.exc import DBAPIError  # who names a StoreError need not have it

    try:
        yield
    except DBAPIError as error:
        original = error.orig
        if isinstance(original, sqlite3.Error):
            raise _of_sqlite(original, place, path) from error
        raise Unreachable("learner.unreachable", place=place, reason=_line(original or error)) from error
    except sqlite3.Error as error:
        raise _of_sqlite(error, place, path) from error
    except OSError as error:
        raise _of_system(error, place) from error


def damaged(path: Path, reason: str) -> Damaged:
    """The error for a damaged file, which says where the newest whole copy of it lies."""
    from jinjie.base.amounts import ago
    from jinjie.learner.backups import newest

    backup = newest(path)
    if backup is None:
        return Damaged("learner.damaged", path=path, reason=reason)
    return Damaged(
        "learner.damaged_but", path=path, reason=reason, backup=backup.path, ago=ago(backup.made.timestamp())
    )


def _of_sqlite(error: sqlite3.Error, place: str, path: Path | None) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    reason = _line(error)
    if code is None:
        return Unreachable("learner.unreachable", place=place, reason=reason)
    main = code & 0xFF  # the rest says more of the same
    if main in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return damaged(path, reason) if path else Damaged("learner.damaged", path=place, reason=reason)
    if main == sqlite3.SQLITE_FULL:
        return Full("learner.full", place=place)
    if main in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return ReadOnly("learner.read_only", place=place, reason=reason)
    if main in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("learner.busy", place=place)
    return Unreachable("learner.unreachable", place=place, reason=reason)


def _of_system(error: OSError, place: str) -> StoreError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Full("learner.full", place=place)
    return ReadOnly("learner.read_only", place=error.filename or place, reason=error.strerror or str(error))


def _line(error: Any) -> str:
    """The first line of what an error says."""
    return (str(error).splitlines() or [type(error).__name__])[0]
