"""A plan as a learner asks for it: what is said now, what was saved with the goal, and what moved since then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, cast

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import LANGUAGES, Language
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import day
from jinjie.path.goals import Goal
from jinjie.path.graph import Graph
from jinjie.path.known import Known, judged
from jinjie.path.mastery import Belief, belief
from jinjie.path.moved import Moved, moved
from jinjie.path.plan import Plan, plan
from jinjie.path.systems import built

HOURS = 5.0
"""Hours a week of who has not said."""

FARTHEST = timedelta(days=36525)
"""Nobody plans farther than a century, and the calendar ends somewhere."""

OPTIONS = {
    "hours": "--hours-per-week",
    "by": "--by",
    "start": "--start",
    "language": "--language",
}
"""What is asked for, as the command line calls it."""


@dataclass(frozen=True)
class Asked:
    """What a plan is made for, besides its goal."""

    hours: float
    by: date | None
    start: date
    language: Language | None
    free_only: bool

    @property
    def said(self) -> dict[str, Any]:
        """As it is saved in the learner's log."""
        return {name: v.isoformat() if isinstance(v, date) else v for name, v in asdict(self).items()}


def asked(
    given: Mapping[str, Any], kept: Mapping[str, Any], today: date, names: Mapping[str, str] = OPTIONS
) -> Asked:
    """What was asked for, else what was saved, else the usual. `names` is what a mistake is told under.

    Raises InvalidInput with every mistake.
    """
    problems: list[Problem] = []

    def value(name: str) -> Any:
        return given[name] if given.get(name) is not None else kept.get(name)

    def wrong(name: str, key: str, **params: Any) -> None:
        problems.append(Problem(names.get(name, name), key, **params))

    def a_date(name: str) -> date | None:
        if (came := value(name)) is None:
            return None
        try:
            return date.fromisoformat(str(came))
        except ValueError:
            wrong(name, "path.plan.no_date", came=came)
            return None

    hours = value("hours")
    hours = HOURS if hours is None else hours
    if not isinstance(hours, int | float) or not 0 < hours <= 24 * 7:
        wrong("hours", "path.plan.no_week", came=hours)
    by, start = a_date("by"), a_date("start")
    begins = start or today
    if given.get("start") is None:
        begins = max(begins, today)  # a saved day that has gone by: what is left begins now
    for name, came in (("by", by), ("start", start)):
        if came is not None and abs(came - today) > FARTHEST:
            wrong(name, "path.plan.too_far", came=came.isoformat())
    if by is not None and given.get("by") is not None and by < begins:
        wrong("by", "path.plan.gone_by", by=by.isoformat(), start=begins.isoformat())
    language = value("language")
    if language not in (None, *LANGUAGES):
        allowed = " | ".join(LANGUAGES)
        wrong("language", "problem.not_a_choice", allowed=allowed, came=language, suggestion="")
    if problems:
        raise InvalidInput(problems)
    return Asked(float(hours), by, begins, cast("Language | None", language), bool(value("free_only")))


def made(
    library: Library,
    graph: Graph,
    goal: Goal,
    events: list[Attempt],
    now: datetime,
    asked: Asked,
    beliefs: Mapping[str, Belief] | None = None,
    known: Known | None = None,
) -> Plan:
    """The plan of the learner whose log is `events`; what follows from the log may be given, where it is there."""
    return plan(
        library,
        graph,
        goal,
        belief(library, graph, events, now) if beliefs is None else beliefs,
        asked.hours,
        asked.start,
        asked.by,
        asked.language,
        asked.free_only,
        built(library, goal.systems, events, until=now),
        known or judged(library, graph, events, now),
    )


def since(
    library: Library,
    graph: Graph,
    goal: Goal,
    events: list[Attempt],
    saved: Attempt,
    now: Plan,
    today: date,
) -> Moved | None:
    """What moved since the goal was saved; None for another goal, and where nothing did on the same day."""
    if saved.slug != goal.name:
        return None
    try:
        then = asked(dict.fromkeys(_NAMES), saved.detail, day(saved.time))
    except InvalidInput:  # a log that was written by hand
        return None
    before = [event for event in events if (event.time, event.id) < (saved.time, saved.id)]
    found = moved(made(library, graph, goal, before, saved.time, then), now, today)
    return found if found or day(saved.time) < today else None


_NAMES = tuple(field.name for field in fields(Asked))
