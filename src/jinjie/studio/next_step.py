"""Where the learner's way goes on in the studio: a review, a lesson, an exercise or a quiz."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinjie.base.words import say
from jinjie.course.content.library import Library
from jinjie.learner.attempts import count, iterate
from jinjie.learner.store import open_store
from jinjie.learner.troubles import StoreError
from jinjie.path.evidence import day
from jinjie.path.following import Step, following

_last: tuple[Library, tuple[Any, ...], Step] | None = None
"""The last step that was worked out, and what it was worked out from."""


def next_step(library: Library) -> dict[str, Any] | None:
    """What to do next and the address of its page; None where what is next has none in the studio."""
    now = datetime.now().astimezone()
    try:
        step, begun = _worked_out(library, now)
    except StoreError:  # the log's trouble is told where the log is shown
        step, begun = following(library, [], now), False
    if step.kind == "review":
        title = say("studio.path.review")
        return {"href": "/path/review", "title": title, "minutes": step.minutes, "begun": begun}
    for lesson in library.climb:
        place = f"/learn/{lesson.slug}"
        made = {"minutes": step.minutes, "begun": begun}
        if step.kind == "lesson" and step.slug == lesson.slug:
            return {**made, "href": place, "title": str(lesson.entry.title)}
        if step.kind == "exercise" and step.slug in lesson.entry.exercises:
            title = str(library.exercises[step.slug].entry.title)
            return {**made, "href": f"{place}#exercise-{step.slug}", "title": title}
        if step.kind == "quiz" and step.slug == lesson.entry.quiz:
            title = say("path.next.quiz_of", title=lesson.entry.title)
            return {**made, "href": f"{place}#quiz", "title": title}
    return None


def _worked_out(library: Library, now: datetime) -> tuple[Step, bool]:
    """The step, anew where the log, the day or the course is another; whether there is anything in the log.

    A log only grows, so its number of events tells whether it is the same. Raises a StoreError.
    """
    global _last
    with open_store() as store:
        events = count(store)
        of = (store.place, store.owner().id, events, day(now))
        if _last is None or _last[0] is not library or _last[1] != of:
            _last = library, of, following(library, iterate(store), now)
    return _last[2], events > 0
