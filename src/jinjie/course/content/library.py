"""All of the course's files, by slug: our own folder and others that stand beside it.

Reading never raises for what a file says: whatever cannot be read is a finding, and the rest is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from jinjie.base.errors import InvalidInput, NotFound, Problem, did_you_mean
from jinjie.base.words import LANGUAGES, Language
from jinjie.course.content import schema
from jinjie.course.content.faults import faults
from jinjie.course.content.finding import Finding
from jinjie.course.content.kept import Kept
from jinjie.course.content.sheet import Place, Sheet, Unreadable, read, read_words

E = TypeVar("E", bound=BaseModel)

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


@dataclass(frozen=True)
class Written(Generic[E]):
    """An entry and where it is written."""

    slug: str
    entry: E
    sheet: Sheet
    ours: bool
    """Whether it is of the course that ships with Jinjie, and so as trusted as the program."""
    at: Place = ()
    """Where in its file, for files of many entries."""

    @property
    def folder(self) -> Path:
        return self.sheet.path.parent

    @property
    def file(self) -> Path:
        return self.sheet.path

    def line(self, *place: str | int) -> int:
        return self.sheet.line(*self.at, *place)

    def finding(self, code: str, place: Sequence[str | int], key: str, /, **params: Any) -> Finding:
        return self.sheet.finding(code, (*self.at, *place), key, **params)

    def words_file(self, lang: Language) -> Path:
        """The text of a lesson or an exercise in one language."""
        return self.folder / f"{lang}.md"

    def words(self, lang: Language) -> str:
        """That text. Raises Unreadable."""
        return read_words(self.words_file(lang))


@dataclass
class Library:
    """Everything that was read. `findings` is what could not be."""

    roots: tuple[Path, ...]
    areas: dict[str, Written[schema.Area]] = field(default_factory=dict)
    concepts: dict[str, Written[schema.Concept]] = field(default_factory=dict)
    lessons: dict[str, Written[schema.Lesson]] = field(default_factory=dict)
    experiments: dict[str, Written[schema.Experiment]] = field(default_factory=dict)
    exercises: dict[str, Written[schema.Exercise]] = field(default_factory=dict)
    quizzes: dict[str, Written[schema.Quiz]] = field(default_factory=dict)
    resources: dict[str, Written[schema.Resource]] = field(default_factory=dict)
    systems: dict[str, Written[schema.System]] = field(default_factory=dict)
    roles: dict[str, Written[schema.Role]] = field(default_factory=dict)
    themes: dict[str, Written[schema.Questions]] = field(default_factory=dict)
    questions: dict[str, Written[schema.Question]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def lesson(self, slug: str) -> Written[schema.Lesson]:
        """Raises NotFound, which suggests the nearest name."""
        return _found(self.lessons, slug, "content.no_lesson")

    def exercise(self, slug: str) -> Written[schema.Exercise]:
        """Raises NotFound, which suggests the nearest name."""
        return _found(self.exercises, slug, "content.no_exercise")

    def experiment(self, slug: str) -> Written[schema.Experiment]:
        """Raises NotFound, which suggests the nearest name."""
        return _found(self.experiments, slug, "content.no_experiment")

    def quiz(self, slug: str) -> Written[schema.Quiz]:
        """Raises NotFound, which suggests the nearest name."""
        return _found(self.quizzes, slug, "content.no_quiz")

    @cached_property
    def climb(self) -> list[Written[schema.Lesson]]:
        """The written lessons in the order in which they are best read.

        By stage, and within one by the order of the concepts that they teach, but none before a lesson of the same
        stage that teaches what it requires or is easier with. Lessons that require one another come in the order of
        the files.
        """
        order = {slug: i for i, slug in enumerate(self.concepts)}
        waiting = sorted(
            self.lessons.values(),
            key=lambda one: (
                one.entry.stage,
                min(order.get(c, len(order)) for c in one.entry.teaches),
                one.slug,
            ),
        )
        teachers = {concept: one.slug for one in reversed(waiting) for concept in one.entry.teaches}
        climbed: list[Written[schema.Lesson]] = []
        while waiting:
            left = {one.slug for one in waiting if one.entry.stage == waiting[0].entry.stage}
            ready = (
                one
                for one in waiting
                if one.slug in left and not left & ({teachers.get(c) for c in self._needs(one)} - {one.slug})
            )
            climbed.append(next(ready, waiting[0]))
            waiting.remove(climbed[-1])
        return climbed

    def _needs(self, lesson: Written[schema.Lesson]) -> set[str]:
        """The concepts that a lesson and those that it teaches require, or are easier with."""
        needs = set(lesson.entry.requires)
        for slug in lesson.entry.teaches:
            if slug in self.concepts:
                concept = self.concepts[slug].entry
                needs |= {*concept.requires, *concept.soft_requires}
        return needs


def own() -> Path:
    """The folder of the course that ships with Jinjie."""
    return Path(str(resources.files("jinjie") / "content"))


def load(roots: Sequence[Path] | None = None) -> Library:
    """Every file of these folders, ours when None. Raises InvalidInput when one of them is no folder."""
    folders = tuple(root.absolute() for root in (roots if roots is not None else [own()]))
    wrong = [Problem(str(root), "content.no_folder") for root in folders if not root.is_dir()]
    if wrong:
        raise InvalidInput(wrong)
    library = Library(folders)
    for root in folders:
        _Shelf(library, root, root == own().absolute()).read()
    return library


def one_exercise(slug: str, roots: Sequence[Path] | None = None) -> Written[schema.Exercise]:
    """An exercise alone, without reading the rest of the course: a few milliseconds.

    Raises NotFound, which suggests the nearest name, and InvalidInput with all that is wrong with its sheet.
    """
    folders = [root.absolute() for root in (roots if roots is not None else [own()])]
    for root in folders:
        path = root / "exercises" / slug / "exercise.yaml"
        if not schema.is_slug(slug) or not path.is_file():
            continue
        library = Library((root,))
        sheet = _Shelf(library, root, root == own().absolute()).sheet(path, schema.Exercise)
        if sheet is None:
            raise InvalidInput(
                [
                    Problem(f"{one.file}:{one.line}", one.problem.key, **one.problem.params)
                    for one in library.findings
                ]
            )
        return Written(slug, sheet[1], sheet[0], root == own().absolute())
    known = [path.parent.name for root in folders for path in root.glob("exercises/*/exercise.yaml")]
    raise NotFound("content.no_exercise", name=slug, suggestion=did_you_mean(slug, known))


def _found(entries: dict[str, Written[E]], slug: str, key: str) -> Written[E]:
    if slug not in entries:
        raise NotFound(key, name=slug, suggestion=did_you_mean(slug, entries))
    return entries[slug]


class _Shelf:
    """One content folder being read into the library."""

    def __init__(self, library: Library, root: Path, ours: bool) -> None:
        self._library = library
        self._root = root
        self._ours = ours
        self._kept: Kept | None = None

    def read(self) -> None:
        """All of it; ours, which is read again by every command, from what was kept of the last time."""
        if self._ours:
            self._kept = Kept()
        self._read()
        if self._kept is not None:
            self._kept.save()

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

    def _lists(self, name: str, kind: type[BaseModel], key: str, into: dict[str, Written[Any]]) -> None:
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
