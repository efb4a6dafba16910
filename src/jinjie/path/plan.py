"""Dated weeks towards a goal, what does not fit, and what could be done about it.

Steps come in the order of the climb, none before what it stands on, and fill one week after the other (greedy list
scheduling). A part of every week is kept for reviews. What no lesson of ours teaches yet is bridged by resources of the
catalog. Since every week holds hours in proportion to the hours a week, the hours that would be enough are exact.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

from jinjie.base.words import Language, Text
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Resource
from jinjie.path.goals import EXPLAIN, Goal, needs_of, way
from jinjie.path.graph import Graph
from jinjie.path.known import Known, believed
from jinjie.path.mastery import Belief
from jinjie.path.recommend import Cost, recommend
from jinjie.path.systems import BUILDING

REVIEWS = 0.15
"""Share of every week that is kept for reviews."""

BRIDGE = 2.0
"""A concept learned elsewhere takes this many times the minutes that a lesson of ours would give it: one searches,
and reads more than that concept. Judged, not measured; where the catalog knows a resource's hours, those count."""

SHORTEST = 15
"""A lesson of which little is new still takes this long, in minutes."""

QUARTER = 0.25
"""Hours a week are told to the quarter."""


@dataclass(frozen=True)
class Step:
    """Something to do, and the concepts it is for."""

    kind: Literal["lesson", "bridge", "system"]
    slug: str
    title: Text
    concepts: tuple[str, ...]
    minutes: int
    resources: tuple[str, ...] = ()
    """For a bridge: what to learn it from, by id."""


@dataclass(frozen=True)
class Part:
    """A step, or a part of one, within a week."""

    step: Step
    minutes: int
    last: bool
    """It ends in this week."""


@dataclass(frozen=True)
class Week:
    """From a Monday, or from the first day, to the Sunday or the last day."""

    begins: date
    ends: date
    room: int
    """Minutes there are for steps."""
    reviews: int
    """Minutes kept for reviews."""
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Plan:
    """Weeks towards a goal."""

    goal: Goal
    hours: float
    start: date
    by: date | None
    steps: tuple[Step, ...]
    weeks: tuple[Week, ...]
    held: tuple[str, ...]
    """Concepts of the goal that need nothing more."""
    done: date | None
    """The day on which the last step ends at these hours, though it be after `by`; None where nothing is left to do, or
    with no hours."""
    enough: float | None
    """Hours a week that would be enough by the date; None without one, or where no hours of a week are enough."""
    drop: tuple[Step, ...]
    """What to leave out so that the rest fits: what the goal needs least, first. Nothing where the goal is one
    concept or one system: it stands on every step."""
    reached: int
    """How many of the steps are done by the date, in their order; all of them where there is none."""
    leads: int
    """How many of the other steps stand on the first one."""

    @property
    def fits(self) -> bool:
        return (
            self.done is None
            and not self.steps
            or (self.done is not None and (self.by is None or self.done <= self.by))
        )

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.steps)


def plan(
    library: Library,
    graph: Graph,
    goal: Goal,
    beliefs: Mapping[str, Belief],
    hours: float,
    start: date,
    by: date | None = None,
    language: Language | None = None,
    free_only: bool = False,
    built: Collection[str] = (),
    known: Known | None = None,
) -> Plan:
    """The plan of who has `hours` a week from `start`, to be done `by` the end of a day; `built` are systems
    that are there already. `known` says what need not be learned any more; without it the beliefs do.

    It always covers the whole goal; where that does not fit by the date, `done`, `enough` and `drop` say what could be
    done about it, and the weeks run on beyond it.
    """
    wants = way(library, graph, goal)
    known = known or believed(beliefs)
    missing = [concept for concept, depth in wants.items() if not known(concept, depth)]
    held = tuple(concept for concept in goal.wants if concept in wants and concept not in missing)
    steps = _steps(library, graph, goal, beliefs, known, missing, language, free_only, built)
    weeks, done = _filled(steps, hours, start)
    needs = {one: _stands_on(library, graph, one) for one in steps}
    leads = sum(bool(needs[one].intersection(steps[0].concepts)) for one in steps[1:])
    enough: float | None = None
    drop: tuple[Step, ...] = ()
    reached = len(steps)
    if by is not None:
        needed, room = list(accumulate(step.minutes for step in steps)), _room(hours, start, by)
        enough = _enough(needed[-1] if needed else 0, start, by)
        reached = sum(minutes <= room for minutes in needed)
        if reached < len(steps) and goal.kind in ("role", "spine"):
            drop = _dropped(goal, wants, needs, room)
    return Plan(goal, hours, start, by, steps, weeks, held, done, enough, drop, reached, leads)


# What there is to do


def _steps(
    library: Library,
    graph: Graph,
    goal: Goal,
    beliefs: Mapping[str, Belief],
    known: Known,
    missing: Iterable[str],
    language: Language | None,
    free_only: bool,
    built: Collection[str],
) -> tuple[Step, ...]:
    """A step for every written lesson, every unwritten one, and every system, in the order of the climb."""
    groups: dict[tuple[str, str], list[str]] = {}
    for concept in missing:
        written = graph.lessons.get(concept)
        planned = graph.concepts[concept].lesson or concept
        groups.setdefault(("lesson", written) if written else ("bridge", planned), []).append(concept)
    made: list[Step] = []
    cost: Cost | None = "free" if free_only else None
    for (kind, slug), concepts in groups.items():
        if kind == "lesson":
            lesson = library.lessons[slug].entry
            taught = [one for one in lesson.teaches if one in graph.place]
            new = [one for one in taught if one in concepts or not known(one, EXPLAIN)]
            minutes = max(SHORTEST, math.ceil(lesson.minutes * len(new) / len(taught)))
            made.append(Step("lesson", slug, lesson.title, tuple(new), minutes))
            continue
        found = recommend(library, graph, beliefs, concepts, language=language, cost=cost, most=2)
        if not found and language is not None:  # better in another language than nothing
            found = recommend(library, graph, beliefs, concepts, cost=cost, most=2)
        ids = tuple(one.resource.id for one in found)
        minutes = _elsewhere(graph, concepts, found[0].resource if found else None)
        names = [graph.concepts[one].name for one in concepts]
        title = Text(", ".join(name.en for name in names), "、".join(name.zh for name in names))
        made.append(Step("bridge", slug, title, tuple(concepts), minutes, ids))
    for system in goal.systems:
        if system not in library.systems or system in built:
            continue
        entry = library.systems[system].entry
        if entry.recipes:
            made.append(Step("system", system, entry.name, tuple(entry.concepts), BUILDING))
    return _ordered(library, graph, made)


def _elsewhere(graph: Graph, concepts: Iterable[str], resource: Resource | None) -> int:
    """Minutes to learn concepts from a resource: its own, the share that is wanted of it; else by BRIDGE."""
    minutes = 0.0
    for one in concepts:
        if resource is not None and resource.hours is not None and one in resource.concepts:
            minutes += resource.hours * 60 / len(resource.concepts)
        else:
            minutes += BRIDGE * graph.concepts[one].minutes
    return math.ceil(minutes)


def _stands_on(library: Library, graph: Graph, step: Step) -> set[str]:
    """The concepts that a step stands on, its own left out."""
    if step.kind == "system":
        return set(step.concepts).union(*(graph.needs.get(one, frozenset()) for one in step.concepts))
    needs = set().union(*(graph.needs[one] for one in step.concepts))
    if step.kind == "lesson":
        needs |= needs_of(library, graph, step.slug)
    return needs - set(step.concepts)


def _ordered(library: Library, graph: Graph, steps: list[Step]) -> tuple[Step, ...]:
    """The steps in the order of their first concepts, each behind those that teach what it stands on.

    Two unwritten lessons may stand on one another's concepts; they are then taken in the order of the climb.
    """
    waiting = sorted(steps, key=lambda one: (one.kind == "system", graph.place.get(one.concepts[0], 0)))
    needs = {(one.kind, one.slug): _stands_on(library, graph, one) for one in waiting}
    done: list[Step] = []
    while waiting:
        left = {
            concept: (one.kind, one.slug)
            for one in waiting
            if one.kind != "system"
            for concept in one.concepts
        }
        ready = (
            one
            for one in waiting
            if all(
                left.get(need, (one.kind, one.slug)) == (one.kind, one.slug)
                for need in needs[one.kind, one.slug]
            )
        )
        chosen = next(ready, None)
        if chosen is None:  # they stand on one another: cut the first one in two
            chosen, rest = _cut(graph, waiting[0], left)
            if rest is not None:
                waiting[0] = chosen
                waiting.insert(1, rest)
                needs[rest.kind, rest.slug] = needs[chosen.kind, chosen.slug]
        done.append(chosen)
        waiting.remove(chosen)
    return tuple(done)


def _cut(graph: Graph, step: Step, left: Mapping[str, tuple[str, str]]) -> tuple[Step, Step | None]:
    """Its concepts that stand on nothing left, and the others."""
    me = (step.kind, step.slug)
    now = tuple(one for one in step.concepts if all(left.get(need, me) == me for need in graph.needs[one]))
    later = tuple(one for one in step.concepts if one not in now)
    if not now or not later:
        return step, None
    share = len(now) / len(step.concepts)
    first = replace(step, concepts=now, minutes=max(1, round(step.minutes * share)))
    return first, replace(step, concepts=later, minutes=max(1, step.minutes - first.minutes))


# When


def weeks_from(start: date) -> Iterable[tuple[date, date]]:
    """Week after week: the first from `start` to its Sunday, the others from Monday to Sunday."""
    begins = start
    while True:
        ends = begins + timedelta(days=6 - begins.weekday())
        yield begins, ends
        begins = ends + timedelta(days=1)


def minutes_in(hours: float, begins: date, ends: date) -> int:
    """Minutes for steps from one day to another of one week, the reviews' share taken off."""
    return math.floor(hours * 60 * (1 - REVIEWS) * ((ends - begins).days + 1) / 7)


def _filled(steps: Iterable[Step], hours: float, start: date) -> tuple[tuple[Week, ...], date | None]:
    """The weeks, and the day on which the last step ends."""
    waiting = [(step, step.minutes) for step in steps]
    if not waiting or minutes_in(hours, date(2001, 1, 1), date(2001, 1, 7)) < 1:
        return (), None
    made: list[Week] = []
    done = start
    for begins, ends in weeks_from(start):
        if not waiting:
            break
        room = minutes_in(hours, begins, ends)
        parts: list[Part] = []
        used = 0
        while waiting and used < room:
            step, left = waiting.pop(0)
            taken = min(left, room - used)
            used += taken
            parts.append(Part(step, taken, taken == left))
            if taken < left:
                waiting.insert(0, (step, left - taken))
        if not waiting:
            days = (ends - begins).days + 1
            done = begins + timedelta(days=min(days, max(1, math.ceil(used / max(room, 1) * days))) - 1)
        kept = math.floor(hours * 60 * ((ends - begins).days + 1) / 7) - room
        made.append(Week(begins, ends, room, kept, tuple(parts)))
        if len(made) > 5200:  # a century: these hours lead nowhere
            return tuple(made), None
    return tuple(made), done


def _room(hours: float, start: date, by: date) -> int:
    """Minutes for steps until the end of the day `by`."""
    total = 0
    for begins, ends in weeks_from(start):
        if begins > by:
            return total
        whole = minutes_in(hours, begins, ends)
        days = (ends - begins).days + 1
        inside = (min(ends, by) - begins).days + 1
        total += whole if inside == days else math.floor(whole * inside / days)
    return total


def _enough(needed: int, start: date, by: date) -> float | None:
    """The fewest hours a week, to the quarter, with which as many minutes fit by the date."""
    most = 24 * 7
    if by < start or _room(most, start, by) < needed:
        return None
    low, high = 0, int(most / QUARTER)
    while low < high:
        middle = (low + high) // 2
        if _room(middle * QUARTER, start, by) >= needed:
            high = middle
        else:
            low = middle + 1
    return low * QUARTER


def _dropped(
    goal: Goal, wants: Mapping[str, int], needs: Mapping[Step, set[str]], room: int
) -> tuple[Step, ...]:
    """Steps to leave out, least needed first, until the rest fits; none that another one left stands on.

    Whole branches go, tip first; what then turns out to fit after all is taken in again, the most needed first.
    """
    left = list(needs)
    used = sum(step.minutes for step in left)
    places = {step: place for place, step in enumerate(left)}
    dropped: list[Step] = []

    def need(step: Step) -> tuple[int, int]:
        return sum(wants[one] for one in step.concepts if one in wants and one in goal.wants), -places[step]

    while used > room:
        stood_on = set().union(*(needs[one] for one in left))
        free = [one for one in left if one.kind == "system" or not stood_on.intersection(one.concepts)]
        least = min(free or left[-1:], key=need)
        left.remove(least)
        dropped.append(least)
        used -= least.minutes
    for step in reversed(tuple(dropped)):
        missing = {one for other in dropped if other.kind != "system" for one in other.concepts}
        if used + step.minutes <= room and not needs[step].intersection(missing.difference(step.concepts)):
            dropped.remove(step)
            used += step.minutes
    return tuple(dropped)
