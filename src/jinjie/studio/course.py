"""The course as this studio shows it: its files read once, or again whenever one of them changed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from jinjie.base.words import Language
from jinjie.course.content import schema
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written, load, own
from jinjie.course.content.sheet import Unreadable
from jinjie.course.experiments.worker import Worker, worker
from jinjie.course.render.findings import findings
from jinjie.course.render.html import Page, html
from jinjie.course.render.kept import Kept
from jinjie.course.render.tree import Tree
from jinjie.studio.reading import Reading

LOOK = 0.3
"""Seconds between two looks at the files of a preview."""


@dataclass(frozen=True)
class Read:
    """A lesson's text as a page: the page, the tree that it was made from, and what it shows of results."""

    page: Page
    tree: Tree
    results: Kept


class Course:
    """The library, its warm experiments and its pages. Threads may share one.

    With `folders` it is a preview of them beside our own: files are looked at again, and findings shown.
    """

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        self.preview = bool(folders)
        self.folders = tuple(folder.absolute() for folder in folders)
        self._lock = threading.RLock()
        self._looked = 0.0
        self._seen: tuple[tuple[str, int, int], ...] | None = None
        self._stamp: object = None
        self._library: Library | None = None
        self._worker: Worker | None = None
        self._reading: Reading | None = None

    @property
    def library(self) -> Library:
        """Raises InvalidInput when a folder is gone."""
        if not self.preview:
            return worker().library
        with self._lock:
            stamp = self.stamp()
            if self._library is None or stamp != self._stamp:
                ours = own().absolute()
                self._library = load([ours, *(folder for folder in self.folders if folder != ours)])
                self._stamp = stamp
                before, self._worker = self._worker, Worker(self._library)
                if before is not None:
                    before.close()
            return self._library

    @property
    def worker(self) -> Worker:
        if not self.preview:
            return worker()
        with self._lock:
            assert self.library is not None
            assert self._worker is not None
            return self._worker

    @property
    def reading(self) -> Reading:
        """The texts of the library as they were read."""
        library = self.library
        with self._lock:
            if self._reading is None or self._reading.library is not library:
                self._reading = Reading(library, tuple(library.roots) if self.preview else None)
            return self._reading

    def stamp(self) -> object:
        """Something that differs when a file of the folders does."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked < LOOK and self._seen is not None:
                return self._seen
            self._looked = now
            seen = []
            for folder in self.folders:
                for path in sorted(folder.rglob("*")):
                    try:
                        status = path.stat()
                    except OSError:  # gone between the two looks
                        continue
                    if not path.name.startswith(".") and path.suffix != ".pyc" and path.is_file():
                        seen.append((str(path), status.st_mtime_ns, status.st_size))
            self._seen = tuple(seen)
            return self._seen

    def read(self, lesson: Written[schema.Lesson], lang: Language) -> Read:
        """A lesson as a page. Raises Unreadable for a text that is not there."""
        library = self.library
        tree = self.reading.tree(lesson.words(lang), lesson.words_file(lang), lang)
        results = Kept(tree, lesson, library, lang, lambda: self.worker)
        notes = [one for one in self.findings(lesson) if one.file == tree.file]
        page = html(tree, library, lang, results, notes) if notes else self.reading.page(tree, lang, results)
        return Read(page, tree, results)

    def findings(self, lesson: Written[schema.Lesson]) -> list[Finding]:
        """What is wrong with a lesson, for its writer: nothing outside a preview."""
        if not self.preview:
            return []
        library = self.library
        inside = [one for one in library.findings if lesson.folder in one.file.parents]
        try:
            return inside + findings(lesson, library)
        except Unreadable as error:
            return [*inside, error.finding]

    def close(self) -> None:
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None
                self._library = None


def course(request: Request) -> Course:
    """The application's."""
    found: Course = request.app.state.course
    if found.preview:
        request.app.state.worker = found.worker  # which the API of the experiments asks
    return found
