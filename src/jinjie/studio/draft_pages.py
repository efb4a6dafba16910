"""What is typed into an exercise's editor: kept at every pause, and there again when the page is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Exercise
from jinjie.course.content.sheet import read_words
from jinjie.course.grading import workspace
from jinjie.learner.drafts import Draft, latest, save
from jinjie.learner.store import open_store
from jinjie.learner.troubles import StoreError
from jinjie.studio.course import course
from jinjie.studio.render import Filled

router = APIRouter(include_in_schema=False)
SOURCE = 100_000
"""Characters of code that is kept or handed in."""


@router.post("/learn/{slug}/exercises/{name}/draft")
def keep(request: Request, slug: str, name: str, filled: Filled) -> Response:
    """Keep what is typed so far. Raises NotFound, InvalidInput, StoreError."""
    exercise = course(request).library.exercise(name)
    with open_store() as store:
        save(store, Draft(exercise.slug, source_of(filled.get("source", ""))))
    return Response(status_code=204)


def source_of(text: str) -> str:
    """Code as a form sends it, with the line ends of a file. Raises InvalidInput where it is too long."""
    source = text.replace("\r\n", "\n")
    if len(source) > SOURCE:
        raise InvalidInput([Problem("source", "studio.learn.too_long", most=SOURCE)])
    return source


def typed_last(slugs: Iterable[str]) -> dict[str, Draft]:
    """What was typed last into each of these exercises; nothing where the log cannot be read."""
    try:
        with open_store() as store:
            found = {slug: latest(store, slug) for slug in slugs}
    except StoreError:
        return {}
    return {slug: draft for slug, draft in found.items() if draft is not None}


def newest(exercise: Written[Exercise], typed: Draft | None) -> tuple[str, bool]:
    """The learner's code: what was `typed` last, else what was handed in or edited elsewhere, else the starter; and
    whether it was typed and not handed in. Raises Unreadable for a starter that is not there."""
    file = workspace.file_of(exercise.slug)
    source, changed = read_words(exercise.folder / "starter.py"), None
    try:
        if file.is_file():
            source = workspace.content(file).decode("utf-8", "replace")
            changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except (JinjieError, OSError):
        pass  # said when it is handed in
    if typed is None or typed.text == source or (changed is not None and typed.time < changed):
        return source, False
    return typed.text, True
