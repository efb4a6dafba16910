"""The path in the REST API: where the learner stands, what comes next, plans, resources, roles and answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from jinjie.base.errors import NotFound, did_you_mean
from jinjie.base.words import LANGUAGES, Language
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path import checked, plain, planning
from jinjie.path.asking import Near
from jinjie.path.calendar import plain as weeks
from jinjie.path.evidence import day
from jinjie.path.goals import chosen, goal
from jinjie.path.offered import RESOURCE_KINDS, filter_of, offered
from jinjie.path.recommend import COSTS, LEVELS
from jinjie.studio.course import course
from jinjie.studio.map_pages import state
from jinjie.studio.refusals import REFUSALS
from jinjie.studio.standing import Standing, questions, standing

router = APIRouter(prefix="/api/path", responses=REFUSALS)
LONGEST = 500
"""Characters of a question, a topic or a name."""
NEAR = 5

Short = Annotated[str, Query(max_length=LONGEST)]


def _one_of(words: Sequence[str]) -> WithJsonSchema:
    """Documented as a choice; `filter_of` says it in the asker's language, with the nearest word."""
    return WithJsonSchema({"type": "string", "enum": list(words)})


class Wanted(BaseModel):
    """Where to, and in what time. Dates as 2027-05-31."""

    model_config = ConfigDict(extra="forbid")

    goal: str
    hours: float | None = Field(None, gt=0, le=24 * 7)
    """Hours a week."""
    by: date | None = None
    language: Language | None = None
    """Of resources."""
    free_only: bool = False


def _stands(request: Request) -> Standing:
    return standing(course(request).library)


@router.get("/next")
def next_step(request: Request) -> dict[str, Any]:
    """The one best thing now and why."""
    stands = _stands(request)
    return plain.step(stands.step, chosen(stands.library, stands.events)[0])


@router.get("/mastery")
def mastery(request: Request) -> list[dict[str, Any]]:
    """Every concept: whether it is held, in part or new, what is believed of it, and from when a review is due."""
    stands = _stands(request)
    cards, found = stands.cards, []
    for slug, concept in stands.graph.concepts.items():
        belief = stands.beliefs.get(slug)
        found.append(
            {
                "concept": slug,
                "name": concept.name.both(),
                "stage": stands.graph.stages[slug],
                "state": state(stands, slug),
                "belief": round(belief.p, 4) if belief else None,
                "answers": belief.answers if belief else 0,
                "due": cards[slug].due.isoformat() if slug in cards else None,
            }
        )
    return found


@router.get("/plan")
def plan(request: Request) -> dict[str, Any]:
    """The weeks towards the goal that was saved, or through the whole course."""
    stands = _stands(request)
    wanted, event = chosen(stands.library, stands.events)
    asked = planning.asked({}, event.detail if event else {}, day(stands.now))
    return weeks(stands.plan(wanted, asked))


@router.post("/plan", status_code=201)
def save(request: Request, wanted: Wanted) -> dict[str, Any]:
    """Keep a goal in the learner's log; answered with its plan. All problems are reported at once."""
    stands = _stands(request)
    found = goal(stands.library, wanted.goal[:LONGEST])
    given = wanted.model_dump(exclude={"goal"})
    asked = planning.asked(given, {}, day(stands.now), {})
    with open_store() as store:
        write(store, Attempt("goal", found.name, detail=asked.said))
    return weeks(_stands(request).plan(found, asked))


@router.get("/resources")
def resources(
    request: Request,
    topic: Short = "",
    language: Annotated[str | None, _one_of(LANGUAGES)] = None,
    level: Annotated[str | None, _one_of(LEVELS)] = None,
    cost: Annotated[str | None, _one_of(COSTS)] = None,
    kind: Annotated[str | None, _one_of(RESOURCE_KINDS)] = None,
    most: Annotated[int, Query(ge=1, le=200)] = 10,
) -> list[dict[str, Any]]:
    """The best resources on a topic for this learner, or without one on what comes next for the goal."""
    stands = _stands(request)
    asked = filter_of({"language": language, "level": level, "cost": cost, "kind": kind}, {})
    checks = checked.read()
    found = offered(stands.library, stands.graph, stands.beliefs, stands.events, topic, asked, checks, most)
    return [plain.resource(one, checks.get(one.resource.url)) for one in found.resources]


@router.get("/roles")
def roles(request: Request) -> list[dict[str, Any]]:
    """Every kind of work: what it does, what it needs, how deep."""
    return [one.entry.plain() for one in course(request).library.roles.values()]


@router.get("/roles/{name}/gap")
def gap(request: Request, name: str, hours: Annotated[float, Query(ge=0.25, le=168)] = 5.0) -> dict[str, Any]:
    """What lies between the learner and a kind of work, at so many hours a week."""
    stands = _stands(request)
    if name not in stands.library.roles:
        raise NotFound(
            "path.no_goal", name=name[:LONGEST], suggestion=did_you_mean(name, stands.library.roles)
        )
    return plain.gap(stands.gap(name, hours))


@router.get("/questions")
def all_questions(request: Request) -> list[dict[str, Any]]:
    """Every question by theme."""
    return plain.themes(course(request).library)


@router.get("/questions/{name}")
def one_question(request: Request, name: str) -> dict[str, Any]:
    """One question, its answer with the numbers of this machine, and the questions near it."""
    library = course(request).library
    if name not in library.questions:
        raise NotFound(
            "content.no_question", name=name[:LONGEST], suggestion=did_you_mean(name, library.questions)
        )
    near = [Near(library.questions[name].entry, 1.0), *questions(library).beside(name)[:NEAR]]
    return plain.answer(library, name, near)


@router.get("/ask")
def ask(request: Request, q: Short) -> dict[str, Any]:
    """The answer to a question as people ask it."""
    library = course(request).library
    return plain.answer(library, q, questions(library).nearest(q)[: NEAR + 1])
