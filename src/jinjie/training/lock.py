"""Alive means locked: the worker holds an OS lock on `RUN/lock` for as long as it lives, and its pid is in it.

The system lets go of the lock when the process ends, however it ends, so a lock never goes stale.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import portalocker
else:
    portalocker = lazy("portalocker")  # not needed where there is no run

_BYTES = 20
PATIENCE = 1.0
"""Seconds a worker waits for the lock: those who only look hold it for microseconds."""


class AlreadyRunning(JinjieError):
    """A worker for this run is alive."""

    exit_code = 5


def take(path: Path) -> IO[str]:
    """Lock `path` for this process and write its pid into it; keep the file open for as long as the lock is wanted.

    Raises AlreadyRunning when another process holds it.
    """
    file = path.open("a+", encoding="ascii")
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
            break
        except portalocker.LockException:
            if time.monotonic() > deadline:
                file.close()
                raise AlreadyRunning("run.already_running", run=path.parent.name, pid=_pid(path)) from None
            time.sleep(0.02)
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def holder(path: Path) -> int | None:
    """The pid of the living process that holds the lock, or None."""
    try:
        file = path.open("r", encoding="ascii")
    except FileNotFoundError:
        return None
    with file:
        try:
            portalocker.lock(file, portalocker.LockFlags.SHARED | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            return _pid(path)
        portalocker.unlock(file)
        return None


def _pid(path: Path) -> int | None:
    """The pid in the lock; a locker that has not written yet is given a moment."""
    for _ in range(50):
        content = path.read_text(encoding="ascii").strip()
        if content.isdigit():
            return int(content)
        time.sleep(0.01)
    return None
