"""A role and a learner: what is there, what is missing, how long that takes, and what would prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jinjie.base.words import Language, Text
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Project, Role
from jinjie.learner.attempt import Attempt
from jinjie.path.goals import BUILD, EXPLAIN, USE, goal
from jinjie.path.graph import Graph
from jinjie.path.known import Known, believed
from jinjie.path.mastery import Belief
from jinjie.path.plan import Plan, plan
from jinjie.path.systems import built


@dataclass(frozen=True)
class Missing:
    """A concept of the role that is not known as well as it asks for."""

    concept: str
    wanted: int
    has: int
    """Depths: 0 nothing yet, 1 can explain, 2 can use, 3 can build."""


@dataclass(frozen=True)
class Axis:
    """One ray of the picture: an area of the course."""

    area: str
    name: Text
    has: float
    wants: float
    """Means of depth over the area's concepts that the role needs, from 0 to 3."""
    concepts: int


@dataclass(frozen=True)
class Gap:
    """What lies between a learner and a role."""

    role: Role
    missing: tuple[Missing, ...]
    axes: tuple[Axis, ...]
    built: tuple[str, ...]
    unbuilt: tuple[str, ...]
    """Systems of the role by whether a run of one of their recipes is in the log."""
    plan: Plan
    projects: tuple[Project, ...]
    """The role's projects, those whose concepts are nearest first."""

    @property
    def share(self) -> float:
        """How much of what the role asks for is there, from 0 to 1, weighed by depth."""
        wanted = sum(self.role.needs.values())
        return 1 - sum(one.wanted - one.has for one in self.missing) / wanted


def depth(concept: str, known: Known) -> int:
    """How deep a concept is known: 0 to 3."""
    return next((deep for deep in (BUILD, USE, EXPLAIN) if known(concept, deep)), 0)


def gap(
    library: Library,
    graph: Graph,
    slug: str,
    beliefs: Mapping[str, Belief],
    events: list[Attempt],
    hours: float,
    start: date,
    language: Language | None = None,
    known: Known | None = None,
) -> Gap:
    """What is missing for a role; `known` says what is there, without it the beliefs do.

    Raises NotFound, which suggests the nearest name.
    """
    known = known or believed(beliefs)
    wanted = goal(library, f"role:{slug}")
    role = library.roles[wanted.id].entry
    needs = {concept: role.needs[concept] for concept in graph.concepts if concept in role.needs}
    has = {concept: min(depth(concept, known), need) for concept, need in needs.items()}
    missing = tuple(Missing(one, need, has[one]) for one, need in needs.items() if has[one] < need)
    systems = [one for one in role.systems if one in library.systems]
    there = built(library, systems, events)

    def far(project: Project) -> int:
        return sum(BUILD - depth(one, known) for one in project.concepts if one in beliefs)

    return Gap(
        role,
        missing,
        _axes(library, needs, has),
        tuple(one for one in systems if one in there),
        tuple(one for one in systems if one not in there),
        plan(library, graph, wanted, beliefs, hours, start, language=language, built=there, known=known),
        tuple(sorted(role.projects, key=far)),
    )


def _axes(library: Library, needs: Mapping[str, int], has: Mapping[str, int]) -> tuple[Axis, ...]:
    """The areas that the role needs anything of, in the order of the climb."""
    made = []
    for slug, area in sorted(library.areas.items(), key=lambda pair: pair[1].entry.stage):
        inside = [one.id for one in area.entry.concepts if one.id in needs]
        if inside:
            count = len(inside)
            made.append(
                Axis(
                    slug,
                    area.entry.name,
                    sum(has[one] for one in inside) / count,
                    sum(needs[one] for one in inside) / count,
                    count,
                )
            )
    return tuple(made)
