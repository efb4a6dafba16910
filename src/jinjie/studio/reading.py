"""What of the course's texts need not be read again: trees, short texts as HTML, the index of the search.

Each is kept with all that it depends on. Lessons go by their words, so that a changed file is another text; the rest
goes by the library, of which there is a new one whenever a file of a preview changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from jinjie.base.words import Language
from jinjie.course.content.library import Library
from jinjie.course.find import index
from jinjie.course.render.html import Page, html, line
from jinjie.course.render.reading import parse, parse_line
from jinjie.course.render.results import Printed, Results
from jinjie.course.render.tree import Figure, Python, Tree

TREES = 64
"""Lessons, each in a language."""
TEXTS = 2000
"""Answers of interviews, statements of exercises, questions: those with numbers drawn for one learner come and go."""


class _Heard:
    """Results, and what they were asked and answered."""

    def __init__(self, results: Results) -> None:
        self._results: Results | None = results
        self._printed: list[tuple[Python, Printed | None]] = []
        self._drawn: list[tuple[Figure, bytes | None]] = []

    def printed(self, code: Python) -> Printed | None:
        assert self._results is not None
        self._printed.append((code, self._results.printed(code)))
        return self._printed[-1][1]

    def drawing(self, figure: Figure) -> bytes | None:
        assert self._results is not None
        self._drawn.append((figure, self._results.drawing(figure)))
        return self._drawn[-1][1]

    def forget(self) -> None:
        """Let go of the results: only their answers are kept."""
        self._results = None

    def same(self, results: Results) -> bool:
        """Whether these results answer as those did."""
        return all(results.printed(code) == said for code, said in self._printed) and all(
            results.drawing(figure) == said for figure, said in self._drawn
        )


class Reading:
    """The texts of one library. Threads may share one."""

    def __init__(self, library: Library, roots: tuple[Path, ...] | None) -> None:
        self.library = library
        self._roots = roots
        self._trees: dict[tuple[Path, Language, str], Tree] = {}
        self._pages: dict[tuple[Path, Language], tuple[Tree, _Heard, Page]] = {}
        self._texts: dict[tuple[str, Language, Path | str | None], str] = {}
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

    def page(self, tree: Tree, lang: Language, results: Results) -> Page:
        """A lesson as a page. The results are asked again each time: with other answers it is another page."""
        key = tree.file, lang
        kept = self._pages.get(key)
        if kept is not None and kept[0] is tree and kept[1].same(results):
            return kept[2]
        heard = _Heard(results)
        made = html(tree, self.library, lang, heard)
        heard.forget()
        with self._lock:
            if len(self._pages) >= TREES:
                self._pages.clear()
            self._pages[key] = tree, heard, made
        return made

    def text(self, words: str, lang: Language, file: Path | None = None) -> str:
        """A short text as HTML; `file` is where it stands, beside its pictures."""
        return self._kept((words, lang, file), lambda: html(parse(words, file), self.library, lang).body)

    def line(self, words: str, lang: Language) -> str:
        """Text in the line as HTML."""
        return self._kept((words, lang, "line"), lambda: line(parse_line(words), self.library, lang))

    def _kept(self, key: tuple[str, Language, Path | str | None], make: Callable[[], str]) -> str:
        if (found := self._texts.get(key)) is None:
            found = make()
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
