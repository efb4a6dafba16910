"""Files are written whole or not at all: a temporary name in the same folder, fsync, rename, fsync of the folder.

A reader, or a machine that loses power, sees either the old file or the new one.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TEMPORARY = ".partial-"
_OLD = "-old-"


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content` to `path`, whole or not at all."""
    content = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f"{TEMPORARY}{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON, whole or not at all."""
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder that appears at `path` complete when the block ends, or not at all when it raises.

    What stands at `path` already is replaced. The folder around it must be there: one that was deleted is not
    brought back.
    """
    temporary = path.with_name(f"{TEMPORARY}{path.name}-{uuid.uuid4().hex[:8]}")
    temporary.mkdir()
    try:
        yield temporary
        for file in sorted(temporary.rglob("*")):
            if file.is_file():
                sync_file(file)
            else:
                sync_folder(file)
        sync_folder(temporary)
        if path.exists():
            # Two renames: a process killed between them leaves the old folder aside, and `clear_partial` puts it back.
            old = path.with_name(f"{TEMPORARY}{path.name}{_OLD}{uuid.uuid4().hex[:8]}")
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(path.parent)


def clear_partial(folder: Path, name: str = "") -> None:
    """Remove what a killed process left half-written in `folder`: everything, or what was to be called `name`….

    A folder that was moved aside to be replaced, and was not, is put back.
    """
    for leftover in folder.glob(f"{TEMPORARY}{name}*"):
        replaced, aside, _ = leftover.name.removeprefix(TEMPORARY).rpartition(_OLD)
        if aside and not (folder / replaced).exists():
            leftover.rename(folder / replaced)
        elif leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Ask the system to put a file's bytes on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Ask the system to put a folder's names on the disk (Windows has no such call)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
