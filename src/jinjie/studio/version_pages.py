"""Earlier versions of what was written into an exercise: as it was typed or handed in, and back into the editor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from jinjie.base.errors import NotFound
from jinjie.course.grading.tries import SOURCE
from jinjie.learner.attempts import iterate
from jinjie.learner.drafts import Draft, history, save
from jinjie.learner.store import Store, open_store
from jinjie.studio.course import course
from jinjie.studio.draft_pages import newest, typed_last
from jinjie.studio.render import Filled, page

router = APIRouter(include_in_schema=False)
MOST = 200
"""Versions that are shown."""


@dataclass(frozen=True)
class Version:
    """What stood in the editor at a time, and what a grade said of it where it was handed in."""

    id: str
    time: datetime
    text: str
    handed_in: bool
    passed: bool | None = None
    score: float | None = None
    """The share of the cases that were right."""

    @property
    def lines(self) -> int:
        return self.text.rstrip("\n").count("\n") + 1

    @property
    def seconds(self) -> float:
        return self.time.timestamp()


def versions(store: Store, slug: str) -> list[Version]:
    """All that the log has, the newest first. What was typed and handed in as it was is one version.

    A hand-in whose end the log left out is no version: half a solution put back would be worse than none.
    """
    typed = [Version(one.id, one.time, one.text, False) for one in history(store, slug)]
    handed = [
        Version(one.id, one.time, one.detail["source"], True, one.passed, one.score)
        for one in iterate(store, kind="exercise", slug=slug, newest_first=True)
        if one.passed is not None and 0 < len(one.detail.get("source", "")) < SOURCE
    ]
    found = sorted([*typed, *handed], key=lambda one: one.time, reverse=True)
    kept: list[Version] = []
    for one in found:
        same = bool(kept) and kept[-1].text == one.text
        if not (same and not one.handed_in):
            kept.append(one)
    return kept[:MOST]


@router.get("/learn/{slug}/exercises/{name}/versions")
def earlier(request: Request, slug: str, name: str) -> Response:
    """The list. Raises NotFound and StoreError."""
    library = course(request).library
    lesson, exercise = library.lesson(slug), library.exercise(name)
    with open_store() as store:
        found = versions(store, exercise.slug)
    now, _ = newest(exercise, typed_last([exercise.slug]).get(exercise.slug))
    return page(
        request,
        "versions.html",
        lesson={"slug": lesson.slug, "title": str(lesson.entry.title)},
        exercise={"slug": exercise.slug, "title": str(exercise.entry.title)},
        versions=found,
        now=now,
    )


@router.post("/learn/{slug}/exercises/{name}/versions")
def put_back(request: Request, slug: str, name: str, filled: Filled) -> Response:
    """Put a version back: it is what was typed last from now on, and what it takes the place of stays a version.

    Raises NotFound and StoreError.
    """
    library = course(request).library
    lesson, exercise = library.lesson(slug), library.exercise(name)
    now, _ = newest(exercise, typed_last([exercise.slug]).get(exercise.slug))
    with open_store() as store:
        chosen = next(
            (one for one in versions(store, exercise.slug) if one.id == filled.get("version")), None
        )
        if chosen is None:
            raise NotFound("studio.versions.none_such")
        save(store, Draft(exercise.slug, now))
        save(store, Draft(exercise.slug, chosen.text), again=True)
    return RedirectResponse(f"/learn/{lesson.slug}#exercise-{exercise.slug}", 303)
