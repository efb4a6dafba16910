"""Our own course as it was read last, so that a command neither reads nor judges two hundred files to show one.

One file: a line that says of what it was made, and then a line of JSON for every entry, which is made when it is first
asked for. It is good while the files that were read, their folders, and the code that read them have the size and time
that they had then; a course with findings is never kept, so that they are found again. The file is trusted when its
sum is right; anything else only means that it is made again.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zlib import crc32

from jinjie import __version__
from jinjie.base import words
from jinjie.base.files import write_whole
from jinjie.base.paths import course_home
from jinjie.base.stamps import Stamp, stamp
from jinjie.course.content.library import Library, Written

if TYPE_CHECKING:
    from jinjie.course.content import schema

E = TypeVar("E", bound="schema.Entry")
Stamps = dict[str, Stamp]
"""Time in nanoseconds and size, by path."""

FORMAT = 1
YOUNG = 2 * 10**9
"""Nanoseconds in which a file may change once more without its time being another one."""
KIND = ""
"""The key under which an entry's line names its class; no field is called so."""


def stamps(root: Path) -> Stamps:
    """Of all that a library of this folder is made of."""
    with os.scandir(Path(__file__).parent) as code:
        found = {file.path for file in code if file.name.endswith(".py")} | {words.__file__}
    found |= {str(root), *(str(folder) for folder in root.iterdir() if folder.is_dir())}
    found |= {str(file) for pattern in ("*/*.yaml", "*/*/*.yaml", "*/*/*.md") for file in root.glob(pattern)}
    return {path: found_at for path in sorted(found) if (found_at := stamp(path)) is not None}


def keep(library: Library, begun: Stamps) -> None:
    """What was read; `begun` are the stamps from before. A home that cannot be written is no fault."""
    if begun != stamps(library.roots[0]) or max(begun.values())[0] > time.time_ns() - YOUNG:
        return
    names: dict[str, list[tuple[str, str, list[str | int]]]] = {}
    lines = []
    for family in _families():
        names[family] = []
        for one in getattr(library, family).values():
            names[family].append((one.slug, str(one.file), list(one.at)))
            lines.append(json.dumps(_plain(one.entry), ensure_ascii=False, separators=(",", ":")))
    body = "\n".join(lines).encode()
    head = _made_by(library.roots[0]) | {"sum": crc32(body), "stamps": begun, "entries": names}
    file = _file()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(head, ensure_ascii=False).encode() + b"\n" + body)


def find(root: Path) -> Library | None:
    """The library of this folder, where what was kept of it is still so."""
    try:
        first, _, body = _file().read_bytes().partition(b"\n")
        head = json.loads(first)
        wanted = _made_by(root)
        if {name: head[name] for name in wanted} != wanted or crc32(body) != head["sum"]:
            return None
        if any(stamp(path) != tuple(then) for path, then in head["stamps"].items()):
            return None
        return _KeptLibrary.of(root, sha256(first).hexdigest(), head["entries"], body.split(b"\n"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


class _KeptWritten(Written[E], Generic[E]):
    """Its entry is made of its line, and its sheet is read, when one asks for them."""

    @classmethod
    def of(cls, slug: str, file: str, at: list[str | int], line: bytes) -> _KeptWritten[E]:
        one = object.__new__(cls)
        one.__dict__.update(slug=slug, ours=True, at=tuple(at), _file=file, _line=line)
        return one

    @property
    def file(self) -> Path:
        return Path(self.__dict__["_file"])

    @property
    def folder(self) -> Path:
        return self.file.parent

    def __getattr__(self, name: str) -> Any:
        if name == "entry":
            made = json.loads(self.__dict__["_line"], object_hook=_made)
        elif name == "sheet":
            from jinjie.course.content.sheet import read

            made = read(self.file)
        else:
            raise AttributeError(name)
        self.__dict__[name] = made
        return made


class _KeptLibrary(Library):
    """The entries of one kind are looked up when one asks for them."""

    @classmethod
    def of(cls, root: Path, kept_as: str, entries: dict[str, list[Any]], lines: list[bytes]) -> _KeptLibrary:
        one = object.__new__(cls)
        begin, places = 0, {}
        for family in _families():
            places[family] = (entries[family], begin)
            begin += len(entries[family])
        if begin != len(lines):
            raise ValueError("a line for every entry")
        one.__dict__.update(roots=(root,), findings=[], kept_as=kept_as, _places=places, _lines=lines)
        return one

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.__dict__["_places"]:
            raise AttributeError(name)
        entries, begin = self.__dict__["_places"][name]
        lines = self.__dict__["_lines"]
        made: dict[str, Written[Any]] = {
            slug: _KeptWritten.of(slug, file, at, lines[begin + i])
            for i, (slug, file, at) in enumerate(entries)
        }
        self.__dict__[name] = made
        return made


def _families() -> list[str]:
    return [one.name for one in fields(Library) if one.name not in ("roots", "findings")]


def _file() -> Path:
    return course_home() / "library.jsonl"


def _made_by(root: Path) -> dict[str, Any]:
    return {"format": FORMAT, "version": __version__, "root": str(root)}


def _plain(value: Any) -> Any:
    """An entry as JSON from which `_made` makes it again: its class, and the fields that are not as they come."""
    if is_dataclass(value):
        said = {one.name: getattr(value, one.name) for one in fields(value)}
        usual = {one.name: one.default for one in fields(value) if one.default is not MISSING}
        told = {name: _plain(said[name]) for name in said if name not in usual or said[name] != usual[name]}
        return {KIND: type(value).__name__} | told
    if isinstance(value, date):
        return {KIND: "date", "day": value.isoformat()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _made(values: dict[str, Any]) -> Any:
    """What `_plain` said. Fields that are as they come are the class's own attributes."""
    if KIND not in values:
        return values
    kind = values.pop(KIND)
    if kind == "date":
        return date.fromisoformat(values["day"])
    one: Any = object.__new__(_classes()[kind])
    # every list of an entry is a tuple; those in a recipe's settings are inside a dictionary
    one.__dict__.update((n, tuple(v) if type(v) is list else v) for n, v in values.items())
    return one


@cache
def _classes() -> dict[str, type]:
    from jinjie.course.content import schema

    return {name: found for name, found in vars(schema).items() if isinstance(found, type)}
