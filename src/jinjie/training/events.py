"""The run's diary: `events.jsonl`, one JSON object a line, appended by the worker and tailed by everyone else.

The table of types is in docs/decisions/0003-runs-launching-events.md.
"""

from __future__ import annotations

import errno
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinjie.base.errors import JinjieError

Event = dict[str, Any]

UNEQUAL = ("time", "rate", "left", "memory")
"""Fields that differ between two otherwise equal runs."""


class RunGone(JinjieError):
    """The run's folder was deleted under its worker."""

    exit_code = 3


class DiskFull(JinjieError):
    """No room for what a run has to write."""

    exit_code = 4


def full(error: Exception) -> bool:
    """Whether a write failed for want of room: a full disk, a quota, a limit on the size of files."""
    return _code(error) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _code(error: Exception) -> int | None:
    """The system's number for what went wrong; safetensors says it in words."""
    said = re.search(r"\(os error (\d+)\)", str(error))
    return int(said[1]) if said else getattr(error, "errno", None)


def unwritable(run: Path, path: Path, error: Exception) -> JinjieError:
    """The error that a failed write means to the user."""
    if not run.is_dir() or _code(error) == errno.ENOENT:  # gone, or just being removed file by file
        return RunGone("run.gone", run=run.name)
    if full(error):
        return DiskFull("run.disk_full", path=path, reason=str(error))
    return JinjieError("run.cannot_write", path=path, reason=str(error))


class Writer:
    """Appends events; a line is one write, and a line that does not fit is taken back whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        self._cut_torn_line()

    def write(self, type: str, **fields: Any) -> None:
        """Append one event. Raises RunGone when the folder is gone, DiskFull when the line does not fit."""
        self._check_there()
        line = json.dumps({"type": type, "time": time.time(), **fields}, ensure_ascii=False) + "\n"
        data = line.encode()
        start = os.lseek(self._file, 0, os.SEEK_END)
        try:
            written = os.write(self._file, data)
            if written < len(data):
                os.write(self._file, data[written:])  # a full disk takes part of it and then says why
        except OSError as error:
            os.ftruncate(self._file, start)
            raise DiskFull("run.disk_full", path=self.path, reason=error.strerror) from error

    def sync(self) -> None:
        """Put everything written so far on the disk. Raises RunGone when the folder is gone."""
        self._check_there()
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)

    def _check_there(self) -> None:
        if os.fstat(self._file).st_nlink == 0:
            raise RunGone("run.gone", run=self.path.parent.name)

    def _cut_torn_line(self) -> None:
        """Cut off what a killed worker left of its last line."""
        size = os.lseek(self._file, 0, os.SEEK_END)
        with self.path.open("rb") as file:
            kept = _end_of_last_line(file.read())
        if kept < size:
            os.ftruncate(self._file, kept)


def read(path: Path) -> list[Event]:
    """The events that count: whole lines, without those that a resume made void."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    return current(list(parse(content[: _end_of_last_line(content)])))


def current(events: list[Event]) -> list[Event]:
    """Drop, at each `resumed`, the earlier events past its step, and what ended the run before."""
    kept: list[Event] = []
    for event in events:
        if event["type"] == "resumed":
            kept = [e for e in kept if stands(e, event["step"])]
        kept.append(event)
    return kept


def stands(event: Event, resumed: int) -> bool:
    """Whether an earlier event still counts after a resume at a step; a run that resumes at step 0 begins anew."""
    if event["type"] in ("stopped", "failed", "finished") or event.get("split") == "test":
        return False
    return "step" not in event or (resumed > 0 and event["step"] <= resumed)


def parse(content: bytes) -> Iterator[Event]:
    """Whole lines as events; a line that is not an event (a damaged disk) is passed over."""
    for line in content.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "type" in event:
            yield event


class Tail:
    """Follows a growing file of events from where it last looked."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset

    def read(self) -> list[Event]:
        """The whole lines that came since the last call. Raises RunGone when the folder is gone."""
        try:
            with self.path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self.offset:
                    self.offset = 0
                file.seek(self.offset)
                content = file.read()
        except FileNotFoundError:
            if not self.path.parent.exists():
                raise RunGone("run.gone", run=self.path.parent.name) from None
            return []
        end = _end_of_last_line(content)
        self.offset += end
        return list(parse(content[:end]))


def _end_of_last_line(content: bytes) -> int:
    return content.rfind(b"\n") + 1
