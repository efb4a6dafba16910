"""`jinjie content check`: every rule of the course, one file a family of codes.

A rule is a function from the library to its findings. Those of `QUICK` read; those of `RUNNING` run the content's code
in the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jinjie.course.check.graph import graph
from jinjie.course.check.references import addresses, references, synced
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, load, own

Rule = Callable[[Library], Iterator[Finding]]


def texts(library: Library) -> Iterator[Finding]:
    """C040 to C043 and C060 as far as they can be seen without running anything."""
    from jinjie.course.render.findings import findings

    for lesson in library.lessons.values():
        yield from findings(lesson, library)
    for exercise in library.exercises.values():
        yield from findings(exercise, library)


def fences(library: Library) -> Iterator[Finding]:
    """C040: the code of the lessons, run in both languages: what it prints holds their words."""
    from jinjie.base.words import LANGUAGES
    from jinjie.course.content.sheet import Unreadable
    from jinjie.course.render.reading import parse
    from jinjie.course.render.running import findings

    for lesson in library.lessons.values():
        for lang in LANGUAGES:
            try:
                text = parse(lesson.words(lang), lesson.words_file(lang))
            except Unreadable:
                continue  # the library has said so
            yield from findings(text, lesson)


def _lines(library: Library) -> Iterator[Finding]:
    from jinjie.course.check.lines import lines

    return lines(library)


def _questions(library: Library) -> Iterator[Finding]:
    from jinjie.course.check.quizzes import questions

    return questions(library)


def _experiments(library: Library) -> Iterator[Finding]:
    from jinjie.course.check.experiments import experiments

    return experiments(library)


def _exercises(library: Library) -> Iterator[Finding]:
    from jinjie.course.check.exercises import exercises

    return exercises(library)


QUICK: tuple[Rule, ...] = (references, synced, addresses, graph, texts, _lines, _questions)
RUNNING: tuple[Rule, ...] = (fences, _experiments, _exercises)


def check(folders: Sequence[Path] = (), run: bool = True) -> tuple[Library, list[Finding]]:
    """The library and all that is wrong with it, by file and line.

    With `folders` beside our own course only what stands in them is told. `run=False` leaves out what runs code.
    Raises InvalidInput when one of them is no folder.
    """
    library = load([own(), *folders])
    found = list(library.findings)
    for rule in (*QUICK, *(RUNNING if run else ())):
        found += rule(library)
    if folders:
        here = [folder.absolute() for folder in folders]
        found = [one for one in found if any(one.file.is_relative_to(folder) for folder in here)]
    return library, sorted(found, key=lambda one: (str(one.file), one.line, one.code))
