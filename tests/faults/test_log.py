"""The learner's log when processes die, meet, or find no room: what was acknowledged is there, and is there once.

SIGKILL proves what a process may lose. What a machine without power may lose is SQLite's own promise, which holds with
the settings that tests/learner/test_store.py sees on every connection: the log is synced before a commit returns.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from log_stories import exports, heard, imports, old_store, opens, start, whole, writes

from jinjie.learner import attempts, backups, exchange, merge
from jinjie.learner.attempt import Attempt
from jinjie.learner.store import open_store

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="processes are forked, which this system does not do"
)

OLD_IDS = [f"01a21701-ae57-70e5-a500-c6a5e90ea70{i}" for i in range(4)]


def killed_writer(path: Path, seconds: float, writers: int = 1) -> tuple[set[str], set[str]]:
    """Writers killed after a while: the ids they were about to write, and those they were told are written."""
    running = [start(writes, str(path)) for _ in range(writers)]
    for _, ours in running:
        ours.recv_bytes()  # the store is open
    time.sleep(seconds)
    about: set[str] = set()
    done: set[str] = set()
    for process, ours in running:
        process.kill()
        for said in heard(ours):
            word, _, one = said.partition(" ")
            (about if word == "about" else done).add(one)
        process.join()
        ours.close()
    return about, done


def campaign(path: Path, kills: int, chance: random.Random, writers: int) -> int:
    """Kill writers again and again; how many attempts were acknowledged in all."""
    open_store(str(path)).close()
    about: set[str] = set()
    done: set[str] = set()
    for _ in range(kills):
        tried, told = killed_writer(path, chance.uniform(0, 0.06), writers)
        about |= tried
        done |= told
        there = whole(path)
        assert len(there) == len(set(there)), "doubled"
        assert done <= set(there), "an acknowledged attempt is lost"
    first = {one for one in there if one not in about}
    assert len(first) <= kills * writers, "only the first id of each writer went unheard here"
    return len(done)


def test_a_writer_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Fault: SIGKILL at a random moment of writing, ten times on one store."""
    assert campaign(tmp_path / "log.sqlite", 10, random.Random(5), writers=1) > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_writers_that_are_killed_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    """Fault: the same, 60 times, one to three writers at once."""
    assert campaign(tmp_path / "log.sqlite", 60, random.Random(seed), writers=1 + seed % 3) > 0


def test_a_write_that_died_is_written_again_once(tmp_path: Path) -> None:
    """Fault: a writer is killed after its commit and before it hears of it; the same write comes again."""
    path = tmp_path / "log.sqlite"
    one = Attempt("quiz", "attention")
    with open_store(str(path)) as here:
        attempts.write(here, one)
    with open_store(str(path)) as here:
        attempts.write(here, one)
    assert whole(path) == [one.id]


def test_several_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    running = [start(writes, str(path), 20) for _ in range(4)]  # on a store that is not there yet
    done = [said.partition(" ")[2] for _, ours in running for said in heard(ours) if said.startswith("done")]
    for process, _ in running:
        process.join()
        assert process.exitcode == 0
    assert len(done) == 80 and sorted(whole(path)) == sorted(done)


@pytest.mark.parametrize("old", [False, True], ids=["made", "upgraded"])
def test_several_that_open_at_once_make_or_upgrade_it_once(tmp_path: Path, old: bool) -> None:
    """Fault: the studio and a terminal start at the same moment, after the program was brought up to date."""
    path = tmp_path / "learner" / "log.sqlite"
    if old:
        old_store(path)
    running = [start(opens, str(path), None, True) for _ in range(6)]
    for _, ours in running:
        assert ours.recv_bytes() == b"ready"
    for _, ours in running:
        ours.send_bytes(b"go")
    assert [list(heard(ours)) for _, ours in running] == [["done"]] * 6
    assert whole(path) == (OLD_IDS if old else [])
    assert len([b for b in backups.every(path) if b.why.startswith("before")]) == int(old)


def every_moment(run: object, check: object, step: int = 1) -> int:
    """Run a story again and again, killed at a later moment each time, until it ends by itself; how often it was."""
    moment = 1
    while True:
        process, ours = run(moment)  # type: ignore[operator]
        said = list(heard(ours))
        process.join()
        ours.close()
        check(said == ["done"])  # type: ignore[operator]
        if said == ["done"]:
            assert process.exitcode == 0
            return moment // step
        assert process.exitcode == -9
        moment += step


@pytest.mark.parametrize("old", [False, True], ids=["made", "upgraded"])
def test_a_kill_at_any_statement_of_making_or_upgrading_harms_nothing(tmp_path: Path, old: bool) -> None:
    """Fault: SIGKILL before and after each statement and file step, as the tables are made or changed."""
    path = tmp_path / "learner" / "log.sqlite"

    def run(moment: int) -> object:
        shutil.rmtree(path.parent, ignore_errors=True)
        if old:
            old_store(path)
        return start(opens, str(path), moment)

    def check(ended: bool) -> None:
        with open_store(str(path)) as here:  # what the next command does
            assert attempts.count(here) == (4 if old else 0)
        assert whole(path) == (OLD_IDS if old else [])
        copies = [b for b in backups.every(path) if b.why.startswith("before")]
        assert bool(copies) == old
        for copy in copies:
            with closing(sqlite3.connect(copy.path)) as raw:
                assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
                assert raw.execute("SELECT count(*) FROM attempts").fetchone() == (4,)
        assert not list(path.parent.rglob(".partial*"))

    assert every_moment(run, check, 3) > 8


def test_a_kill_at_any_statement_of_an_import_brings_all_or_nothing(tmp_path: Path) -> None:
    path, file = tmp_path / "log" / "log.sqlite", tmp_path / "progress.jsonl"
    with open_store(str(tmp_path / "from.sqlite")) as here:
        attempts.write(
            here, *(Attempt("quiz", "attention", item=f"q{i}") for i in range(600))
        )  # two statements
        exchange.export(here, file)
        expected = file.read_bytes()

    def run(moment: int) -> object:
        shutil.rmtree(path.parent, ignore_errors=True)
        return start(imports, str(path), str(file), moment)

    def check(ended: bool) -> None:
        found = len(whole(path))
        assert found in (0, 600)
        assert found == 600 or not ended
        with open_store(str(path)) as here:
            assert merge.merge(here, file).attempts == 600 - found
            assert exchange.serialise(here)[0] == expected

    assert every_moment(run, check, 4) > 6


def test_a_kill_at_any_step_of_an_export_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    path, file = tmp_path / "log.sqlite", tmp_path / "out" / "progress.jsonl"
    with open_store(str(path)) as here:
        attempts.write(here, *(Attempt("quiz", "attention", item=f"q{i}") for i in range(50)))
        new = exchange.serialise(here)[0]

    def run(moment: int) -> object:
        shutil.rmtree(file.parent, ignore_errors=True)
        file.parent.mkdir()
        file.write_bytes(b"the old export")
        return start(exports, str(path), str(file), moment)

    def check(ended: bool) -> None:
        assert file.read_bytes() in ([new] if ended else [b"the old export", new])
        with open_store(str(path)) as here:
            exchange.export(here, file, replace=True)
        assert [one.name for one in file.parent.iterdir()] == [file.name]

    assert every_moment(run, check) > 8


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_upgrades_and_imports_that_are_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    """Fault: SIGKILL inside SQLite's own work, which no statement marks; 40 times each."""
    chance = random.Random(seed)
    file = tmp_path / "progress.jsonl"
    with open_store(str(tmp_path / "from.sqlite")) as here:
        attempts.write(here, *(Attempt("quiz", "attention", item=f"q{i}") for i in range(2000)))
        exchange.export(here, file)
    for i in range(40):
        path = tmp_path / str(i) / "log.sqlite"
        old_store(path)
        process, ours = start(opens, str(path))
        time.sleep(chance.uniform(0, 0.25))
        process.kill()
        list(heard(ours))
        process.join()
        open_store(str(path)).close()
        assert whole(path) == OLD_IDS
        other = tmp_path / f"import{i}" / "log.sqlite"
        open_store(str(other)).close()
        process, ours = start(imports, str(other), str(file))
        time.sleep(chance.uniform(0, 0.5))
        process.kill()
        list(heard(ours))
        process.join()
        assert len(whole(other)) in (0, 2000)


# Disks. Real ones, in a mount namespace of their own.

FILL = """
import sys
from pathlib import Path
from jinjie.learner import attempts
from jinjie.learner.attempt import Attempt
from jinjie.learner.store import open_store
from jinjie.learner.troubles import Full
home = Path(sys.argv[1])
written = []
with open_store(str(home / "log.sqlite")) as here:
    (home / "filler").write_bytes(bytes(100_000))
    try:
        while True:
            one = Attempt("quiz", "a", detail={"x": "x" * 5000})
            attempts.write(here, one)
            written.append(one.id)
    except Full as full:
        print(full)
    (home / "filler").unlink()
    one = Attempt("quiz", "a")
    attempts.write(here, one)
    written.append(one.id)
with open_store(str(home / "log.sqlite")) as here:
    assert [e.id for e in attempts.iterate(here)] == written, "lost"
print(len(written))
"""
READ = """
import sys
from jinjie.learner.store import open_store
from jinjie.learner.troubles import ReadOnly
from jinjie.learner import attempts
from jinjie.learner.attempt import Attempt
try:
    with open_store(sys.argv[1] + "/log.sqlite") as here:
        attempts.write(here, Attempt("quiz", "a"))
except ReadOnly as error:
    print(error)
"""


def in_a_namespace(folder: Path, commands: str, code: str) -> str:
    """What `code` prints where `commands` have mounted something at `folder`; skipped where that is not allowed."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("this system mounts nothing for its users")
    done = subprocess.run(
        [
            "unshare",
            "-m",
            "sh",
            "-c",
            f'{commands} && exec "$2" -c "$3" "$1"',
            "sh",
            folder,
            sys.executable,
            code,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "mount:" in done.stderr:
        pytest.skip(f"this system mounts nothing for its users: {done.stderr[:80]}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_disk_that_is_full_is_said_and_loses_nothing(tmp_path: Path) -> None:
    said = in_a_namespace(tmp_path, 'mount -t tmpfs -o size=600k none "$1"', FILL).splitlines()
    assert "disk is full" in said[0] and int(said[-1]) > 10


def test_a_disk_that_is_read_only_is_said(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "log.sqlite")) as here:
        attempts.write(here, Attempt("quiz", "a"))
    said = in_a_namespace(tmp_path, 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"', READ)
    assert "cannot be written" in said
