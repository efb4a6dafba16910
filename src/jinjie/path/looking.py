"""What a learner means by a topic: the concepts it stands for, and the resources that are about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jinjie.base.errors import NotFound, did_you_mean, nearest
from jinjie.base.words import Text
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Resource
from jinjie.learner.attempt import Attempt
from jinjie.path.goals import chosen, folded, goal
from jinjie.path.graph import Graph
from jinjie.path.mastery import MASTERED
from jinjie.path.recommend import Believed

AHEAD = 5
"""Concepts of a goal that are looked at at once: what comes next, not all of a year."""


@dataclass(frozen=True)
class Sought:
    """The concepts that a topic stands for, and the resources among which to look."""

    concepts: tuple[str, ...]
    resources: dict[str, Written[Resource]]
    goal: str | None = None
    """The goal's name where the topic is one."""
    title: Text | None = None


def sought(
    library: Library,
    graph: Graph,
    beliefs: Mapping[str, Believed],
    events: Iterable[Attempt],
    topic: str,
) -> Sought:
    """What `topic` stands for: a concept, an area, a lesson, a role or a system, a topic of the catalog, a resource by
    its id or by words of its title, a part of concepts' names; nothing: the learner's goal.

    Raises NotFound, which suggests the nearest name.
    """
    if not topic.strip():
        return _of_goal(library, graph, beliefs, chosen(library, events)[0].name)
    wanted = folded(topic)
    everything = library.resources
    for slug, written in library.concepts.items():
        concept = written.entry
        if wanted in map(
            folded, (slug, concept.name.en, concept.name.zh, *concept.aliases.en, *concept.aliases.zh)
        ):
            return Sought((slug,), everything)
    for id_, area in library.areas.items():
        if wanted in map(folded, (id_, area.entry.name.en, area.entry.name.zh)):
            return Sought(tuple(concept.id for concept in area.entry.concepts), everything)
    for slug, lesson in library.lessons.items():
        if wanted in map(folded, (slug, lesson.entry.title.en, lesson.entry.title.zh)):
            return Sought(lesson.entry.teaches, everything)
    try:
        return _of_goal(library, graph, beliefs, topic)
    except NotFound:
        pass
    tagged = {slug: w for slug, w in everything.items() if wanted in map(folded, w.entry.topics)}
    about = tagged or {
        slug: w
        for slug, w in everything.items()
        if wanted == folded(slug) or wanted in folded(f"{w.entry.title} {' '.join(w.entry.authors)}")
    }
    if not about:
        parts = tuple(
            slug
            for slug, concept in graph.concepts.items()
            if any(wanted in folded(name) for name in (concept.name.en, concept.name.zh, *concept.aliases.zh))
        )
        if parts:
            return Sought(parts, everything)
        known = _names(library)
        suggestion = did_you_mean(wanted, known) if nearest(wanted, known) else ""
        raise NotFound("path.resources.no_topic", name=topic, suggestion=suggestion)
    return Sought(
        tuple(slug for slug in graph.concepts if any(slug in w.entry.concepts for w in about.values())), about
    )


def _of_goal(library: Library, graph: Graph, beliefs: Mapping[str, Believed], word: str) -> Sought:
    there = goal(library, word)
    ahead = graph.closure(there.wants)
    missing = [slug for slug in ahead if slug not in beliefs or beliefs[slug].p < MASTERED]
    return Sought(tuple(missing[:AHEAD] or ahead), library.resources, there.name, there.title)


def _names(library: Library) -> list[str]:
    topics = {topic for written in library.resources.values() for topic in written.entry.topics}
    return [*library.concepts, *library.areas, *library.lessons, *library.resources, *topics]
