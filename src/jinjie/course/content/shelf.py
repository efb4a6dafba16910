"""A content folder being read into the library: every file of it, its faults told as findings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from jinjie.base.errors import did_you_mean
from jinjie.base.words import LANGUAGES
from jinjie.course.content import kept_library, schema
from jinjie.course.content.faults import faults
from jinjie.course.content.finding import Finding
from jinjie.course.content.kept import Kept
from jinjie.course.content.library import Library, Written
from jinjie.course.content.sheet import Sheet, Unreadable, read

E = TypeVar("E", bound=schema.Entry)

FOLDERS = (
    "concepts",
    "lessons",
    "experiments",
    "exercises",
    "quizzes",
    "resources",
    "systems",
    "roles",
    "faq",
)
"""What a content folder may hold."""


class Shelf:
    """One content folder being read into the library."""

    def __init__(self, library: Library, root: Path, ours: bool) -> None:
        self._library = library
        self._root = root
        self._ours = ours
        self._kept: Kept | None = None

    def read(self) -> None:
        """All of it; of ours, whose sheets are kept, only those that changed are parsed."""
        if not self._ours:
            self._read()
            return
        self._kept = Kept()
        begun = kept_library.stamps(self._root)
        self._read()
        self._kept.save()
        if self._library.roots == (self._root,) and not self._library.findings:
            kept_library.keep(self._library, begun)

    def _read(self) -> None:
        library = self._library
        for folder in sorted(self._root.iterdir()):
            if folder.is_dir() and folder.name not in FOLDERS and not folder.name.startswith((".", "_")):
                suggestion = did_you_mean(folder.name, FOLDERS)
                self._say("C005", folder, "content.odd_folder", suggestion=suggestion)
        for sheet, area in self._many("concepts", schema.Area):
            slug = sheet.path.stem
            self._add(library.areas, Written(slug, area, sheet, self._ours))
            for i, concept in enumerate(area.concepts):
                self._add(library.concepts, Written(concept.id, concept, sheet, self._ours, ("concepts", i)))
        for folder, lesson in self._folders("lessons", "lesson.yaml", schema.Lesson, library.lessons):
            self._both_languages(folder, lesson)
        for folder, exercise in self._folders(
            "exercises", "exercise.yaml", schema.Exercise, library.exercises
        ):
            self._both_languages(folder, exercise)
        self._files("experiments", schema.Experiment, library.experiments)
        self._files("quizzes", schema.Quiz, library.quizzes)
        self._lists("resources", schema.Resources, "resources", library.resources)
        self._lists("systems", schema.Systems, "systems", library.systems)
        self._lists("roles", schema.Roles, "roles", library.roles)
        for sheet, theme in self._many("faq", schema.Questions):
            self._add(library.themes, Written(sheet.path.stem, theme, sheet, self._ours))
            for i, question in enumerate(theme.questions):
                written = Written(question.id, question, sheet, self._ours, ("questions", i))
                self._add(library.questions, written)

    def _lists(self, name: str, kind: type[schema.Entry], key: str, into: dict[str, Written[Any]]) -> None:
        """Files that hold a list of entries under one key."""
        for sheet, catalog in self._many(name, kind):
            for i, entry in enumerate(getattr(catalog, key)):
                self._add(into, Written(entry.id, entry, sheet, self._ours, (key, i)))

    def _many(self, name: str, kind: type[E]) -> Iterator[tuple[Sheet, E]]:
        for path in sorted((self._root / name).glob("*.yaml")):
            if (made := self.sheet(path, kind)) is not None:
                yield made

    def _files(self, name: str, kind: type[E], into: dict[str, Written[E]]) -> None:
        for sheet, entry in self._many(name, kind):
            self._add(into, Written(sheet.path.stem, entry, sheet, self._ours))

    def _folders(
        self, name: str, file: str, kind: type[E], into: dict[str, Written[E]]
    ) -> Iterator[tuple[Path, Written[E]]]:
        home = self._root / name
        if not home.is_dir():
            return
        for folder in sorted(home.iterdir()):
            if not folder.is_dir() or folder.name.startswith((".", "_")):
                continue
            path = folder / file
            if (made := self.sheet(path, kind)) is not None:
                written = Written(folder.name, made[1], made[0], self._ours)
                self._add(into, written)
                yield folder, written

    def sheet(self, path: Path, kind: type[E]) -> tuple[Sheet, E] | None:
        try:
            sheet = read(path, self._kept)
        except Unreadable as error:
            self._library.findings.append(error.finding)
            return None
        entry, found = faults(sheet, kind)
        self._library.findings += found
        return None if entry is None else (sheet, entry)

    def _add(self, into: dict[str, Written[E]], written: Written[E]) -> None:
        slug = written.slug
        if not schema.is_slug(slug):
            self._library.findings.append(written.finding("C001", (), "content.no_slug", came=slug))
        elif (before := into.get(slug)) is not None:
            place = ("id",) if written.at else ()
            where = f"{before.file}:{before.line(*place)}"
            self._library.findings.append(
                written.finding("C002", place, "content.second", slug=slug, where=where)
            )
        else:
            into[slug] = written

    def _both_languages(self, folder: Path, written: Written[Any]) -> None:
        for lang in LANGUAGES:
            try:
                if not written.words(lang).strip():
                    self._say("C003", folder / f"{lang}.md", "content.empty_text")
            except Unreadable as error:
                missing = not (folder / f"{lang}.md").exists()
                found = error.finding
                if missing:
                    found = Finding.at("C003", folder / f"{lang}.md", 1, "content.no_text")
                self._library.findings.append(found)

    def _say(self, code: str, path: Path, key: str, /, **params: Any) -> None:
        self._library.findings.append(Finding.at(code, path, 1, key, **params))
