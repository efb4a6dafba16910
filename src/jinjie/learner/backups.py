"""Whole copies of a store's file, in the folder `backups` beside it.

One is made before every change of shape and kept; one at most a day is made when the store is opened, and the newest
few of those stay. A copy is checked before it gets its name, so that damage never takes the place of a good copy.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jinjie.base.files import TEMPORARY, clear_partial, sync_file, sync_folder

KEPT = 5
"""How many daily copies stay."""

_STAMP = "%Y%m%dT%H%M%S%f"
_NAME = re.compile(r"(?P<stamp>\d{8}T\d{12})Z-(?P<why>daily|before-\w+)\.sqlite")


@dataclass(frozen=True)
class Backup:
    """A whole copy: its file, when it was made, and why (`daily`, or `before-REVISION`)."""

    path: Path
    made: datetime
    why: str


def folder(path: Path) -> Path:
    """Where the copies of the store at `path` lie."""
    return path.parent / "backups"


def every(path: Path) -> list[Backup]:
    """The copies of the store at `path`, oldest first."""
    found = []
    if folder(path).is_dir():
        for file in sorted(folder(path).iterdir()):
            if named := _NAME.fullmatch(file.name):
                made = datetime.fromisoformat(named["stamp"][:15]).replace(
                    microsecond=int(named["stamp"][15:]), tzinfo=UTC
                )
                found.append(Backup(file, made, named["why"]))
    return found


def newest(path: Path) -> Backup | None:
    """The newest copy of the store at `path`."""
    return max(every(path), key=lambda backup: backup.made, default=None)


def due(path: Path) -> bool:
    """Whether the last copy is a day old. One from the future, of a clock that went wrong, does not count."""
    now = datetime.now(UTC)
    return not any(now - timedelta(days=1) < backup.made <= now for backup in every(path))


def make(path: Path, why: str) -> Path:
    """Copy the store as it is at this moment, whole or not at all; its path.

    Writers may go on meanwhile. Raises OSError and sqlite3.Error, with a damaged file's code where
    the copy is one.
    """
    place = folder(path)
    place.mkdir(mode=0o700, exist_ok=True)
    clear_partial(place)
    made = place / f"{datetime.now(UTC).strftime(_STAMP)}Z-{why}.sqlite"
    temporary = made.with_name(f"{TEMPORARY}{made.name}")
    try:
        source = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)
        with closing(source), closing(sqlite3.connect(temporary)) as copy:
            source.backup(copy)
            check(copy)
            # One file that any program opens: no log of its own beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
        sync_file(temporary)
        temporary.replace(made)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(place)
    if why == "daily":
        for old in [backup for backup in every(path) if backup.why == "daily"][:-KEPT]:
            old.path.unlink(missing_ok=True)
    return made


class Torn(sqlite3.DatabaseError):
    """What a check of every page found."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    sqlite_errorname = "SQLITE_CORRUPT"


def check(connection: sqlite3.Connection) -> None:
    """Read every page of a database. Raises Torn, or what sqlite3 raises, for one that is damaged."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Torn(found)
