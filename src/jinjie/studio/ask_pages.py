"""Questions and their answers, and the search of the whole course."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.errors import NotFound, did_you_mean
from jinjie.base.words import language
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Question
from jinjie.course.find import KINDS, find
from jinjie.course.find.search import Hit
from jinjie.course.render import html
from jinjie.course.render.reading import parse
from jinjie.path.asking import Near
from jinjie.path.figures import figures, fill
from jinjie.studio.course import Course, course
from jinjie.studio.render import page
from jinjie.studio.standing import questions

router = APIRouter(include_in_schema=False)
LONGEST = 500
"""Characters of a question that are looked at."""
NEAR = 4
HITS = 8


@router.get("/ask")
def ask(request: Request, q: str = "") -> Response:
    """The answer to what was asked, the questions near it, and what else of the course answers it; or all questions."""
    its = course(request)
    asked = q.strip()[:LONGEST]
    if not asked:
        return page(request, "ask.html", asked="", answer=None, near=[], hits=[], themes=_themes(its.library))
    near = questions(its.library).nearest(asked)
    first = near[0].question if near and near[0].sure else None
    others = near[1 : NEAR + 1] if first else near[:NEAR]
    return page(
        request,
        "ask.html",
        asked=asked,
        answer=_answer(its.library, first) if first else None,
        near=[_near(one) for one in others],
        hits=_hits(its, asked),
        themes=[],
    )


@router.get("/ask/{id_}")
def one(request: Request, id_: str) -> Response:
    """One question and its answer."""
    library = course(request).library
    if id_ not in library.questions:
        raise NotFound("content.no_question", name=id_, suggestion=did_you_mean(id_, library.questions))
    question = library.questions[id_].entry
    near = questions(library).beside(id_)[:NEAR]
    return page(
        request,
        "ask.html",
        asked="",
        answer=_answer(library, question),
        near=[_near(one) for one in near],
        hits=[],
        themes=[],
    )


def _answer(library: Library, question: Question) -> dict[str, Any]:
    found = figures(question, library)
    text = parse(fill(str(question.answer), found))
    return {
        "id": question.id,
        "question": str(question.question),
        "body": html.html(text, library, language()).body,
        "guessed": any(figure.guessed for figure in found.values()),
    }


def _near(one: Near) -> dict[str, str]:
    return {"id": one.question.id, "question": str(one.question.question)}


def _themes(library: Library) -> list[dict[str, Any]]:
    return [
        {
            "id": slug,
            "name": str(theme.entry.theme),
            "questions": [{"id": one.id, "question": str(one.question)} for one in theme.entry.questions],
        }
        for slug, theme in library.themes.items()
    ]


def _hits(its: Course, asked: str) -> list[dict[str, Any]]:
    """What the search finds besides questions, each with the page it leads to or the command that shows it."""
    kinds = [kind for kind in KINDS if kind != "answer"]
    return [
        {
            "kind": str(KINDS[hit.kind]),
            "title": str(hit.title),
            "heading": str(hit.heading),
            "pieces": _pieces(hit),
            "href": _place(hit),
            "outside": bool(hit.address),
            "command": "" if _place(hit) else hit.command,
            "planned": hit.planned,
        }
        for hit in find(asked, kinds=kinds, limit=HITS, database=its.reading.index).hits
    ]


def _place(hit: Hit) -> str:
    """The page of a hit; empty where the studio has none."""
    match hit.kind:
        case "lesson":
            return f"/learn/{hit.id}"
        case "formula":
            return f"/formulas/{hit.id}"
        case "recipe":
            return f"/?recipe={hit.id}"
        case "role":
            return f"/path/roles/{hit.id}"
        case "concept" | "exercise" | "quiz" | "experiment" if hit.command.startswith("jinjie lesson "):
            return f"/learn/{hit.command.split()[-1]}"
    return hit.address


def _pieces(hit: Hit) -> list[tuple[bool, str]]:
    """The piece of text that shows why it was found, cut where a mark begins or ends."""
    text, at, pieces = hit.snippet.text, 0, []
    for start, end in hit.snippet.marks:
        pieces += [(False, text[at:start]), (True, text[start:end])]
        at = end
    return [piece for piece in [*pieces, (False, text[at:])] if piece[1]]
