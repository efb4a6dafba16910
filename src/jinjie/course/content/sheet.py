"""A YAML file as plain values that know their lines, so that every fault can be named by file and line.

What a course never needs is refused: tags, anchors and aliases (a few lines of them make gigabytes), a key twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import Problem
from jinjie.base.lazy import lazy
from jinjie.course.content.finding import Finding
from jinjie.course.content.kept import Kept

if TYPE_CHECKING:
    import yaml
else:
    yaml = lazy("yaml")  # texts and what was kept are read without it

LARGEST = 2**20
"""Bytes of a content file. The longest of ours has a twentieth of that."""
DEEPEST = 20
"""Values within values."""

Place = tuple[str | int, ...]
_PLAIN = {
    "MappingNode": "tag:yaml.org,2002:map",
    "SequenceNode": "tag:yaml.org,2002:seq",
}
_CONTROL = re.compile(r"[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is not printable (YAML 1.2, production 1)."""
_SCALARS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}


class Unreadable(Exception):
    """A file that cannot be read as plain values."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True)
class Sheet:
    """What a YAML file says: `data`, and the line of every value by its place: `("items", 2, "stem")`."""

    path: Path
    data: Any
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> dict[Place, int]:
        """Parsed anew where the values came from what was kept: few ever ask."""
        return _parsed(self.path, self.text)[1]

    def line(self, *place: str | int) -> int:
        """The line of a value, or of what holds it where it is not there itself."""
        for end in range(len(place), -1, -1):
            if (found := self.lines.get(tuple(place[:end]))) is not None:
                return found
        return 1

    def finding(self, code: str, place: Sequence[str | int], key: str, /, **params: Any) -> Finding:
        """A finding at a value of this file."""
        where = ".".join(str(part) for part in place)
        return Finding(code, self.path, self.line(*place), Problem(where, key, **params))


def read_words(path: Path) -> str:
    """A text file of the course. Raises Unreadable: not there, no file, too large, not UTF-8, control characters."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise Unreadable(Finding.at("C001", path, 1, "content.too_large", bytes=size, most=LARGEST))
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unreadable(Finding.at("C001", path, 1, "content.unreadable", reason=reason)) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(Finding.at("C001", path, line, "content.not_utf8")) from None
    text = text.replace("\r\n", "\n")
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        reason = f"U+{ord(found.group()):04X}"
        raise Unreadable(Finding.at("C001", path, line, "content.control_character", character=reason))
    return text


def read(path: Path, kept: Kept | None = None) -> Sheet:
    """The values of a YAML file with their lines, from `kept` where it has that text. Raises Unreadable."""
    text = read_words(path)
    if kept is None:
        return Sheet(path, _parsed(path, text)[0], text)
    if (known := kept.find(text)) is not None:
        return Sheet(path, known[0], text)
    sheet = Sheet(path, _parsed(path, text)[0], text)
    kept.keep(text, sheet.data)
    return sheet


def _parsed(path: Path, text: str) -> tuple[Any, dict[Place, int]]:
    """The values, and their lines by place. Raises Unreadable."""
    if (quick := _quickly(path, text)) is not None:
        return quick
    lines: dict[Place, int] = {}
    loader = yaml.SafeLoader(text)
    try:
        try:
            node = loader.get_single_node()
        except RecursionError:
            raise Unreadable(Finding.at("C001", path, 1, "content.too_deep", most=DEEPEST)) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = " ".join(part for part in (error.context, error.problem) if part)
            line = mark.line + 1 if mark else 1
            raise Unreadable(Finding.at("C001", path, line, "content.not_yaml", reason=reason)) from None
        except yaml.YAMLError as error:
            reason = str(error).splitlines()[0]
            raise Unreadable(Finding.at("C001", path, 1, "content.not_yaml", reason=reason)) from None
        data = None if node is None else _Reader(path, loader, lines).value(node, ())
    finally:
        loader.dispose()
    return data, lines


@lru_cache(maxsize=512)
def _quickly(path: Path, text: str) -> tuple[Any, dict[Place, int]] | None:
    """The same by libyaml, six times as fast; None where it is not there, or something is wrong with the file.

    A text that was read before is not parsed again: what is returned belongs to all who ask, and nobody changes it.
    What is wrong is said by the reader in Python, whose sentences are the clearer ones; and a file that nests deeply is
    its as well, since libyaml's composer has no bound but the stack.
    """
    if not yaml.__with_libyaml__ or _INDENTED.search(text) or text.count("[") + text.count("{") > _OPENERS:
        return None
    lines: dict[Place, int] = {}
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _Reader(path, loader, lines).value(node, ()), lines
    except (yaml.YAMLError, Unreadable, RecursionError):
        return None
    finally:
        loader.dispose()


_INDENTED = re.compile(r"^[ \t?:-]{200}", re.MULTILINE)
"""A line that may stand in very many levels."""
_OPENERS = 1000
"""Brackets that open in one file, those in words counted as well: twice what the longest of ours has."""


class _Reader:
    """From the nodes of one file to plain values."""

    def __init__(self, path: Path, loader: Any, lines: dict[Place, int]) -> None:
        self._path = path
        self._loader = loader
        self._lines = lines
        self._seen: set[int] = set()

    def value(self, node: Any, place: Place) -> Any:
        line = node.start_mark.line + 1
        self._lines.setdefault(place, line)
        if id(node) in self._seen:
            raise self._bad(line, "content.alias")
        self._seen.add(id(node))
        if len(place) > DEEPEST:
            raise self._bad(line, "content.too_deep", most=DEEPEST)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, line)
        if node.tag != _PLAIN[type(node).__name__]:
            raise self._bad(line, "content.tag", tag=node.tag)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, i)) for i, item in enumerate(node.value)]
        made: dict[str, Any] = {}
        for key, value in node.value:
            here = key.start_mark.line + 1
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or key.tag not in _SCALARS:
                raise self._bad(here, "content.no_name")
            if name in made:
                raise self._bad(here, "content.twice", name=name)
            self._lines[(*place, name)] = here
            made[name] = self.value(value, (*place, name))
        return made

    def _scalar(self, node: Any, line: int) -> Any:
        if node.tag not in _SCALARS:
            # a date that is written as one stays what was written
            if node.tag == "tag:yaml.org,2002:timestamp":
                return node.value
            raise self._bad(line, "content.tag", tag=node.tag)
        try:
            return self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            raise self._bad(line, "content.not_yaml", reason=str(error).splitlines()[0]) from None

    def _bad(self, line: int, key: str, **params: Any) -> Unreadable:
        return Unreadable(Finding.at("C001", self._path, line, key, **params))
