"""C004, C005 and C050: slugs that stand for nothing, texts that grew apart, addresses that are there twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinjie.base.errors import did_you_mean, nearest
from jinjie.course.content import schema
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.sheet import Unreadable
from jinjie.course.content.sync import digest


def references(library: Library) -> Iterator[Finding]:
    """C005: every slug that an entry names, and whether concepts and lessons agree on who teaches what."""
    concepts = library.concepts
    for concept in concepts.values():
        yield from _known(concept, "requires", concept.entry.requires, concepts)
        yield from _known(concept, "soft_requires", concept.entry.soft_requires, concepts)
        yield from _lesson_of(concept, library)
    for lesson in library.lessons.values():
        entry = lesson.entry
        yield from _known(lesson, "teaches", entry.teaches, concepts)
        yield from _known(lesson, "requires", entry.requires, concepts)
        yield from _known(lesson, "experiments", entry.experiments, library.experiments)
        yield from _known(lesson, "exercises", entry.exercises, library.exercises)
        yield from _known(lesson, "resources", entry.resources, library.resources)
        if entry.quiz is not None and entry.quiz not in library.quizzes:
            yield _nothing(lesson, ("quiz",), entry.quiz, library.quizzes)
    for exercise in library.exercises.values():
        yield from _known(exercise, "concepts", exercise.entry.concepts, concepts)
    for quiz in library.quizzes.values():
        for i, item in enumerate(quiz.entry.items):
            if item.concept not in concepts:
                yield _nothing(quiz, ("items", i, "concept"), item.concept, concepts)
    for resource in library.resources.values():
        yield from _known(resource, "concepts", resource.entry.concepts, concepts)


def addresses(library: Library) -> Iterator[Finding]:
    """C050: the same address in two entries of the catalog."""
    seen: dict[str, Written[schema.Resource]] = {}
    for resource in library.resources.values():
        address = resource.entry.url.split("://", 1)[1].rstrip("/").lower()
        before = seen.setdefault(address, resource)
        if before is not resource:
            yield resource.finding("C050", ("url",), "check.same_address", other=before.slug)


def synced(library: Library) -> Iterator[Finding]:
    """C004: lessons whose texts are not those that were last declared equal."""
    for lesson in library.lessons.values():
        try:
            now = digest(lesson)
        except Unreadable:
            continue  # the library has said so
        then = lesson.entry.synced
        if then is None:
            yield lesson.finding("C004", ("synced",), "check.never_synced", slug=lesson.slug)
            continue
        changed = [f"{lang}.md" for lang in ("en", "zh") if getattr(now, lang) != getattr(then, lang)]
        if changed:
            yield lesson.finding("C004", ("synced",), "check.changed_since", files=", ".join(changed))


def _known(
    written: Written[Any], field: str, slugs: Iterable[str], among: Mapping[str, Any]
) -> Iterator[Finding]:
    for i, slug in enumerate(slugs):
        if slug not in among:
            yield _nothing(written, (field, i), slug, among)


def _nothing(
    written: Written[Any], place: tuple[str | int, ...], slug: str, among: Mapping[str, Any]
) -> Finding:
    # without a near name the list of all, which is two hundred concepts, would be no help
    suggestion = did_you_mean(slug, among) if nearest(slug, among) else ""
    return written.finding("C005", place, "check.stands_for_nothing", slug=slug, suggestion=suggestion)


def _lesson_of(concept: Written[schema.Concept], library: Library) -> Iterator[Finding]:
    entry = concept.entry
    if entry.lesson is None:
        return
    lesson = library.lessons.get(entry.lesson)
    if entry.planned and lesson is not None:
        yield concept.finding("C005", ("planned",), "check.written_already", lesson=entry.lesson)
    elif not entry.planned and lesson is None:
        yield concept.finding("C012", ("lesson",), "check.no_such_lesson", lesson=entry.lesson)
    elif lesson is not None and entry.id not in lesson.entry.teaches:
        yield concept.finding("C005", ("lesson",), "check.does_not_teach", lesson=entry.lesson)
