"""What a process and its children take, seen from outside."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from jinjie.course.sandbox.job import Ended, Limits
from jinjie.course.sandbox.start import Started

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Watch:
    """Looks at a guest now and then; memory counts from the first look, when its libraries are imported."""

    def __init__(self, started: Started, limits: Limits) -> None:
        self.started = started
        self.limits = limits
        self.full = False
        """Whether it has been near its limit of memory."""
        self.at_first = 0
        self.deepest = started.pid
        self.at_first, _, self.mapped_first = self._taken()

    def look(self) -> Ended | None:
        """Why it has to be stopped now, or None."""
        held, threads, mapped = self._taken()
        most = self.limits.memory_mb * 2**20
        if mapped - self.mapped_first > 0.8 * most:
            self.full = True
        if held - self.at_first > most:
            return Ended.MEMORY
        if threads > self.limits.threads:
            return Ended.THREADS
        return Ended.DISK if self._disk_is_full() else None

    def _taken(self) -> tuple[int, int, int]:
        """Bytes held in memory, threads, and bytes of address space of all processes together."""
        if not sys.platform.startswith("linux"):
            return self._taken_elsewhere()
        held = threads = mapped = 0
        waiting = [self.started.pid]
        while waiting:
            pid = waiting.pop()
            try:
                size, resident = map(int, Path(f"/proc/{pid}/statm").read_text().split()[:2])
                tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208
                for task in tasks[: self.limits.threads]:
                    waiting += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
            except (OSError, ValueError):
                continue
            self.deepest = pid
            held += resident * PAGE
            mapped += size * PAGE
            threads += len(tasks)
        return held, threads, mapped

    def _taken_elsewhere(self) -> tuple[int, int, int]:
        import psutil

        held = threads = 0
        try:
            root = psutil.Process(self.started.pid)
            for one in (root, *root.children(recursive=True)):
                held += one.memory_info().rss
                threads += one.num_threads()
        except psutil.Error:
            pass
        return held, threads, held

    def _disk_is_full(self) -> bool:
        if self.started.folder is None:
            return self._too_many_in_memory()
        return _too_much(self.started.folder, self.limits.files, self.limits.disk_mb * 2**20)

    def _too_many_in_memory(self) -> bool:
        """Files in tier 1, counted by the system where it lets us look in; the root there cannot be changed."""
        try:
            found = os.statvfs(f"/proc/{self.deepest}/root/tmp")
        except OSError:
            return False
        return found.f_files - found.f_ffree > self.limits.files + 16  # and those that are always there


def _too_much(folder: Path, most_files: int, most_bytes: int) -> bool:
    """Whether a folder holds more; the look itself ends as soon as that is known, or after a tenth of a second."""
    files = taken = 0
    waiting = [str(folder)]
    until = time.monotonic() + 0.1
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        taken += entry.stat(follow_symlinks=False).st_blocks * 512
                    if files > most_files or taken > most_bytes:
                        return True
                    if time.monotonic() > until:
                        return False
        except OSError:
            continue
    return False
