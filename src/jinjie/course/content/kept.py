"""The course's sheets as they were parsed before, so that a command does not parse a hundred YAML files anew.

One JSON file holds the values of each by the sha256 of its text: a file that changed is parsed, and nothing else can
become stale. Whatever is wrong with the file itself only means that it is made again.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

from jinjie.base.files import write_whole
from jinjie.base.paths import course_home

FORMAT = 1
"""Raised when the reader of sheets gives other values for the same text."""


class Kept:
    """What was read last time; `keep` takes what is read this time, `save` writes it where that is something new."""

    def __init__(self) -> None:
        self._file = course_home() / "sheets.json"
        self._known = self._read()
        self._used: dict[str, Any] = {}

    def find(self, text: str) -> tuple[Any] | None:
        """The values of a text in a tuple of one, since a text may say nothing at all: None."""
        key = _key(text)
        if key not in self._known:
            return None
        self._used[key] = self._known[key]
        return (self._known[key],)

    def keep(self, text: str, data: Any) -> None:
        self._used[_key(text)] = data

    def save(self) -> None:
        """A home that cannot be written is no fault: the next command parses again."""
        if self._used.keys() != self._known.keys():
            content = json.dumps({"format": FORMAT, "sheets": self._used}, ensure_ascii=False)
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._file, content)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            return {}
        sheets = found.get("sheets")
        return sheets if isinstance(sheets, dict) else {}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
