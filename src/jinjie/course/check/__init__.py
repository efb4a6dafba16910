"""`jinjie content check`: every rule of the course, one file a family of codes.

A rule is a function from the library to its findings. Those of `QUICK` read; those of `RUNNING` run the content's code
in the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinjie.course.check.graph import graph
from jinjie.course.check.references import addresses, references, synced
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written, load, own

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


def _recordings(library: Library) -> Iterator[Finding]:
    from jinjie.course.check.recordings import recordings

    return recordings(library)


def _catalogs(library: Library) -> Iterator[Finding]:
    from jinjie.course.check.catalogs import catalogs

    return catalogs(library)


QUICK: tuple[Rule, ...] = (
    references,
    synced,
    addresses,
    graph,
    texts,
    _lines,
    _questions,
    _recordings,
    _catalogs,
)
RUNNING: tuple[Rule, ...] = (fences, _experiments, _exercises)


def check(
    folders: Sequence[Path] = (), run: bool = True, slugs: Sequence[str] = (), also: Sequence[Rule] = ()
) -> tuple[Library, list[Finding]]:
    """The library and all that is wrong with it, by file and line.

    With `folders` beside our own course only what stands in them is run and told; with `slugs` only these lessons
    with their exercises, experiments and quizzes. `run=False` leaves out what runs code. `also` are rules of a floor
    above, such as the one that knows the command line.
    Raises InvalidInput when one of the folders is none, NotFound for a slug that no lesson has.
    """
    library = load([own(), *folders])
    part = of_lessons(library, slugs) if slugs else library
    if folders:
        here = [folder.absolute() for folder in folders]
        part = _narrowed(part, lambda one: any(one.file.is_relative_to(folder) for folder in here))
    found = list(library.findings)
    for rule in (*QUICK, *also):
        found += rule(library)
    for rule in RUNNING if run else ():
        found += rule(part)
    if folders:
        found = [one for one in found if any(one.file.is_relative_to(folder) for folder in here)]
    if slugs:
        sheets = {one.file for shelf in _shelves(part) for one in shelf.values()}
        mine = [one.folder for shelf in (part.lessons, part.exercises) for one in shelf.values()]
        modules = {one.file.with_suffix(".py") for one in part.experiments.values()}
        found = [
            one
            for one in found
            if one.file in sheets | modules or any(one.file.is_relative_to(folder) for folder in mine)
        ]
    return library, sorted(found, key=lambda one: (str(one.file), one.line, one.code))


def _shelves(library: Library) -> tuple[dict[str, Written[Any]], ...]:
    return library.lessons, library.exercises, library.experiments, library.quizzes


def _narrowed(library: Library, keep: Callable[[Written[Any]], bool]) -> Library:
    """The same library with fewer lessons, exercises, experiments and quizzes."""
    lessons, exercises, experiments, quizzes = (
        {slug: one for slug, one in shelf.items() if keep(one)} for shelf in _shelves(library)
    )
    return replace(library, lessons=lessons, exercises=exercises, experiments=experiments, quizzes=quizzes)


def of_lessons(library: Library, slugs: Sequence[str]) -> Library:
    """The same library with these lessons alone, and their exercises, experiments and quizzes. Raises NotFound."""
    lessons = [library.lesson(slug) for slug in slugs]
    files = {lesson.file for lesson in lessons}
    for lesson in lessons:
        entry = lesson.entry
        files |= {library.exercises[slug].file for slug in entry.exercises if slug in library.exercises}
        files |= {library.experiments[slug].file for slug in entry.experiments if slug in library.experiments}
        files |= {library.quizzes[slug].file for slug in [entry.quiz] if slug in library.quizzes}
    return _narrowed(library, lambda one: one.file in files)
