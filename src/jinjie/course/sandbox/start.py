"""A guest process is started, in each tier its own way; what follows is the same for all."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jinjie.course.sandbox import places
from jinjie.course.sandbox.inside import seccomp
from jinjie.course.sandbox.job import Limits

WORK = "/tmp/work"
"""The work folder within bubblewrap."""

_starter = ThreadPoolExecutor(1, thread_name_prefix="sandbox-starter")
"""One thread that stays: "die with the parent" means the thread that started the child, not its process."""


@dataclass
class Started:
    """A guest process, before anything was said to it."""

    process: subprocess.Popen[bytes]
    tier: int
    work: str
    """The work folder as the guest sees it."""
    folder: Path | None
    """The folder on this machine that goes with the process; none in tier 1, whose files lie in memory."""

    def kill(self) -> None:
        """End the whole group of processes. In tier 1 the namespace goes with its first process, and all in it."""
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self.process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def remove(self) -> None:
        """Take the work folder away, whatever was done to it."""
        if self.folder is None:
            return
        for _ in range(3):
            shutil.rmtree(self.folder, onerror=_open_and_again)
            if not self.folder.exists():
                return


def start(tier: int, limits: Limits) -> Started:
    """Start a guest. Raises OSError where that is not possible."""
    return _starter.submit(_start, tier, limits).result()


def _start(tier: int, limits: Limits) -> Started:
    guest = [places.python(), "-I", "-S", str(places.GUEST), str(places.source_folder())]
    if tier == 1:
        from jinjie.course.sandbox import bubblewrap

        return Started(bubblewrap.popen(guest, limits), 1, WORK, None)
    folder = Path(tempfile.mkdtemp(prefix="jinjie-")).resolve()
    try:
        process = popen(guest, environment(str(folder)), cwd=str(folder))
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Started(process, tier, str(folder), folder)


def popen(
    command: list[str], env: dict[str, str], cwd: str | None = None, pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    """A process in a session of its own with three pipes."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=env,
        pass_fds=pass_fds,
        start_new_session=True,
        bufsize=-1,
    )


def environment(work: str) -> dict[str, str]:
    """Everything that the guest's environment holds: nothing of ours, and one thread for every library.

    Libraries of linear algebra start a thread a core, each with memory of its own, which a limit of memory stops.
    """
    made = {
        "PATH": "/usr/bin:/bin",
        "HOME": work,
        "TMPDIR": work,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }
    if sys.platform == "win32":
        made["SYSTEMROOT"] = os.environ.get("SYSTEMROOT", r"C:\Windows")
        made["TEMP"] = made["TMP"] = work
    return made


def filter_pipe() -> int:
    """A pipe that holds the filter for a process in a namespace of its own, to be read to its end."""
    out, into = os.pipe()
    with os.fdopen(into, "wb") as file:
        file.write(seccomp.assemble(execute=True))
    return out


def _open_and_again(function: object, path: str, problem: object) -> None:
    """A folder that was shut against its owner is opened, for the next try."""
    with contextlib.suppress(OSError):
        Path(path).parent.chmod(0o700)
    with contextlib.suppress(OSError):
        if not Path(path).is_symlink():
            Path(path).chmod(0o700)
