"""Dated weeks towards a goal: reckoned for the hours that one has, kept as one's goal, taken along as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem
from jinjie.base.words import LANGUAGES, language, say
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path import calendar, planning
from jinjie.path.evidence import day
from jinjie.path.goals import Goal, chosen, goal
from jinjie.path.plan import Plan, Week
from jinjie.path.planning import Asked
from jinjie.studio.course import course
from jinjie.studio.render import Filled, page
from jinjie.studio.standing import Standing, standing

router = APIRouter(include_in_schema=False)
FIRST = 8
"""Weeks that are open; the later ones are behind a heading."""


@dataclass(frozen=True)
class Wish:
    """What a form or a saved goal asks for, and what is wrong with it."""

    filled: dict[str, str]
    """The fields as they are shown."""
    goal: Goal | None = None
    asked: Asked | None = None
    saved: Attempt | None = None
    """The goal in the log, where that is what is shown."""
    problems: tuple[Problem, ...] = ()


@router.get("/path/plan")
def plan(request: Request) -> Response:
    """The plan that a form asks for, else the one of the goal that was saved, else that of the whole course."""
    stands = standing(course(request).library)
    return _page(request, stands, _wish(stands, request.query_params))


@router.post("/path/plan")
def save(request: Request, filled: Filled) -> Response:
    """Keep the goal with its hours and its date in the learner's log."""
    stands = standing(course(request).library)
    wish = _wish(stands, filled)
    if wish.goal is None or wish.asked is None:
        return _page(request, stands, wish)
    with open_store() as store:
        write(store, Attempt("goal", wish.goal.name, detail=wish.asked.said))
    return RedirectResponse("/path/plan", 303)


@router.get("/path/plan.md")
def as_markdown(request: Request) -> Response:
    """The same plan, each step with a box to tick."""
    stands = standing(course(request).library)
    text = calendar.markdown(_made(stands, request.query_params), stands.library, language())
    return _file(text.encode(), "text/markdown; charset=utf-8", "plan.md")


@router.get("/path/plan.ics")
def as_calendar(request: Request) -> Response:
    """The same plan for a calendar."""
    stands = standing(course(request).library)
    made = calendar.calendar(_made(stands, request.query_params), language(), stands.now)
    return _file(made, "text/calendar; charset=utf-8", "plan.ics")


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, headers=headers, media_type=kind)


def _made(stands: Standing, fields: Mapping[str, str]) -> Plan:
    """The plan for a file. Raises InvalidInput with what is wrong."""
    wish = _wish(stands, fields)
    if wish.goal is None or wish.asked is None:
        raise InvalidInput(list(wish.problems))
    return stands.plan(wish.goal, wish.asked)


def _wish(stands: Standing, fields: Mapping[str, str]) -> Wish:
    """What the fields of a form ask for, or where there are none the goal in the log."""
    today = day(stands.now)
    if "goal" not in fields:
        wanted, event = chosen(stands.library, stands.events)
        try:
            asked = planning.asked({}, event.detail if event else {}, today)
        except InvalidInput:  # a log that was written by hand
            asked = planning.asked({}, {}, today)
        return Wish(_fields(wanted, asked), wanted, asked, event)
    filled = {name: fields.get(name, "").strip()[:200] for name in ("goal", "hours", "by", "language")}
    filled["free_only"] = "on" if fields.get("free_only") else ""
    problems: list[Problem] = []
    found: Goal | None = None
    asked_for: Asked | None = None
    try:
        found = goal(stands.library, filled["goal"])
    except NotFound as error:
        problems.append(Problem("goal", error.key, **error.params))
    given: dict[str, Any] = {name: filled[name] or None for name in ("by", "language")}
    given |= {"hours": _number(filled["hours"]), "free_only": bool(filled["free_only"])}
    names = {name: say(key) for name, key in LABELS.items()}
    try:
        asked_for = planning.asked(given, {}, today, names)
    except InvalidInput as error:
        problems += error.problems
    return Wish(filled, found, asked_for, None, tuple(problems))


LABELS = {
    "hours": "studio.path.hours",
    "by": "studio.plan.by",
    "language": "studio.plan.language",
}


def _number(written: str) -> float | str | None:
    """Hours as they were written; what is no number stays as it came, for the error to show."""
    try:
        return float(written.replace(",", ".")) if written else None
    except ValueError:
        return written


def _fields(wanted: Goal, asked: Asked) -> dict[str, str]:
    return {
        "goal": wanted.name,
        "hours": f"{asked.hours:g}",
        "by": asked.by.isoformat() if asked.by else "",
        "language": asked.language or "",
        "free_only": "on" if asked.free_only else "",
    }


def _page(request: Request, stands: Standing, wish: Wish) -> Response:
    made: Plan | None = None
    since: list[str] = []
    if wish.goal is not None and wish.asked is not None:
        made = stands.plan(wish.goal, wish.asked)
        if wish.saved is not None:
            moved = stands.since(wish.goal, wish.asked, wish.saved)
            since = calendar.moved(moved, language()) if moved is not None else []
    return page(
        request,
        "plan.html",
        200 if made else 422,
        filled=wish.filled,
        problems=[str(problem) for problem in wish.problems],
        goals=_goals(stands.library),
        languages=LANGUAGES,
        saved=wish.saved is not None,
        since=since,
        made=_shown(stands.library, made) if made else None,
        query=urlencode({name: value for name, value in wish.filled.items() if value}),
        trouble=stands.trouble,
    )


def _goals(library: Library) -> list[dict[str, Any]]:
    """What a goal may be, in groups."""
    concepts = {slug: c for slug, c in library.concepts.items() if not c.entry.prior}
    groups = (
        (say("studio.path.roles"), "role", library.roles),
        (say("studio.plan.systems"), "system", library.systems),
        (say("studio.plan.concepts"), "concept", concepts),
    )
    made: list[dict[str, Any]] = [
        {
            "name": "",
            "choices": [("spine:spine", say("path.spine"))],
        }
    ]
    for name, kind, entries in groups:
        choices = [(f"{kind}:{slug}", str(one.entry.name)) for slug, one in entries.items()]
        made.append({"name": name, "choices": choices})
    return made


def _shown(library: Library, plan: Plan) -> dict[str, Any]:
    lang = language()
    weeks = [week(library, number, one) for number, one in enumerate(plan.weeks, 1)]
    return {
        "title": say("path.plan.title", goal=plan.goal.title),
        "summary": calendar.summary(plan, lang),
        "first": calendar.first(plan, lang),
        "weeks": weeks[:FIRST],
        "later": weeks[FIRST:],
    }


def week(library: Library, number: int, one: Week) -> dict[str, Any]:
    """A week of a plan, each part with what it leads to."""
    lang = language()
    return {
        "number": number,
        "begins": one.begins.isoformat(),
        "ends": one.ends.isoformat(),
        "reviews": one.reviews,
        "parts": [
            {
                "line": calendar.line(part, lang),
                "href": _href(library, part.step.kind, part.step.slug),
                "resources": [
                    (entry.title, entry.url)
                    for entry in (
                        library.resources[r].entry for r in part.step.resources if r in library.resources
                    )
                ],
            }
            for part in one.parts
        ],
    }


def _href(library: Library, kind: str, slug: str) -> str | None:
    if kind == "lesson":
        return f"/learn/{slug}"
    if kind == "system":
        recipe = next(iter(library.systems[slug].entry.recipes), None)
        return f"/?recipe={recipe}" if recipe else None
    return None


def this_week(stands: Standing) -> dict[str, Any] | None:
    """The first week of the plan of the goal that was saved; None where none was, or nothing is left to do."""
    wanted, event = chosen(stands.library, stands.events)
    if event is None:
        return None
    try:
        made = stands.plan(wanted, planning.asked({}, event.detail, day(stands.now)))
    except JinjieError:
        return None
    if not made.weeks:
        return None
    return {"goal": str(wanted.title), "week": week(stands.library, 1, made.weeks[0])}
