"""What of the course's texts need not be read again: trees, short texts as HTML, the index of the search.

Each is kept with all that it depends on. Lessons go by their words, so that a changed file is another text; the rest
goes by the library, of which there is a new one whenever a file of a preview changes.
"""

from __future__ import annotations

import threading
from pathlib import Path

from jinjie.base.words import Language
from jinjie.course.content.library import Library
from jinjie.course.find import index
from jinjie.course.render import parse
from jinjie.course.render.html import html
from jinjie.course.render.tree import Tree

TREES = 64
"""Lessons, each in a language."""
TEXTS = 1000
"""Answers of interviews, statements of exercises: what has no numbers drawn for one learner."""


class Reading:
    """The texts of one library. Threads may share one."""

    def __init__(self, library: Library, roots: tuple[Path, ...] | None) -> None:
        self.library = library
        self._roots = roots
        self._trees: dict[tuple[Path, Language, str], Tree] = {}
        self._texts: dict[tuple[str, Language], str] = {}
        self._index: bytes | None = None
        self._lock = threading.Lock()

    def tree(self, words: str, file: Path, lang: Language) -> Tree:
        """The tree of a lesson's words in this file."""
        key = file, lang, words
        if (found := self._trees.get(key)) is None:
            found = parse(words, file)
            with self._lock:
                if len(self._trees) >= TREES:
                    self._trees.clear()
                self._trees[key] = found
        return found

    def text(self, words: str, lang: Language) -> str:
        """A short text as HTML."""
        key = words, lang
        if (found := self._texts.get(key)) is None:
            found = html(parse(words), self.library, lang).body
            with self._lock:
                if len(self._texts) >= TEXTS:
                    self._texts.clear()
                self._texts[key] = found
        return found

    @property
    def index(self) -> bytes:
        """What the search looks into."""
        with self._lock:
            if self._index is None:
                self._index = index.database(self._roots)
            return self._index
