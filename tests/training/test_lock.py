"""Alive means locked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jinjie.training import lock

HOLD = """
import sys, time
from pathlib import Path
from jinjie.training import lock
held = lock.take(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_holder_is_seen_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert lock.holder(path) is None
    process = hold(path)
    assert lock.holder(path) == process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert lock.holder(path) is None  # the pid still stands in the file; the lock does not


def test_a_second_worker_is_refused(tmp_path: Path) -> None:
    """Fault: two workers for one run would write over each other."""
    path = tmp_path / "lock"
    process = hold(path)
    try:
        with pytest.raises(lock.AlreadyRunning, match=str(process.pid)):
            lock.take(path)
    finally:
        process.kill()
        process.wait()
    lock.take(path).close()


def test_looking_does_not_keep_a_worker_out(tmp_path: Path) -> None:
    """Fault: a studio that asks twenty times a second who is alive must not make a start fail."""
    path = tmp_path / "lock"
    path.touch()
    script = f"from pathlib import Path\nfrom jinjie.training import lock\nwhile True: lock.holder(Path({str(path)!r}))"
    looker = subprocess.Popen([sys.executable, "-c", script])
    try:
        time.sleep(0.3)
        for _ in range(20):
            lock.take(path).close()
        assert looker.poll() is None and lock.holder(path) is None
    finally:
        looker.kill()
        looker.wait()
