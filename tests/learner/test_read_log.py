"""The log read without the store is the log that the store reads; where the store has something to do, it is asked."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from jinjie.base import paths
from jinjie.learner import log
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
from jinjie.learner.store import open_store
from jinjie.learner.troubles import Damaged, TooNew

EAST = timezone(timedelta(hours=8))
EVENTS = [
    Attempt("lesson", "gradient-descent"),
    Attempt("quiz", "gradient-descent", item="why", seed=-3, passed=False, seconds=1.5, content="ab"),
    Attempt(
        "exercise", "adam", passed=True, score=0.1 + 0.2, detail={"faults": ["é", {"n": [1, 2.5, None]}]}
    ),
    Attempt("goal", "role:nlp-engineer", time=datetime(2001, 2, 3, 4, 5, 6, 7, EAST), language="zh"),
    Attempt("run", "line-1", item="line-1-1", time=datetime(2024, 2, 29, tzinfo=UTC), language=None),
]


@pytest.fixture
def written() -> Path:
    with open_store() as store:
        write(store, *EVENTS)
    with open_store():
        pass  # which copies it, as it does once a day
    return paths.learner_home() / "learner.sqlite"


def test_it_is_what_the_store_reads(written: Path) -> None:
    found = log._directly()
    assert found is not None
    with open_store() as store:
        same = list(iterate(store))
    assert found == same and [vars(one) for one in found] == [vars(one) for one in same]
    assert len(found) == len(EVENTS) and log.read() == found


def test_it_imports_no_library_of_databases(written: Path) -> None:
    code = "import sys; from jinjie.learner import log; print(len(log.read()), 'sqlalchemy' in sys.modules)"
    came = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert came.stdout.split() == [str(len(EVENTS)), "False"]


def test_another_learner_who_is_the_same_person_is_read_as_well(written: Path) -> None:
    other = "0" * 8 + "-0000-7000-8000-" + "0" * 12
    with closing(sqlite3.connect(written)) as connection, connection:
        (owner,) = connection.execute("SELECT value FROM about WHERE key = 'owner'").fetchone()
        connection.execute(
            "INSERT INTO learners VALUES (?, NULL, '2024-01-01 00:00:00.000000', ?)", (other, owner)
        )
    with open_store() as store:
        write(store, Attempt("lesson", "adam", learner_id=other))
        same = list(iterate(store))
    assert log._directly() == same and len(same) == len(EVENTS) + 1


def test_where_there_is_none_one_is_made() -> None:
    assert log.read() == []
    assert (paths.learner_home() / "learner.sqlite").is_file()


def test_a_copy_that_is_due_is_made(written: Path) -> None:
    """The store's daily copy is not lost because only commands that read were used that day."""
    shutil.rmtree(written.parent / "backups", ignore_errors=True)
    assert log._directly() is None
    assert len(log.read()) == len(EVENTS)
    assert list((written.parent / "backups").iterdir())


def test_another_shape_is_left_to_the_store(written: Path) -> None:
    """Fault: a newer program changed the store."""
    log.read()
    with closing(sqlite3.connect(written)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(TooNew):
        log.read()


def test_a_damaged_file_is_told_of_as_by_the_store(written: Path) -> None:
    """Fault: the file is something else from its first byte."""
    log.read()
    for beside in written.parent.glob("learner.sqlite-*"):
        beside.unlink()
    written.write_bytes(b"no database" * 1000)
    with pytest.raises(Damaged):
        log.read()


def test_the_path_that_is_named_is_the_one_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINJIE_DATABASE", str(tmp_path / "mine.sqlite"))
    with open_store() as store:
        write(store, EVENTS[0])
    with open_store():
        pass
    found = log._directly()
    assert found is not None and [one.id for one in found] == [EVENTS[0].id]
    monkeypatch.setenv("JINJIE_DATABASE", f"sqlite:///{tmp_path / 'mine.sqlite'}")
    assert log._directly() is None and log.read() == found


# Writing


def test_what_is_written_is_what_the_store_writes(written: Path) -> None:
    for event in EVENTS:
        assert log._directly_written(replace(event, id=str(uuid.uuid4())))
    with closing(sqlite3.connect(written)) as connection:
        rows = connection.execute("SELECT * FROM attempts ORDER BY seq").fetchall()
        names = [column[1] for column in connection.execute("PRAGMA table_info(attempts)")]
        types = [
            [
                kind
                for _, *kind in connection.execute(f"SELECT seq, typeof({name}) FROM attempts ORDER BY seq")
            ]
            for name in names
        ]
    same = [i for i, name in enumerate(names) if name not in ("seq", "id")]
    by_store, by_log = rows[: len(EVENTS)], rows[len(EVENTS) :]
    assert [[row[i] for i in same] for row in by_log] == [[row[i] for i in same] for row in by_store]
    assert all(kinds[: len(EVENTS)] == kinds[len(EVENTS) :] for kinds in types)


def test_an_event_is_written_once(written: Path) -> None:
    event = Attempt("lesson", "attention")
    log.write(event)
    log.write(event)
    assert log._directly_written(event)
    with open_store() as store:
        assert write(store, event) == 0
    assert [one.id for one in log.read()].count(event.id) == 1


def test_writing_imports_no_library_of_databases(written: Path) -> None:
    code = (
        "import sys; from jinjie.learner import log; from jinjie.learner.attempt import Attempt\n"
        "log.write(Attempt('lesson', 'attention')); print('sqlalchemy' in sys.modules)"
    )
    came = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert came.stdout.split() == ["False"] and len(log.read()) == len(EVENTS) + 1


def test_what_is_not_ours_to_write_is_the_stores(written: Path) -> None:
    """Fault: an event goes into a file of another shape, or the day's copy is not made."""
    event = Attempt("lesson", "attention")
    with closing(sqlite3.connect(written)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    assert not log._directly_written(event)
    with pytest.raises(TooNew):
        log.write(event)


def test_a_first_event_makes_the_store() -> None:
    log.write(Attempt("lesson", "attention"))
    assert [one.slug for one in log.read()] == ["attention"]
