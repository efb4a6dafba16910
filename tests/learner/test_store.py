"""The store: made, found again, brought into today's shape; damaged, foreign, too new, full and read-only ones said."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from jinjie.base import paths
from jinjie.base.words import LANGUAGES
from jinjie.learner import attempts, backups, drafts, store, tables, upgrade
from jinjie.learner.attempt import Attempt
from jinjie.learner.store import open_store
from jinjie.learner.troubles import Busy, Damaged, Full, NotOurs, ReadOnly, StoreError, TooNew, Unreachable


def log() -> Path:
    return paths.learner_home() / "learner.sqlite"


def fill(many: int = 3) -> list[str]:
    """A store with some attempts; their ids."""
    events = [Attempt("quiz", "attention", item=f"q{i}", passed=i % 2 == 0) for i in range(many)]
    with open_store() as here:
        attempts.write(here, *events)
    return [event.id for event in events]


def ids() -> list[str]:
    with open_store() as here:
        return [event.id for event in attempts.iterate(here)]


def value(pragma: str, here: store.Store) -> object:
    with here.reading() as connection:
        return connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()


def test_what_is_acknowledged_is_on_the_disk_and_readers_do_not_wait() -> None:
    with open_store() as here:
        assert value("journal_mode", here) == "wal"
        assert value("synchronous", here) == 2  # FULL: the log is synced before a commit is acknowledged
        assert value("foreign_keys", here) == 1
        with here.writing() as connection:
            attempts.append(connection, [Attempt("quiz", "a")])
            assert attempts.count(here) == 0  # a reader sees what was committed, and sees it at once
        assert attempts.count(here) == 1


def test_a_store_has_one_owner_with_a_random_id_however_often_it_is_opened() -> None:
    with open_store() as here:
        first = here.owner()
    with open_store() as here:
        assert here.owner() == first
    shutil.rmtree(log().parent)
    with open_store() as here:
        assert here.owner().id != first.id


def test_events_cannot_be_changed_or_removed() -> None:
    """Fault: a slip in some later code that corrects an event in its place."""
    fill()
    changes = (tables.attempts.update().values(passed=True), tables.attempts.delete())
    for change in changes:
        with (
            open_store() as here,
            pytest.raises((IntegrityError, StoreError), match="never changed"),
            here.writing() as connection,
        ):
            connection.execute(change)
    with closing(sqlite3.connect(log())) as raw, pytest.raises(sqlite3.Error, match="never changed"):
        raw.execute("DELETE FROM attempts")
    assert len(ids()) == 3


def test_revisions_are_those_of_the_files_in_order() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "jinjie.learner:migrations")
    script = ScriptDirectory.from_config(config)
    assert [step.revision for step in reversed(list(script.walk_revisions()))] == list(upgrade.REVISIONS)


def test_the_steps_lead_to_the_tables_as_they_are_now() -> None:
    """Fault: a column was added to tables.py and no step adds it to the stores that are there."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with open_store() as here, here.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_opening_a_ready_store_imports_no_alembic() -> None:
    """It takes as long to import as all the rest, and is needed once a version."""
    fill()
    code = (
        "import sys; from jinjie.learner.store import open_store; open_store().close(); "
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_store_of_the_first_shape_is_brought_up_to_date_and_copied_before() -> None:
    """The file is one that the first shape left: the steps of today must still take it, every event as it was."""
    log().parent.mkdir()
    with closing(sqlite3.connect(log())) as raw:
        raw.executescript((Path(__file__).parent / "stores" / "0001.sql").read_text("utf-8"))
    with open_store() as here:
        events = list(attempts.iterate(here))
        assert here.owner().id == "0d5c6d0e-5a0a-4a55-9d0c-6f7a3f0c1e01"
        drafts.save(here, drafts.Draft("descent-step", "new"))
    assert [(e.kind, e.item, e.passed, e.score) for e in events] == [
        ("lesson", None, None, None),
        ("quiz", "q1", False, None),
        ("quiz", "q1", True, None),
        ("exercise", None, True, 0.95),
    ]
    assert events[1].detail == {"answer": "注意力"}
    assert events[1].time.isoformat() == "2026-11-26T16:31:00+08:00"
    [copy] = backups.every(log())
    assert copy.why == f"before-{upgrade.HEAD}"
    with closing(sqlite3.connect(copy.path)) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert raw.execute("SELECT count(*) FROM attempts").fetchone() == (4,)


# What is wrong


@pytest.mark.parametrize("harm", ["text", "head", "middle", "cut", "emptied"])
def test_a_damaged_file_is_said_with_its_backup_and_is_left_as_it_is(harm: str) -> None:
    fill(400)
    with open_store():
        pass  # makes the day's copy
    [backup] = backups.every(log())
    content = bytearray(log().read_bytes())
    if harm == "text":
        content = bytearray(b"what was I doing here\n" * 500)
    elif harm == "head":
        content[:200] = bytes(200)
    elif harm == "middle":
        content[5000:40000] = b"\xa5" * 35000
    elif harm == "cut":
        del content[len(content) // 2 :]
    else:
        content.clear()
    log().write_bytes(content)
    backup.path.rename(backup.path.with_name("20200101T000000000000Z-daily.sqlite"))  # a day passes
    with pytest.raises(Damaged) as caught, open_store() as here:
        list(attempts.iterate(here))
    for lang in LANGUAGES:
        said = caught.value.in_(lang)
        assert str(log()) in said and "20200101T000000000000Z-daily.sqlite" in said
    assert log().read_bytes() == content
    assert len(backups.every(log())) == 1, "a copy of the damage was kept as a copy"


def test_a_damaged_file_without_a_copy_says_so() -> None:
    log().parent.mkdir()
    log().write_bytes(b"\x00\x01" * 5000)
    with pytest.raises(Damaged, match="jinjie progress import"):
        open_store()


def test_a_newer_store_is_refused_kindly_and_not_touched() -> None:
    fill()
    with closing(sqlite3.connect(log())) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.execute("UPDATE about SET value = '7.5.0' WHERE key = 'program'")
    before = log().read_bytes()
    with pytest.raises(TooNew, match=r"newer Jinjie \(7\.5\.0\)"):
        open_store()
    assert log().read_bytes() == before


def test_somebody_elses_database_is_refused_and_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault: JINJIE_DATABASE names a file of another program, which gets our tables or another journal."""
    other = tmp_path / "songs.db"
    with closing(sqlite3.connect(other)) as raw, raw:
        raw.execute("CREATE TABLE songs (name)")
    before = other.read_bytes()
    for setting in (str(other), f"sqlite:///{other}"):
        monkeypatch.setenv("JINJIE_DATABASE", setting)
        with pytest.raises(NotOurs, match="songs"):
            open_store()
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    "setting",
    ["mysq://x/y", "sqlite://", "sqlite:///:memory:", "postgresql:", "http://x", "sqlite:///file:x?uri=true"],
)
def test_what_is_no_address_is_said(setting: str) -> None:
    with pytest.raises((NotOurs, Unreachable)):
        open_store(setting)


def test_a_password_is_not_printed() -> None:
    for setting in ("postgresql+psycopg://me:secret@127.0.0.1:1/x", "nonsense://me:secret@host/x"):
        with pytest.raises(StoreError) as caught:
            open_store(setting)
        assert "secret" not in str(caught.value)


def test_a_path_as_address_is_a_file_of_sqlite(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "deep" / "进阶 log.sqlite")) as here:
        attempts.write(here, Attempt("lesson", "attention"))
    with open_store(f"sqlite:///{tmp_path}/deep/进阶 log.sqlite") as here:
        assert attempts.count(here) == 1
    assert not log().exists()


def test_a_full_disk_is_said_and_what_was_there_stays() -> None:
    """A store that may not grow by a page answers as a full disk does: SQLITE_FULL."""
    known = fill()
    with open_store() as here:
        with here.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

        def no_room(raw: sqlite3.Connection, record: object) -> None:
            raw.execute(f"PRAGMA max_page_count={pages}")

        store.event.listen(here.engine, "connect", no_room)
        here.engine.dispose()
        with pytest.raises(Full, match="disk is full"):
            attempts.write(here, Attempt("run", "gpt", detail={"much": "x" * 100_000}))
    assert ids() == known


def test_a_file_that_may_not_be_written_is_said() -> None:
    """SQLite's own read-only mode: the tests may run as root, whom no permission stops (a real disk: tests/faults)."""
    known = fill()
    with open_store() as here:
        store.event.listen(here.engine, "connect", lambda raw, record: raw.execute("PRAGMA query_only=ON"))
        here.engine.dispose()
        with pytest.raises(ReadOnly, match="cannot be written"):
            attempts.write(here, Attempt("quiz", "a"))
    assert ids() == known


def test_a_folder_that_cannot_be_made_is_said(home: Path) -> None:
    (home / "learner").write_text("a file where the folder belongs")
    with pytest.raises(ReadOnly, match="learner"):
        open_store()


def test_a_folder_where_the_file_belongs_is_said() -> None:
    log().mkdir(parents=True)
    with pytest.raises(ReadOnly):
        open_store()


def test_a_lock_that_is_held_for_too_long_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    monkeypatch.setattr(store, "WAIT", 0.05)
    with (
        open_store() as one,
        open_store() as other,
        one.writing(),
        pytest.raises(Busy, match="another process"),
    ):
        attempts.write(other, Attempt("quiz", "a"))


# Copies


def test_a_copy_a_day_the_newest_few_kept() -> None:
    fill()
    for _ in range(3):
        open_store().close()
    [today] = backups.every(log())
    assert today.why == "daily" and datetime.now(UTC) - today.made < timedelta(minutes=1)
    with closing(sqlite3.connect(today.path)) as copy:
        assert copy.execute("SELECT count(*) FROM attempts").fetchone() == (3,)
    today.path.unlink()
    for day in range(10, 20):
        (backups.folder(log()) / f"202001{day}T000000000000Z-daily.sqlite").touch()
    (backups.folder(log()) / "20190101T000000000000Z-before-0002.sqlite").touch()
    open_store().close()
    names = [backup.path.name[:8] for backup in backups.every(log())]
    assert names[:-1] == ["20190101", "20200116", "20200117", "20200118", "20200119"]
    assert len(names) == 1 + backups.KEPT


def test_a_copy_from_the_future_does_not_keep_todays_from_being_made() -> None:
    """Fault: the clock once said 2099, and no copy was made until then."""
    fill()
    open_store().close()
    [today] = backups.every(log())
    today.path.rename(today.path.with_name("20990101T000000000000Z-daily.sqlite"))
    open_store().close()
    assert len(backups.every(log())) == 2


def test_no_room_for_a_copy_keeps_nobody_from_learning() -> None:
    known = fill()
    (log().parent / "backups").write_text("in the way")
    assert ids() == known


def test_the_folder_is_the_learners_own() -> None:
    fill()
    if os.name != "nt":
        assert log().parent.stat().st_mode & 0o077 == 0
