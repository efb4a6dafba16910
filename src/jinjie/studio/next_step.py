"""Where the learner's way goes on in the studio: a review, a lesson, an exercise or a quiz."""

from __future__ import annotations

from typing import Any

from jinjie.base.words import say
from jinjie.studio.standing import Standing


def next_step(stands: Standing) -> dict[str, Any] | None:
    """What to do next, why, and the address of its page; None where what is next has none in the studio."""
    step, library = stands.step, stands.library
    made = {"minutes": step.minutes, "begun": bool(stands.events), "reason": str(step.reason)}
    if step.kind == "review":
        return {**made, "href": "/path/review", "title": say("studio.path.review")}
    for lesson in library.climb:
        place = f"/learn/{lesson.slug}"
        if step.kind == "lesson" and step.slug == lesson.slug:
            return {**made, "href": place, "title": str(lesson.entry.title)}
        if step.kind == "exercise" and step.slug in lesson.entry.exercises:
            title = str(library.exercises[step.slug].entry.title)
            return {**made, "href": f"{place}#exercise-{step.slug}", "title": title}
        if step.kind == "quiz" and step.slug == lesson.entry.quiz:
            title = say("path.next.quiz_of", title=lesson.entry.title)
            return {**made, "href": f"{place}#quiz", "title": title}
    return None
