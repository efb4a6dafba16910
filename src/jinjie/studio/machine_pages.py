"""This machine, as the doctor sees it: what it is, what was measured, the sandbox, what is wrong and what to do."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from jinjie.course.doctor import examine, rates, sections
from jinjie.studio.render import page

router = APIRouter(include_in_schema=False)


@router.get("/machine")
def machine(request: Request) -> Response:
    """What is known; nothing is measured, which would take five seconds and slow a training down."""
    found = examine("never")
    measured = found["measured"]
    return page(
        request,
        "machine.html",
        sections=sections(found),
        measured=measured,
        rates=rates(measured) if measured else None,
        warns=found["warns"],
        prevents=found["prevents"],
    )


@router.post("/machine/measure")
def measure(request: Request) -> Response:
    """Measure, or measure again; then the page."""
    examine("again")
    return RedirectResponse("/machine", 303)
