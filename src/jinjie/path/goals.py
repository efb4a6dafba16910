"""A role, a concept or a system as the concepts that it asks for, each with its depth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from jinjie.base.errors import NotFound, did_you_mean
from jinjie.base.words import Text, text
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.graph import Graph

Kind = Literal["role", "system", "concept", "spine"]

EXPLAIN, USE, BUILD = 1, 2, 3
"""How well a concept must be known; what that means for the evidence is `mastery.met`."""


@dataclass(frozen=True)
class Goal:
    """Where a learner wants to go."""

    kind: Kind
    id: str
    title: Text
    wants: dict[str, int]
    """Concept → depth: what the goal itself asks for. What those stand on is the graph's."""
    systems: tuple[str, ...] = ()
    """What one should have built."""

    @property
    def name(self) -> str:
        """As it stands in the log."""
        return f"{self.kind}:{self.id}"


def goal(library: Library, word: str) -> Goal:
    """The goal that a word names: `role:ID`, `system:ID`, `concept:SLUG`, or an id alone, looked for in that order.

    Names in either language and aliases are taken too. Raises NotFound, which suggests the nearest name.
    """
    prefix, colon, rest = word.partition(":")
    prefix = prefix.strip().lower()
    if word.strip().lower() in ("spine", "spine:spine"):
        return spine(library)
    kinds = [prefix] if colon and prefix in ("role", "system", "concept") else ["role", "system", "concept"]
    wanted = folded(rest if len(kinds) == 1 else word)
    for kind in kinds:
        for id_, names in _names(library, kind):
            if wanted in {folded(name) for name in names}:
                return _made(library, kind, id_)
    known = [id_ for kind in kinds for id_, _ in _names(library, kind)]
    raise NotFound("path.no_goal", name=word, suggestion=did_you_mean(wanted.replace(" ", "-"), known))


def spine(library: Library) -> Goal:
    """All that the written lessons teach: the goal of who has not chosen one."""
    wants = {concept: USE for lesson in library.climb for concept in lesson.entry.teaches}
    return Goal("spine", "spine", text("path.spine"), wants)


def chosen(library: Library, events: Iterable[Attempt]) -> tuple[Goal, Attempt | None]:
    """The newest goal in the log that the course still has, and its event; else the spine and None."""
    goals = sorted(
        (event for event in events if event.kind == "goal"), key=lambda event: (event.time, event.id)
    )
    for event in reversed(goals):
        try:
            return goal(library, event.slug), event
        except NotFound:
            continue
    return spine(library), None


def way(library: Library, graph: Graph, goal: Goal) -> dict[str, int]:
    """All that leads to a goal, in the order of the climb, each concept with the depth that it takes.

    What the goal and its systems ask for, and what that stands on, which one has to explain. A lesson is taken whole,
    and so what all of it stands on belongs to the way.
    """
    asked = {slug: depth for slug, depth in goal.wants.items() if slug in graph.place}
    for system in goal.systems:
        if system in library.systems:
            for slug, depth in library.systems[system].entry.concepts.items():
                if slug in graph.place:
                    asked[slug] = max(depth, asked.get(slug, 0))
    found: tuple[str, ...] = ()
    grown = graph.closure(asked)
    while grown != found:
        found = grown
        lessons = {graph.lessons[slug] for slug in found if slug in graph.lessons}
        grown = graph.closure([*found, *(need for one in lessons for need in needs_of(library, graph, one))])
    return {slug: asked.get(slug, EXPLAIN) for slug in found}


def needs_of(library: Library, graph: Graph, slug: str) -> set[str]:
    """All that a written lesson stands on, what it teaches itself left out."""
    lesson = library.lessons[slug].entry
    needs = set(lesson.requires).union(
        *(graph.needs.get(one, frozenset()) for one in (*lesson.requires, *lesson.teaches))
    )
    return needs.difference(lesson.teaches)


def folded(name: str) -> str:
    """A name as it is compared: hyphens and underscores are spaces, and case counts for nothing."""
    return " ".join(name.strip().casefold().replace("-", " ").replace("_", " ").split())


def _made(library: Library, kind: str, id_: str) -> Goal:
    if kind == "role":
        role = library.roles[id_].entry
        return Goal("role", id_, role.name, dict(role.needs), role.systems)
    if kind == "system":
        system = library.systems[id_].entry
        return Goal("system", id_, system.name, dict(system.concepts), (id_,))
    concept = library.concepts[id_].entry
    return Goal("concept", id_, concept.name, {id_: USE})


def _names(library: Library, kind: str) -> list[tuple[str, list[str]]]:
    if kind == "role":
        return [
            (i, [i, r.entry.name.en, r.entry.name.zh, *r.entry.aliases.en, *r.entry.aliases.zh])
            for i, r in library.roles.items()
        ]
    if kind == "system":
        return [(i, [i, s.entry.name.en, s.entry.name.zh]) for i, s in library.systems.items()]
    return [
        (i, [i, c.entry.name.en, c.entry.name.zh, *c.entry.aliases.en, *c.entry.aliases.zh])
        for i, c in library.concepts.items()
        if not c.entry.prior
    ]
