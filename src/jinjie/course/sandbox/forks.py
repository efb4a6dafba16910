"""Processes that have imported a library and are kept, to be copied for every job: see `inside.forks`.

A job that starts as a copy takes milliseconds where a new process takes 0.2 s with NumPy and seconds with PyTorch.
In tier 1 the copies share one set of namespaces, and Landlock keeps them from one another; without it, each job gets
a new process.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import queue
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from jinjie.course.sandbox import places
from jinjie.course.sandbox.inside import landlock
from jinjie.course.sandbox.inside.forks import OWN
from jinjie.course.sandbox.job import Library, Limits
from jinjie.course.sandbox.start import Started, call_in_starter, guest_command, popen_guest, work_folder

PATIENCE = 60.0
"""Seconds for a library to be imported, on a machine with much else to do."""

_kept: dict[tuple[int, int, Library, int], Server] = {}
_lock = threading.Lock()


def usable(tier: int) -> bool:
    """Whether jobs of a tier may start as copies here."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return False
    return tier != 1 or landlock.version() > 0


def start(tier: int, limits: Limits, library: Library) -> Started:
    """A guest as a copy of a kept process, which is started where there is none. Raises OSError."""
    key = (os.getpid(), tier, library, limits.disk_mb if tier == 1 else 0)
    for _ in range(2):  # one that has just ended gives way to a new one
        with _lock:
            server = _kept.get(key)
            if server is None or not server.alive:
                server = _kept[key] = Server(tier, limits, library)
        with contextlib.suppress(OSError):
            return server.copy()
    raise OSError("the process that is copied for every job has ended")


def close() -> None:
    """End every kept process."""
    with _lock:
        for server in _kept.values():
            server.end()
        _kept.clear()


atexit.register(close)


class Server:
    """One kept process, and the jobs that run as copies of it."""

    def __init__(self, tier: int, limits: Limits, library: Library) -> None:
        self.tier = tier
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock = ours
        self.jobs: dict[int, queue.SimpleQueue[int | None]] = {}
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.alive = True
        self.said = tempfile.TemporaryFile()  # noqa: SIM115  kept as long as the process
        command = [*guest_command(), "--forks", str(theirs.fileno()), library, *places.packages()]
        with theirs:
            self.process: subprocess.Popen[bytes] = call_in_starter(
                popen_guest, tier, limits, command, theirs.fileno(), self.said.fileno()
            )
        ours.settimeout(PATIENCE)
        try:
            if not ours.recv(4096):
                raise OSError(self._why())
        except OSError as error:
            self.end()
            raise OSError(str(error) or self._why()) from None
        ours.settimeout(None)
        threading.Thread(target=self._listen, daemon=True).start()

    def copy(self) -> Started:
        """A new guest. Raises OSError where the process has ended."""
        job = next(self.numbers)
        events: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        folder = None if self.tier == 1 else work_folder()
        pairs = [os.pipe() for _ in range(3)]
        theirs = (pairs[0][0], pairs[1][1], pairs[2][1])
        ours = (pairs[0][1], pairs[1][0], pairs[2][0])
        try:
            with self.lock:
                if not self.alive:
                    raise OSError("ended")
                self.jobs[job] = events
                asked = json.dumps({"id": job, "work": folder and str(folder)}).encode()
                socket.send_fds(self.sock, [asked], list(theirs))
            pid = events.get(timeout=PATIENCE)
            if pid is None or pid < 0:
                raise OSError("ended")
        except (OSError, queue.Empty) as error:
            for one in ours:
                os.close(one)
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            raise OSError(str(error)) from None
        finally:
            for one in theirs:
                os.close(one)
        work = str(folder) if folder is not None else f"{OWN}{job}"
        pipes = (os.fdopen(ours[0], "wb"), os.fdopen(ours[1], "rb"), os.fdopen(ours[2], "rb"))
        return Copy(self, job, events, pid, pipes, work, folder)

    def ask(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError), self.lock:
            self.sock.send(json.dumps(message).encode())

    def end(self) -> None:
        """End the process, and every copy with it."""
        self.alive = False
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.process.kill()
        self.process.wait()
        self.said.close()

    def _listen(self) -> None:
        """Pass on what the process says; a new copy speaks for itself, and the system adds its number among ours."""
        while True:
            try:
                message, beside, _, _ = self.sock.recvmsg(65536, socket.CMSG_SPACE(12))
            except OSError:
                break
            if not message:
                break
            told = json.loads(message)
            events = self.jobs.get(told.get("id", 0))
            if events is None:
                continue
            if told.get("born"):
                credentials = [data for _, kind, data in beside if kind == socket.SCM_CREDENTIALS]
                events.put(struct.unpack("3i", credentials[0][:12])[0])
            else:
                self.jobs.pop(told["id"], None)
                events.put(None)
                events.put(told["code"])
        with self.lock:
            self.alive = False
            for events in self.jobs.values():
                events.put(None)
                events.put(-9)
        self.sock.close()

    def _why(self) -> str:
        """What the process printed before it ended."""
        self.said.seek(0)
        return self.said.read().decode(errors="replace").strip()[-500:] or "no answer"


class Copy(Started):
    """A guest that is a copy of a kept process."""

    def __init__(
        self,
        server: Server,
        job: int,
        events: queue.SimpleQueue[int | None],
        pid: int,
        pipes: tuple[IO[bytes], IO[bytes], IO[bytes]],
        work: str,
        folder: Path | None,
    ) -> None:
        super().__init__(server.tier, pid, pipes, work, folder)
        self.server = server
        self.job = job
        self.events = events
        self.code: int | None = None

    def wait(self, timeout: float | None = None) -> int | None:
        while self.code is None:
            try:
                found = self.events.get(timeout=timeout)
            except queue.Empty:
                return None
            if found is not None:
                self.code = found
        return self.code

    def kill(self) -> None:
        if self.code is None:
            self.server.ask({"id": self.job, "kill": True})
            if self.wait(10.0) is None:
                self.server.end()
                self.code = -9
