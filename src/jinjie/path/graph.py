"""The prerequisite graph: what a concept needs and what leads on from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from jinjie.course.content.library import Library
from jinjie.course.content.schema import Concept

Shape = tuple[tuple[str, int, bool, int, tuple[str, ...]], ...]
"""Of each concept its slug, level, whether it is brought along, its stage and what it requires."""


@dataclass(frozen=True)
class Graph:
    """The concepts of a course in the order of the climb, each after all that it requires.

    A slug that stands for nothing is left out, and so is the edge that would close a circle (`content check` names
    both): a damaged course folder still has a path.
    """

    concepts: dict[str, Concept]
    stages: dict[str, int]
    """The stage of each concept's area."""
    lessons: dict[str, str]
    """The written lesson that teaches a concept; planned and prior ones have none."""

    @classmethod
    def of(cls, library: Library) -> Graph:
        stages = {
            concept.id: area.entry.stage for area in library.areas.values() for concept in area.entry.concepts
        }
        written = {
            slug: concept.entry.lesson
            for slug, concept in library.concepts.items()
            if not concept.entry.planned and concept.entry.lesson in library.lessons
        }
        known = {slug: concept.entry for slug, concept in library.concepts.items()}
        places = {slug: i for i, slug in enumerate(known)}
        ordered = _ordered(known, sorted(known, key=lambda slug: (stages.get(slug, 0), places[slug])))
        return cls(
            {slug: known[slug] for slug in ordered},
            {slug: stages.get(slug, 0) for slug in ordered},
            {slug: lesson for slug, lesson in written.items() if lesson is not None},
        )

    @cached_property
    def place(self) -> dict[str, int]:
        """Where a concept stands in the order."""
        return {slug: i for i, slug in enumerate(self.concepts)}

    @cached_property
    def requires(self) -> dict[str, tuple[str, ...]]:
        """What each concept requires at once, prior ones among them."""
        return {
            slug: tuple(
                one for one in concept.requires if one in self.place and self.place[one] < self.place[slug]
            )
            for slug, concept in self.concepts.items()
        }

    @cached_property
    def shape(self) -> Shape:
        """All of the graph that tells what is known together."""
        return tuple(
            (slug, concept.level, concept.prior, self.stages[slug], self.requires[slug])
            for slug, concept in self.concepts.items()
        )

    @cached_property
    def needs(self) -> dict[str, frozenset[str]]:
        """All that each concept stands on, itself left out."""
        made: dict[str, frozenset[str]] = {}
        for slug in self.concepts:
            made[slug] = frozenset(self.requires[slug]).union(*(made[one] for one in self.requires[slug]))
        return made

    @cached_property
    def leads_to(self) -> dict[str, frozenset[str]]:
        """All that stands on each concept, itself left out."""
        made: dict[str, set[str]] = {slug: set() for slug in self.concepts}
        for slug, needed in self.needs.items():
            for one in needed:
                made[one].add(slug)
        return {slug: frozenset(after) for slug, after in made.items()}

    def closure(self, slugs: Iterable[str]) -> tuple[str, ...]:
        """These concepts and all that they stand on, in the order of the climb; prior ones left out."""
        wanted = {slug for slug in slugs if slug in self.place}
        wanted = wanted.union(*(self.needs[slug] for slug in wanted))
        return tuple(slug for slug, concept in self.concepts.items() if slug in wanted and not concept.prior)


def _ordered(known: dict[str, Concept], given: list[str]) -> list[str]:
    """`given`, each behind what it requires or is easier with; depth first, so that what belongs together stays so."""
    done: dict[str, None] = {}
    open_: set[str] = set()
    for first in given:
        waiting = [first]
        while waiting:
            slug = waiting[-1]
            open_.add(slug)
            before = next(
                (
                    one
                    for one in (*known[slug].requires, *known[slug].soft_requires)
                    if one in known and one not in done and one not in open_
                ),
                None,
            )
            if before is not None:
                waiting.append(before)
            else:
                done.setdefault(waiting.pop())
    return list(done)
