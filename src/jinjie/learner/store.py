"""The store of a learner's log: one SQLite file in `JINJIE_HOME/learner`, or the database that `JINJIE_DATABASE` names.

On SQLite the log is written ahead (WAL), so that readers and a writer do not wait for one another, and every commit is
on the disk before it is acknowledged (synchronous FULL: a few milliseconds, for an event that took minutes to earn).
Writers take the write lock when they begin, not at their first change, so that no two of them can wait for each other.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.engine import URL

from jinjie.learner import backups, place, upgrade
from jinjie.learner.place import PRAGMAS, WAIT
from jinjie.learner.tables import OWNER, learners
from jinjie.learner.troubles import NotOurs, damaged, told


@dataclass(frozen=True)
class Learner:
    """Someone who learns: a random id, and a name if they gave one."""

    id: str
    name: str | None
    created: datetime


def address(setting: str | None = None) -> URL:
    """Where the store is: `setting`, else JINJIE_DATABASE, else the file in the home. A path is SQLite's file.

    Raises NotOurs for what is neither.
    """
    if (file := place.file(setting)) is not None:
        return URL.create("sqlite", database=str(file))
    setting = place.named(setting) or ""
    try:
        url = sa.make_url(setting)
        url.get_dialect()
    except Exception as error:
        raise NotOurs("learner.no_address", place=setting.partition("@")[2] or setting) from error
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database.startswith((":", "file:")):
            raise NotOurs("learner.no_address", place=setting)
        url = url.set(database=str(Path(url.database).absolute()))
    return url


def open_store(setting: str | None = None) -> Store:
    """The store at `address(setting)`, made if there is none and brought into today's shape.

    Raises a StoreError: Damaged, TooNew, NotOurs, ReadOnly, Full, Busy or Unreachable.
    """
    url = address(setting)
    path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    place = str(path or url.render_as_string())
    try:
        engine = _engine(url)
    except ImportError as error:
        raise NotOurs("learner.no_driver", place=place, package=error.name or "?") from error
    store = Store(engine, place, path)
    try:
        store.prepare()
    except BaseException:
        store.close()
        raise
    return store


class Store:
    """An open store. Threads may share it; close it, or use it as a context."""

    def __init__(self, engine: Engine, place: str, path: Path | None) -> None:
        self.engine = engine
        self.place = place
        """The file, or the address without its password."""
        self.path = path
        self._writer = engine.execution_options(jinjie_writes=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the store as it was at its first look, whatever others write meanwhile."""
        with told(self.place, self.path), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock, committed when the block ends and taken back when it raises."""
        with told(self.place, self.path), self._writer.begin() as connection:
            yield connection

    def prepare(self) -> None:
        """See that the store is there, ours, whole as far as a look tells, in today's shape, and backed up today."""
        with told(self.place, self.path):
            if self.path is not None:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if self.path.is_file() and not self.path.stat().st_size and backups.every(self.path):
                    raise damaged(self.path, "0 bytes")
            with self.engine.connect() as connection:
                ready = upgrade.known(upgrade.revision(connection), connection)
            if self.path is not None:
                _write_ahead(self.engine)
            if not ready:
                upgrade.upgrade(self._writer, self.path)
            elif self.path is not None and backups.due(self.path):
                self._back_up(self.path)

    def _back_up(self, path: Path) -> None:
        """Today's copy. That there is no room for it keeps nobody from learning; that the file is damaged does."""
        try:
            backups.make(path, "daily")
        except OSError:
            pass
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
            ):
                raise

    def owner(self) -> Learner:
        """Who learns here without having signed in. Asked anew each time: an import may bring them another id."""
        with self.reading() as connection:
            return owner(connection)


def owner(connection: Connection) -> Learner:
    """The store's owner, who is made with it."""
    query = select(learners).where(learners.c.id == OWNER)
    row = connection.execute(query).one()
    return Learner(row.id, row.name, row.created)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    # Without pysqlite's own transactions, which begin late and commit by themselves before a change of tables.
    engine = sa.create_engine(url, connect_args={"timeout": WAIT, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _(connection: Any, record: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        writes = connection.get_execution_options().get("jinjie_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(engine: Engine) -> None:
    """Have the file's log written ahead.

    A file system that cannot stays with SQLite's older way, as safe and slower.
    """
    until = time.monotonic() + WAIT
    raw = engine.raw_connection()
    try:
        while True:
            try:
                cursor = raw.cursor()
                if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    cursor.execute("PRAGMA journal_mode=WAL").fetchone()
                return
            except sqlite3.OperationalError as error:
                # This change alone does not wait for a lock by itself.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
    finally:
        raw.close()
