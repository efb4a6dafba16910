"""Times and size of files, by which one sees that what was worked out of them is still so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

Stamp = tuple[int, int, int]
"""Times of the last writing and of the last change in nanoseconds, and size in bytes. One may set the first as one
likes, as what unpacks an archive does; the second the system sets (on Windows it is the time of the making)."""


def stamp(path: str) -> Stamp | None:
    """Of what is at a path; None where nothing is."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a thousand of them, for each of which a Path takes as long as the call
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size


def stamps(folder: Path) -> Iterator[tuple[str, Stamp | None]]:
    """Of the files in a folder and those within it; what Python compiles of them is left out."""
    for one in sorted(os.scandir(folder), key=lambda one: one.name):
        if one.is_dir():
            if one.name != "__pycache__":
                yield from stamps(Path(one.path))
        else:
            yield one.path, stamp(one.path)
