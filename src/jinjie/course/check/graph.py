"""C010 to C013: the prerequisite graph has no circle, and nothing written stands on what is not taught before it."""

from __future__ import annotations

from collections.abc import Iterator

from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library


def graph(library: Library) -> Iterator[Finding]:
    """The findings of the graph. Slugs that stand for nothing are left to `references`."""
    yield from _circles(library)
    yield from _order(library)
    yield from _bare(library)


def _circles(library: Library) -> Iterator[Finding]:
    """C010, each circle once, at the first of its concepts by name."""
    import networkx as nx

    edges = nx.DiGraph()
    for slug, concept in library.concepts.items():
        for before in (*concept.entry.requires, *concept.entry.soft_requires):
            if before in library.concepts:
                edges.add_edge(slug, before)
    for group in nx.strongly_connected_components(edges):
        if len(group) > 1 or any(edges.has_edge(one, one) for one in group):
            circle = nx.find_cycle(edges.subgraph(group))
            names = sorted(one for one, _ in circle)
            path = " → ".join([one for one, _ in circle] + [circle[0][0]])
            yield library.concepts[names[0]].finding("C010", ("requires",), "check.circle", path=path)


def _order(library: Library) -> Iterator[Finding]:
    """C011 what a written lesson stands on and nobody teaches; C013 what is taught only later on the climb."""
    place = {lesson.slug: i for i, lesson in enumerate(library.climb)}
    taught = {
        concept: place[lesson.slug] for lesson in reversed(library.climb) for concept in lesson.entry.teaches
    }
    for lesson in library.climb:
        here = place[lesson.slug]
        needed = dict.fromkeys(lesson.entry.requires)
        for slug in lesson.entry.teaches:
            if slug in library.concepts:
                needed |= dict.fromkeys(library.concepts[slug].entry.requires)
        for slug in needed:
            concept = library.concepts.get(slug)
            if concept is None or concept.entry.prior or slug in lesson.entry.teaches:
                continue
            at = (
                ("requires", lesson.entry.requires.index(slug))
                if slug in lesson.entry.requires
                else ("teaches",)
            )
            if slug not in taught:
                yield lesson.finding("C011", at, "check.nobody_teaches", slug=slug)
            elif taught[slug] > here:
                later = library.climb[taught[slug]].slug
                yield lesson.finding("C013", at, "check.taught_later", slug=slug, lesson=later)


def _bare(library: Library) -> Iterator[Finding]:
    """C012: a concept that is taught, with no exercise in its lesson and no question of its own."""
    asked = {item.concept for quiz in library.quizzes.values() for item in quiz.entry.items}
    for slug, concept in library.concepts.items():
        lesson = library.lessons.get(concept.entry.lesson or "")
        if lesson is None or concept.entry.planned:
            continue
        if not lesson.entry.exercises:
            yield concept.finding("C012", ("id",), "check.no_exercise_for", lesson=lesson.slug)
        if slug not in asked:
            yield concept.finding("C012", ("id",), "check.no_question_for", slug=slug)
