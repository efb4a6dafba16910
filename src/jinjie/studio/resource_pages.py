"""Where else to learn it: the catalog, the best for this learner first, each with its reason."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.errors import JinjieError
from jinjie.base.words import LANGUAGES, language, say
from jinjie.course.content.library import Library
from jinjie.path import checked
from jinjie.path.checked import Checked
from jinjie.path.checking import answered, ids_of
from jinjie.path.offered import (
    RESOURCE_KINDS,
    Offered,
    cost_name,
    facts,
    filter_of,
    kind_name,
    language_name,
    offered,
)
from jinjie.path.recommend import COSTS, LEVELS, level_name, listed
from jinjie.studio.checks import Checks
from jinjie.studio.course import course
from jinjie.studio.render import leave, page
from jinjie.studio.standing import standing

router = APIRouter(include_in_schema=False)
FEW, MANY = 12, 400
"""Resources that are shown at first, and at most."""


@router.get("/path/resources")
def resources(
    request: Request,
    topic: str = "",
    language: str = "",
    level: str = "",
    cost: str = "",
    kind: str = "",
    all: bool = False,
) -> Response:
    """Resources on a topic, or without one on what comes next for the learner's goal."""
    stands = standing(course(request).library)
    chosen = {"language": language, "level": level, "cost": cost, "kind": kind}
    found: Offered | None = None
    error = ""
    checks, note = _checks()
    try:
        asked = filter_of({name: word or None for name, word in chosen.items()}, {})
        topic = topic.strip()[:200]
        found = offered(
            stands.library,
            stands.graph,
            stands.beliefs,
            stands.events,
            topic,
            asked,
            checks,
            MANY if all else FEW,
        )
    except JinjieError as told:
        error = str(told)
    return page(
        request,
        "resources.html",
        422 if error else 200,
        topic=topic,
        chosen=chosen,
        choices=_choices(),
        topics=_topics(stands.library),
        count=len(stands.library.resources),
        error=error,
        note=note or stands.trouble,
        all=all,
        found=_shown(stands.library, found, checks) if found else None,
        check=_check(request, checks),
    )


@router.get("/path/resources/check")
def check(request: Request) -> Response:
    """How far the questions to the addresses are: the piece of the page that changes."""
    checks, note = _checks()
    return page(
        request,
        "_check.html" if "hx-request" in request.headers else "check.html",
        note=note,
        check=_check(request, checks),
    )


@router.post("/path/resources/check")
def begin(request: Request) -> Response:
    """Ask every address of the catalog. This goes out to the network, and nothing else of the studio does."""
    _going(request).begin(ids_of(course(request).library))
    return leave(request, "/path/resources/check")


@router.post("/path/resources/check/stop")
def stop(request: Request) -> Response:
    """Ask no more; what was answered stays."""
    _going(request).stop()
    return leave(request, "/path/resources/check")


def _going(request: Request) -> Checks:
    kept: Checks = request.app.state.checks
    return kept


def _check(request: Request, known: dict[str, Checked]) -> dict[str, Any]:
    """What was known of the addresses before, and how far the questions are that somebody asks now."""
    state = _going(request).state
    made = state.made
    rows = []
    for slug, url, answer in made.odd() if made else []:
        before = made.known[url].found if made else None
        rows.append(
            {"name": slug, "url": url, "said": answered(answer), "found": before.date() if before else None}
        )
    return {
        "state": state,
        "rows": rows,
        "not_asked": len(made.not_asked) if made else 0,
        "file": str(checked.file()),
        "known": len(known),
        "there": sum(one.status in ("found", "moved") for one in known.values()),
        "last": max((one.asked for one in known.values()), default=None),
    }


def _checks() -> tuple[dict[str, Checked], str]:
    """What is known of the addresses; a file that is spoiled is told of, and keeps nobody from the list."""
    try:
        return checked.read(), ""
    except checked.Spoiled as error:
        return {}, str(error)


def _choices() -> list[dict[str, Any]]:
    """What the list may be narrowed by: a field, its name, and its values with theirs."""
    return [
        {
            "field": "language",
            "name": say("studio.resources.language"),
            "values": [(one, language_name(one)) for one in LANGUAGES],
        },
        {
            "field": "level",
            "name": say("studio.resources.level"),
            "values": [(one, level_name(one)) for one in LEVELS],
        },
        {
            "field": "cost",
            "name": say("studio.resources.cost"),
            "values": [(one, cost_name(one)) for one in COSTS],
        },
        {
            "field": "kind",
            "name": say("studio.resources.kind"),
            "values": [(one, kind_name(one)) for one in RESOURCE_KINDS],
        },
    ]


def _topics(library: Library) -> list[str]:
    """What may be asked for by its name, for the field to suggest."""
    areas = [str(one.entry.name) for one in library.areas.values()]
    return [*areas, *(str(one.entry.name) for one in library.concepts.values() if not one.entry.prior)]


def _shown(library: Library, found: Offered, checks: dict[str, Checked]) -> dict[str, Any]:
    looked = found.sought
    names = [str(library.concepts[slug].entry.name) for slug in looked.concepts if slug in library.concepts]
    said = ""
    if looked.goal and looked.concepts:
        said = say("path.resources.for_goal", goal=looked.title, concepts=listed(names, language()))
    return {
        "about": said,
        "gone": len(found.gone),
        "more": len(found.resources) == FEW,
        "each": [
            {
                "title": one.resource.title,
                "url": one.resource.url,
                "facts": facts(one.resource, checks.get(one.resource.url)),
                "reason": str(one.reason),
                "above": one.above,
            }
            for one in found.resources
        ],
    }
