"""The files of an exercise: its cases, its solution, the starter, and the wrong solutions that its hints know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from jinjie.base.errors import JinjieError, Problem
from jinjie.base.seeds import derive
from jinjie.course.content.library import Written
from jinjie.course.content.schema import NAME, Exercise
from jinjie.course.content.sheet import Unreadable, read_words


class ExerciseBroken(JinjieError):
    """An exercise that cannot be graded, whatever is handed in: its author has something to mend."""

    def __init__(self, slug: str, problems: list[Problem]) -> None:
        super().__init__("grading.broken", slug=slug, problems="\n".join(f"  {one}" for one in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Parts:
    """An exercise and the text of its files."""

    written: Written[Exercise]
    cases: str
    solution: str
    starter: str
    wrong: dict[str, str]

    @property
    def slug(self) -> str:
        return self.written.slug

    @property
    def entry(self) -> Exercise:
        return self.written.entry

    @property
    def rtol(self) -> float:
        return self.entry.rtol or 0.0

    @property
    def atol(self) -> float:
        return self.entry.atol or 0.0

    @property
    def visible_seed(self) -> int:
        """The seed of the cases that everyone sees: the same for good."""
        return derive(0, "exercise", self.slug)

    @cached_property
    def digest(self) -> str:
        """Changes with anything that a grade depends on, and not with the wording of a hint."""
        entry = self.entry
        settings = (entry.entries, entry.library, entry.rtol, entry.atol, entry.visible, entry.hidden)
        texts = [
            repr(settings),
            self.cases,
            self.solution,
            *sorted(f"{k}\0{v}" for k, v in self.wrong.items()),
        ]
        return sha256("\0\0".join(texts).encode()).hexdigest()


def read(written: Written[Exercise]) -> Parts:
    """The files beside an exercise's sheet. Raises ExerciseBroken, naming all that are missing."""
    problems: list[Problem] = []

    def text(path: Path) -> str:
        try:
            return read_words(path)
        except Unreadable as error:
            problems.append(Problem(str(path), error.finding.problem.key, **error.finding.problem.params))
            return ""

    folder = written.folder
    cases, solution, starter = (text(folder / f"{name}.py") for name in ("cases", "solution", "starter"))
    wrong = {}
    for path in sorted((folder / "wrong").glob("*.py")):
        if re.fullmatch(NAME, path.stem):
            wrong[path.stem] = text(path)
        else:
            problems.append(Problem(str(path), "grading.wrong_name", pattern=NAME))
    if problems:
        raise ExerciseBroken(written.slug, problems)
    return Parts(written, cases, solution, starter, wrong)
