"""What processes do to a learner's log, each able to die by SIGKILL at a chosen statement or step.

The processes are forked from a server that has imported everything once, so that a hundred of them take seconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from jinjie.learner import attempts, exchange, merge, upgrade
from jinjie.learner.attempt import Attempt
from jinjie.learner.store import open_store

OLD = (Path(__file__).parents[1] / "learner" / "stores" / "0001.sql").read_text("utf-8")
"""A store of the first shape."""
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["log_stories", "alembic.command", "alembic.config"])


def old_store(path: Path) -> None:
    """A store of the first shape at `path`, written ahead as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(OLD)
        raw.execute("PRAGMA journal_mode=WAL")


def start(story: Callable[..., None], *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """A process that runs `story(connection, *arguments)`; and our end of the connection."""
    ours, theirs = SERVER.Pipe()
    process = SERVER.Process(target=story, args=(theirs, *arguments))
    process.start()
    theirs.close()
    return process, ours


def heard(connection: Connection) -> Iterator[str]:
    """What a process has said until it ended or died."""
    while True:
        try:
            yield connection.recv_bytes().decode()
        except (EOFError, ConnectionResetError):
            return


def dies_at(moment: int | None) -> None:
    """Have this process die by SIGKILL just before its n-th statement or commit, or its n-th step of writing a file."""
    passing = count(1)

    def reach(*_: Any, **__: Any) -> None:
        if next(passing) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, reach)
    real = {name: getattr(os, name) for name in ("fsync", "replace", "rename")}

    def around(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            reach()
            result = real[name](*arguments, **named)
            reach()
            return result

        return call

    for name in real:
        setattr(os, name, around(name))


def opens(connection: Connection, path: str, moment: int | None = None, together: bool = False) -> None:
    """Open the store, which makes it or brings it up to date."""
    dies_at(moment)
    if together:
        connection.send_bytes(b"ready")
        connection.recv_bytes()
    open_store(path).close()
    connection.send_bytes(b"done")


def writes(connection: Connection, path: str, many: int | None = None) -> None:
    """Write one attempt after another, saying each id before it is written and after it was acknowledged."""
    with open_store(path) as here:
        for i in count() if many is None else range(many):
            one = Attempt(
                "quiz", "attention", item=f"q{i % 5}", passed=i % 2 == 0, detail={"text": "进阶" * (i % 40)}
            )
            connection.send_bytes(b"about " + one.id.encode())
            attempts.write(here, one)
            connection.send_bytes(b"done " + one.id.encode())


def imports(connection: Connection, path: str, file: str, moment: int | None = None) -> None:
    with open_store(path) as here:
        dies_at(moment)
        merge.merge(here, Path(file))
    connection.send_bytes(b"done")


def exports(connection: Connection, path: str, file: str, moment: int | None = None) -> None:
    with open_store(path) as here:
        dies_at(moment)
        exchange.export(here, Path(file), replace=True)
    connection.send_bytes(b"done")


def whole(path: Path) -> list[str]:
    """Check every page, index and reference of a store; the ids of its attempts."""
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [(upgrade.HEAD,)]
        assert raw.execute("SELECT count(*) FROM about WHERE key = 'owner'").fetchone() == (1,)
        return [row[0] for row in raw.execute("SELECT id FROM attempts ORDER BY seq")]
