"""The path: kinds of work, what each asks for, and what lies between it and the learner."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.errors import NotFound, did_you_mean
from jinjie.base.words import Language, language, say
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Role
from jinjie.course.render.html import drawing
from jinjie.path.calendar import summary
from jinjie.path.career import Axis, Gap
from jinjie.path.radar import described, radar
from jinjie.studio.course import course
from jinjie.studio.next_step import next_step
from jinjie.studio.plan_pages import this_week, week
from jinjie.studio.render import page
from jinjie.studio.standing import standing

router = APIRouter(include_in_schema=False)
HOURS = (2.0, 5.0, 10.0, 20.0)
"""Hours a week to choose from."""
USUAL = 5.0
WEEKS = 6
"""Weeks of a plan that are shown."""


@router.get("/path")
def roles(request: Request) -> Response:
    """Where the learner stands, and every kind of work."""
    library = course(request).library
    stands = standing(library)
    return page(
        request,
        "roles.html",
        roles=[_card(slug, one.entry) for slug, one in library.roles.items()],
        step=next_step(stands),
        week=this_week(stands),
        due=len(stands.due),
        answered=sum(event.kind == "placement" and event.item is not None for event in stands.events),
        trouble=stands.trouble,
    )


@router.get("/path/roles/{slug}")
def role(request: Request, slug: str, hours: float = USUAL) -> Response:
    """One kind of work, and the way there at so many hours a week."""
    its = course(request)
    library = its.library
    if slug not in library.roles:
        raise NotFound("path.no_goal", name=slug, suggestion=did_you_mean(slug, library.roles))
    hours = hours if hours in HOURS else USUAL
    stands = standing(library)
    found = stands.gap(slug, hours)
    lang = language()
    entry = library.roles[slug].entry
    return page(
        request,
        "role.html",
        role={
            "slug": slug,
            "name": str(entry.name),
            "does": its.reading.text(str(entry.does), lang),
            "questions": [
                {
                    "asked": str(one.question),
                    "answer": its.reading.text(str(one.answer), lang),
                }
                for one in entry.questions
            ],
        },
        hours=hours,
        choices=HOURS,
        gap=_shown(library, found),
        trouble=stands.trouble,
    )


def _card(slug: str, entry: Role) -> dict[str, Any]:
    first = str(entry.does).strip().splitlines()[0]
    return {
        "slug": slug,
        "name": str(entry.name),
        "does": first,
        "counts": say("cli.career.counts", concepts=len(entry.needs), systems=len(entry.systems)),
    }


@lru_cache(maxsize=64)
def _picture(axes: tuple[Axis, ...], name: str, lang: Language) -> str:
    return drawing(radar(axes, name, lang), described(axes, name, lang), "gap")


def _shown(library: Library, found: Gap) -> dict[str, Any]:
    lang = language()
    name = str(found.role.name)
    systems = [*found.built, *found.unbuilt]
    return {
        "share": round(100 * found.share),
        "picture": _picture(tuple(found.axes), name, lang),
        "axes": [
            {"name": str(axis.name), "has": f"{axis.has:.1f}", "wants": f"{axis.wants:.1f}"}
            for axis in found.axes
        ],
        "missing": [
            {
                "name": str(library.concepts[one.concept].entry.name),
                "lesson": library.concepts[one.concept].entry.lesson
                if library.concepts[one.concept].entry.lesson in library.lessons
                else None,
                "has": one.has,
                "wanted": one.wanted,
            }
            for one in found.missing
        ],
        "systems": [
            {
                "name": str(library.systems[one].entry.name),
                "built": one in found.built,
                "recipe": next(iter(library.systems[one].entry.recipes), None),
            }
            for one in systems
        ],
        "projects": [
            {"name": str(one.name), "shows": str(one.shows), "recipes": list(one.recipes)}
            for one in found.projects
        ],
        "summary": summary(found.plan, lang),
        "weeks": [week(library, number, one) for number, one in enumerate(found.plan.weeks[:WEEKS], 1)],
        "more": max(0, len(found.plan.weeks) - WEEKS),
    }
