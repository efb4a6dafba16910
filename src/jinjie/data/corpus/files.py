"""The files of a corpus: those a path, a folder or a pattern stands for, and what tells two corpora apart."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jinjie.base import paths
from jinjie.base.errors import InvalidInput, Problem
from jinjie.data.fetch import sha256
from jinjie.data.reading import at_most, existing_file

Format = Literal["text", "lines", "json", "csv", "tsv", "parquet"]
FORMATS: dict[str, Format] = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
"""What each ending holds; `.gz` may stand behind all but `.parquet`, which is compressed inside."""

HASHED = 256 * 1024**2
"""Bytes of text that are told apart by their content; a larger corpus by paths, sizes and times of change."""


@dataclass(frozen=True)
class File:
    """One file of a corpus; `name` is how errors call it."""

    path: Path
    name: str
    format: Format
    gzipped: bool
    size: int
    changed: int
    """Time of the last change in nanoseconds."""


def find(path: str, where: str = "data.path") -> list[File]:
    """The files that `path` stands for, in the order of their names.

    A file of any name (text unless its ending says otherwise), a folder (all of it, but for hidden files and unknown
    endings), or a pattern with `*`, `?`, `[…]` and `**`. Raises InvalidInput naming every file that cannot be read.
    """
    place = paths.place(path)
    if place.is_dir():
        found = sorted(_inside(place), key=lambda file: file.relative_to(place).parts)
        if not found:
            raise InvalidInput([Problem(where, "corpus.no_files", path=path, endings=", ".join(FORMATS))])
        return _opened(found, place, where)
    if glob.has_magic(str(place)) and not place.exists():
        matched = map(Path, glob.glob(str(place), recursive=True))  # noqa: PTH207 (an absolute pattern)
        files = sorted((file for file in matched if file.is_file()), key=lambda file: file.parts)
        if not files:
            raise InvalidInput([Problem(where, "corpus.no_match", path=path, here=Path.cwd())])
        return _opened(files, None, where)
    return _opened([existing_file(path, where)], None, where)


def identity(files: list[File], read: Callable[[int], None] | None = None) -> list[Any]:
    """What tells this corpus from any other, to be hashed; moving a small one or touching its files changes nothing."""
    if sum(file.size for file in files) > HASHED:
        return [[str(f.path), f.format, f.gzipped, f.size, f.changed] for f in files]
    known = []
    for file in files:
        known.append([file.format, file.gzipped, sha256(file.path)])
        if read is not None:
            read(file.size)
    return known


def changed(files: list[File]) -> list[File]:
    """Those whose size or time of change is no longer what it was."""
    different = []
    for file in files:
        try:
            now = file.path.stat()
        except OSError:
            different.append(file)
        else:
            if (now.st_size, now.st_mtime_ns) != (file.size, file.changed):
                different.append(file)
    return different


def _inside(folder: Path) -> Iterator[Path]:
    """Every file of a known ending below a folder; links to folders are not followed, so no walk is endless."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(root, name)
            if not name.startswith(".") and _ending(file)[0] in FORMATS and file.is_file():
                yield file


def _ending(path: Path) -> tuple[str, bool]:
    """The ending that says the format, in small letters, and whether `.gz` stands behind it."""
    gzipped = path.suffix.lower() == ".gz"
    return (Path(path.stem).suffix if gzipped else path.suffix).lower(), gzipped


def _opened(paths: list[Path], folder: Path | None, where: str) -> list[File]:
    files, problems = [], []
    for path in paths:
        name = str(path.relative_to(folder)) if folder else str(path)
        try:
            with path.open("rb"):
                pass
            stat = path.stat()
        except OSError as error:
            problems.append(Problem(where, "data.unreadable", path=name, reason=error.strerror))
            continue
        ending, gzipped = _ending(path)
        files.append(File(path, name, FORMATS.get(ending, "text"), gzipped, stat.st_size, stat.st_mtime_ns))
    if problems:
        raise at_most(problems, where)
    return files


def key_of(*parts: Any) -> str:
    """16 hexadecimal digits for a value of plain data."""
    import json

    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, sort_keys=True).encode()).hexdigest()[:16]
