"""A guest process is started, in each tier its own way; what follows is the same for all."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, TypeVar

from jinjie.course.sandbox import places
from jinjie.course.sandbox.inside import seccomp
from jinjie.course.sandbox.job import Library, Limits

T = TypeVar("T")

WORK = "/tmp/work"
"""The work folder within bubblewrap."""

_folders: set[Path] = set()
"""Work folders to be taken away at the end, should nobody have done so before."""

_starter = ThreadPoolExecutor(1, thread_name_prefix="sandbox-starter")
"""One thread that stays: "die with the parent" means the thread that started the child, not its process."""


class Started(ABC):
    """A guest process, before anything was said to it."""

    def __init__(
        self,
        tier: int,
        pid: int,
        pipes: tuple[IO[bytes], IO[bytes], IO[bytes]],
        work: str,
        folder: Path | None,
    ) -> None:
        self.tier = tier
        self.pid = pid
        """The process to watch, with its children."""
        self.stdin, self.stdout, self.stderr = pipes
        self.work = work
        """The work folder as the guest sees it."""
        self.folder = folder
        """The folder on this machine that goes with the process; none in tier 1, whose files lie in memory."""

    @abstractmethod
    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, that of a signal negative; None where it lives on at the timeout."""

    @abstractmethod
    def kill(self) -> None:
        """End the process and all that it has started, and wait for that."""

    def remove(self) -> None:
        """Take the work folder away, whatever was done to it."""
        if self.folder is not None:
            _remove(self.folder)


class Fresh(Started):
    """A guest that is a process of its own."""

    def __init__(self, tier: int, process: subprocess.Popen[bytes], work: str, folder: Path | None) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        super().__init__(tier, process.pid, (process.stdin, process.stdout, process.stderr), work, folder)
        self.process = process

    def wait(self, timeout: float | None = None) -> int | None:
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        return (
            128 - code if self.tier == 1 and code > 128 else code
        )  # bubblewrap gives a signal as a shell does

    def kill(self) -> None:
        """In tier 1 the namespace goes with its first process, and all in it."""
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(tier: int, limits: Limits, library: Library, fresh: bool = False) -> Started:
    """Start a guest, as a copy of a kept process unless `fresh`. Raises OSError where that is not possible."""
    if not fresh:
        from jinjie.course.sandbox import forks

        if forks.usable(tier):
            return forks.start(tier, limits, library)
    if tier == 1:
        return Fresh(1, call_in_starter(popen_guest, 1, limits, guest_command()), WORK, None)
    folder = work_folder()
    try:
        process = call_in_starter(popen_guest, tier, limits, guest_command(), cwd=str(folder))
    except OSError:
        _remove(folder)
        raise
    return Fresh(tier, process, str(folder), folder)


def work_folder() -> Path:
    """A new folder that this user alone may enter; it goes with its process, or with ours."""
    folder = Path(tempfile.mkdtemp(prefix="jinjie-")).resolve()
    _folders.add(folder)
    return folder


def _remove(folder: Path) -> None:
    for _ in range(3):
        shutil.rmtree(folder, onerror=_open_and_again)
        if not folder.exists():
            break
    _folders.discard(folder)


@atexit.register
def _remove_all() -> None:
    for folder in tuple(_folders):
        _remove(folder)


def call_in_starter(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a function in the thread that stays."""
    return _starter.submit(function, *args, **kwargs).result()


def guest_command() -> list[str]:
    """The command line of a guest, the folder that holds jinjie its first argument."""
    return [places.python(), "-I", "-S", str(places.GUEST), str(places.source_folder())]


def popen_guest(
    tier: int,
    limits: Limits,
    command: list[str],
    sock: int | None = None,
    said: int | None = None,
    cwd: str = "/",
) -> subprocess.Popen[bytes]:
    """A process in a session of its own: with three pipes, or with a socket and a file for what it may print.

    In tier 1 a process that is to be copied gets no filter of system calls: its copies set theirs themselves.
    """
    fds = [] if sock is None else [sock]
    env = environment(WORK if tier == 1 else cwd)
    if tier == 1:
        from jinjie.course.sandbox import bubblewrap

        path = bubblewrap.program()
        if path is None:
            raise OSError("no bubblewrap that works here")
        if sock is None:
            fds.append(filter_pipe())
        command = [*bubblewrap.command(path, limits, fds[0] if sock is None else None), *command]
        env = {}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE if sock is None else subprocess.DEVNULL,
            stdout=subprocess.PIPE if said is None else said,
            stderr=subprocess.PIPE if said is None else said,
            cwd=cwd if tier != 1 and cwd != "/" else None,
            env=env,
            pass_fds=tuple(fds),
            start_new_session=True,
        )
    finally:
        if tier == 1 and sock is None:
            os.close(fds[0])


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
