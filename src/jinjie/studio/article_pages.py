"""The five articles that the course grew from, and what of it stands for each section and each program."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.audit.counterparts import Counterpart, counterparts
from jinjie.base.errors import NotFound, did_you_mean
from jinjie.course.content.library import Library
from jinjie.course.formula.headings import headings
from jinjie.studio.course import course
from jinjie.studio.render import page

router = APIRouter(include_in_schema=False)


@router.get("/audit/articles")
def articles(request: Request) -> Response:
    """All five."""
    return page(request, "articles.html", articles=counterparts(), shown=None)


@router.get("/audit/articles/{name}")
def article(request: Request, name: str) -> Response:
    """One of them, section by section, then its programs."""
    known = {one.id: one for one in counterparts()}
    if name not in known:
        raise NotFound("audit.no_article", name=name, suggestion=did_you_mean(name, known))
    shown = _shown(known[name], course(request).library)
    return page(request, "articles.html", articles=counterparts(), shown=shown)


def _shown(counterpart: Counterpart, library: Library) -> dict[str, Any]:
    formulas = headings()
    return {
        "article": counterpart,
        "sections": [
            {
                "section": section,
                "lessons": [(slug, str(library.lessons[slug].entry.title)) for slug in section.lessons],
                "formulas": [(slug, str(formulas[slug].name)) for slug in section.formulas],
                "questions": [
                    (slug, str(library.questions[slug].entry.question)) for slug in section.questions
                ],
            }
            for section in counterpart.sections
        ],
    }
