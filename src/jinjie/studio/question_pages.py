"""Reviews and the placement in the browser: one question after another, each answer in the log before the next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem, did_you_mean
from jinjie.base.words import language, say
from jinjie.course.content.library import Library
from jinjie.course.quizzes import Variant, variant
from jinjie.course.quizzes.attempts import attempt
from jinjie.course.quizzes.judging import answered
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
from jinjie.learner.store import Store, open_store
from jinjie.path.goals import chosen
from jinjie.path.graph import Graph
from jinjie.path.placement import QUESTIONS, Placement
from jinjie.path.review import cards, due, reviewed_as
from jinjie.path.variants import fresh
from jinjie.studio import lesson_views
from jinjie.studio.course import Course, course
from jinjie.studio.lesson_views import Answered
from jinjie.studio.render import Filled, page

router = APIRouter(include_in_schema=False)
LONGEST = 200
"""Characters of an answer."""
WORDS = {"known", "unknown"}
"""What a learner may say of a concept against the placement."""


# Reviews


@router.get("/path/review")
def review(request: Request) -> Response:
    """The question that is nearest to being forgotten, or when the next one comes up."""
    its = course(request)
    with open_store() as store:
        events = list(iterate(store))
    waiting = due(its.library, events, datetime.now().astimezone())
    asked = fresh(its.library, events, [card.concept for card in waiting[:1]])
    one = next(iter(asked.values()), None)
    q = _question(its, one) if one is not None else None
    return _review(request, its.library, events, q, len(waiting))


@router.post("/path/review")
def reviewed(request: Request, filled: Filled) -> Response:
    """Judge an answer, and write it to the learner's log."""
    its = course(request)
    asked = _asked(its.library, filled)
    with open_store() as store:
        came, event = _judged(asked, filled)
        if event is not None:
            write(store, reviewed_as(event))
        events = list(iterate(store))
    waiting = due(its.library, events, datetime.now().astimezone())
    return _review(request, its.library, events, _question(its, asked, came), len(waiting))


def _review(
    request: Request, library: Library, events: list[Attempt], q: dict[str, Any] | None, waiting: int
) -> Response:
    made = cards(library, events)
    dates = sorted(card.due for card in made.values())
    concept = q["concept"] if q else ""
    again = made[concept].due if q and q["judged"] and concept in made else None
    return page(
        request,
        "review.html",
        q=q,
        left=waiting,
        about=str(library.concepts[concept].entry.name) if concept in library.concepts else "",
        again=again.isoformat() if again else "",
        first=dates[0].isoformat() if dates else "",
    )


# Placement


@router.get("/path/place")
def place(request: Request, again: bool = False) -> Response:
    """The next question of the placement, or what it concluded."""
    its = course(request)
    with open_store() as store:
        round_ = _round(its.library, store, again)
    one = round_.question()
    return _placement(request, its.library, round_, _question(its, one) if one is not None else None)


@router.post("/path/place")
def placed(request: Request, filled: Filled, again: bool = False) -> Response:
    """Judge an answer of the placement, and write it to the learner's log."""
    its = course(request)
    asked = _asked(its.library, filled)
    with open_store() as store:
        round_ = _round(its.library, store, again)
        came, event = _judged(asked, filled)
        if event is not None:
            event = round_.attempt(asked, event)
            write(store, event)
            round_ = round_.with_(event)
    return _placement(request, its.library, round_, _question(its, asked, came))


@router.post("/path/said")
def said(request: Request, filled: Filled) -> Response:
    """The learner's own word about a concept: known, or unknown."""
    library = course(request).library
    concept, word = filled.get("concept", ""), filled.get("said", "")
    if concept not in library.concepts:
        raise NotFound("path.no_goal", name=concept[:80], suggestion=did_you_mean(concept, library.concepts))
    if word not in WORDS:
        raise InvalidInput(
            [
                Problem(
                    "said",
                    "problem.not_a_choice",
                    allowed=" | ".join(sorted(WORDS)),
                    came=word[:40],
                    suggestion="",
                )
            ]
        )
    with open_store() as store:
        write(store, Attempt("placement", concept, detail={"said": word}))
    if filled.get("back") == "mastery":
        return RedirectResponse(f"/path/mastery?concept={concept}#{concept}", 303)
    return RedirectResponse("/path/place#concluded", 303)


def _round(library: Library, store: Store, again: bool) -> Placement:
    events = list(iterate(store))
    graph = Graph.of(library)
    goal, _ = chosen(library, events)
    return Placement.of(library, graph, graph.closure(goal.wants), events, again)


def _placement(request: Request, library: Library, round_: Placement, q: dict[str, Any] | None) -> Response:
    number = len(round_.answers)
    over = q is None or (q["judged"] is not None and round_.question() is None)
    return page(
        request,
        "place.html",
        q=q,
        number=number + (0 if q and q["judged"] else 1),
        most=QUESTIONS,
        over=over,
        answered=number,
        stages=_concluded(library, round_) if over and number else [],
        round_again=round_.number > 1,
    )


def _concluded(library: Library, round_: Placement) -> list[dict[str, Any]]:
    """What the round says of each concept, by stage: likely known, open, likely new."""
    names = {area.entry.stage: str(area.entry.name) for area in library.areas.values()}
    stages: dict[int, list[dict[str, Any]]] = {}
    for one in round_.concluded(datetime.now().astimezone()):
        why = say("cli.place.comma").join(
            say(
                "cli.place.right" if found.passed else "cli.place.wrong",
                concept=str(library.concepts[found.concept].entry.name),
            )
            for found in one.why
        )
        stages.setdefault(round_.graph.stages[one.concept], []).append(
            {
                "slug": one.concept,
                "name": str(library.concepts[one.concept].entry.name),
                "percent": round(100 * one.after),
                "verdict": one.verdict,
                "why": why,
            }
        )
    return [
        {"number": stage, "name": names.get(stage, ""), "concepts": stages[stage]} for stage in sorted(stages)
    ]


# Questions


def _question(its: Course, one: Variant, came: Answered | None = None) -> dict[str, Any]:
    """A question as its form shows it."""
    shown = lesson_views.question(its, its.library.quiz(one.quiz), one.id, one.seed, came)
    return {**shown, "quiz": one.quiz, "concept": one.item.concept}


def _asked(library: Library, filled: dict[str, str]) -> Variant:
    """The question that a form answers. Raises NotFound or InvalidInput for what no form of ours says."""
    quiz = library.quiz(filled.get("quiz", "")[:80])
    return variant(quiz, filled.get("item", "")[:80], lesson_views.seed(filled.get("seed", "")), language())


def _judged(asked: Variant, filled: dict[str, str]) -> tuple[Answered, Attempt | None]:
    """What came of an answer, and the event that it is; an answer that is none is no event."""
    given = filled.get("answer", "").strip()[:LONGEST]
    try:
        found = answered(asked, given)
    except JinjieError as error:
        return Answered(given, problem=error.in_()), None
    return Answered(given, found), attempt(asked, found, given)
