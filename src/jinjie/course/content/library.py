"""All of the course's files, by slug: our own folder and others that stand beside it.

Reading never raises for what a file says: whatever cannot be read is a finding, and the rest is there. What reads and
judges files (`shelf`) is imported when there is something to read, since most commands find our own course kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from jinjie.base.errors import InvalidInput, NotFound, Problem, did_you_mean
from jinjie.base.words import Language

if TYPE_CHECKING:
    from jinjie.course.content import schema
    from jinjie.course.content.finding import Finding
    from jinjie.course.content.sheet import Place, Sheet

E = TypeVar("E", bound="schema.Entry")


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
        from jinjie.course.content.sheet import read_words

        return read_words(self.words_file(lang))


@dataclass
class Library:
    """Everything that was read. `findings` is what could not be."""

    kept_as: ClassVar[str | None] = None
    """What the files are known by of which this was kept; None where it was read now."""
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
            waiting = [one for one in waiting if one is not climbed[-1]]  # equality would read its file
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
    ours = own().absolute()
    if folders == (ours,):
        from jinjie.course.content import kept_library

        if (kept := kept_library.find(ours)) is not None:
            return kept
    from jinjie.course.content.shelf import Shelf

    library = Library(folders)
    for root in folders:
        Shelf(library, root, root == ours).read()
    return library


def one_exercise(slug: str, roots: Sequence[Path] | None = None) -> Written[schema.Exercise]:
    """An exercise alone, without reading the rest of the course: a few milliseconds.

    Raises NotFound, which suggests the nearest name, and InvalidInput with all that is wrong with its sheet.
    """
    from jinjie.course.content.schema import Exercise, is_slug
    from jinjie.course.content.shelf import Shelf

    folders = [root.absolute() for root in (roots if roots is not None else [own()])]
    for root in folders:
        path = root / "exercises" / slug / "exercise.yaml"
        if not is_slug(slug) or not path.is_file():
            continue
        library = Library((root,))
        sheet = Shelf(library, root, root == own().absolute()).sheet(path, Exercise)
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
