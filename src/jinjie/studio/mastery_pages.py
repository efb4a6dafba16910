"""What the learner holds, stage by stage, and why the course believes so: each concept opens to its evidence."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.errors import JinjieError
from jinjie.base.words import language, say
from jinjie.course.content.library import Library
from jinjie.course.quizzes import variant
from jinjie.course.render import html
from jinjie.course.render.reading import parse_line
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import Evidence, day
from jinjie.path.mastery import EXPLAINED, MASTERED, Belief
from jinjie.path.review import Card
from jinjie.studio.course import course
from jinjie.studio.map_drawing import Mark, stone
from jinjie.studio.map_pages import here, marked, state_name
from jinjie.studio.render import page, piece
from jinjie.studio.standing import Standing, standing

router = APIRouter(include_in_schema=False)
SHOWN = 8
"""Pieces of evidence of a concept that are shown, the newest first."""
LIKELY, OPEN = 0.5, 0.2
FEW, MANY = 3, 7
"""Answers below which one more may move a belief far, and from which it moves it little."""
ROW, CELL = 30, 20
"""Stones of a row of a stage's picture, and the width of each in pixels."""


@router.get("/path/mastery")
def mastery(request: Request, concept: str = "") -> Response:
    """Every stage with its concepts; `concept` is open."""
    stands = standing(course(request).library)
    at = concept if concept in stands.graph.stages else here(stands) or ""
    seen = _seen(stands)
    return page(
        request,
        "mastery.html",
        stages=seen.opened(stands.graph.stages.get(at), concept if concept == at else ""),
        held=seen.held,
        count=seen.count,
        due=len(stands.due),
        events=sum(event.kind != "goal" for event in stands.events),
        trouble=stands.trouble,
    )


@dataclass(frozen=True)
class _Seen:
    """What the page shows of a standing in one language, with everything closed."""

    held: int
    count: int
    html: str

    def opened(self, stage: int | None, concept: str) -> str:
        """The stages with one of them open, and in it one concept."""
        shown = self.html.replace(f'<details data-stage="{stage}"', f'<details open data-stage="{stage}"', 1)
        return shown.replace(
            f'<details data-concept="{concept}"', f'<details open data-concept="{concept}"', 1
        )


def _seen(stands: Standing) -> _Seen:
    """Made once for a standing and a language: every question is worded anew from its seed."""

    def made() -> _Seen:
        stages = staged(stands)
        return _Seen(
            sum(stage["held"] for stage in stages),
            sum(len(stage["concepts"]) for stage in stages),
            piece("_mastery_stages.html", stages=stages),
        )

    return stands.once(("mastery", language()), made)


def staged(stands: Standing) -> list[dict[str, Any]]:
    """Each stage: what is held of it, what was measured, and its concepts with their evidence."""
    graph, library = stands.graph, stands.library
    names = {area.entry.stage: str(area.entry.name) for area in library.areas.values()}
    marks = marked(stands)
    events = {event.id: event for event in stands.events}
    made = []
    for number in sorted(set(graph.stages.values())):
        slugs = [slug for slug in graph.concepts if graph.stages[slug] == number]
        seen = [one for slug in slugs for one in stands.evidence.get(slug, ())]
        states = [marks[slug].state for slug in slugs]
        made.append(
            {
                "number": number,
                "name": names.get(number, ""),
                "held": states.count("held"),
                "some": states.count("some"),
                "due": sum(marks[slug].due for slug in slugs),
                "measured": measured(seen),
                "picture": _row([marks[slug] for slug in slugs]),
                "concepts": [_concept(stands, slug, marks[slug], events) for slug in slugs],
            }
        )
    return made


def _concept(stands: Standing, slug: str, mark: Mark, events: dict[str, Attempt]) -> dict[str, Any]:
    entry, belief = stands.graph.concepts[slug], stands.beliefs[slug]
    seen = stands.evidence.get(slug, [])
    return {
        "slug": slug,
        "name": str(entry.name),
        "href": mark.href,
        "kind": mark.kind,
        "state": mark.state,
        "word": state_name(mark.state),
        "due": mark.due,
        "stone": stone(mark.kind, mark.state, mark.due),
        "chance": chance(belief.p) if seen else say("studio.mastery.inferred", chance=chance(belief.p)),
        "percent": percent(belief.p),
        "sure": sure(belief, any(one.said for one in seen)),
        "counted": say("studio.mastery.counted") if mark.state == "held" and belief.p < MASTERED else "",
        "measured": measured(seen),
        "decays": decays(stands, stands.cards.get(slug)),
        "evidence": [
            _shown(stands.library, one, events.get(one.attempt), one.attempt in belief.why)
            for one in reversed(seen[-SHOWN:])
        ],
        "more": max(0, len(seen) - SHOWN),
    }


# In plain words


def chance(p: float) -> str:
    """How likely it is that a concept is mastered."""
    if p >= MASTERED:
        return say("studio.mastery.surely")
    if p >= EXPLAINED:
        return say("studio.mastery.very_likely")
    if p >= LIKELY:
        return say("studio.mastery.likely")
    if p >= OPEN:
        return say("studio.mastery.open")
    return say("studio.mastery.unlikely")


def percent(p: float) -> int:
    """Of a hundred learners with this record, how many have mastered it: never none and never all."""
    return min(max(round(100 * p), 1), 99)


def sure(belief: Belief, said: bool) -> str:
    """How firm that is: what it rests on, and how far another answer may move it."""
    if not belief.answers:
        return say("studio.mastery.by_word") if said else say("studio.mastery.by_others")
    if belief.answers < FEW:
        return say("studio.mastery.few", count=belief.answers)
    if belief.answers < MANY:
        return say("studio.mastery.several", count=belief.answers)
    return say("studio.mastery.many", count=belief.answers)


def measured(seen: list[Evidence]) -> str:
    """What was measured, by how it was: answers that were right of all that there were."""
    parts = []
    for kind in ("quiz", "exercise", "placement", "review"):
        those = [one for one in seen if one.kind == kind and not one.said]
        if those:
            parts.append(
                say(
                    "studio.mastery.of_kind",
                    kind=kind_name(kind),
                    right=sum(one.passed for one in those),
                    count=len(those),
                )
            )
    if any(one.said for one in seen):
        parts.append(say("studio.mastery.your_word"))
    return say("studio.mastery.between").join(parts)


def kind_name(kind: str) -> str:
    """How something was measured."""
    match kind:
        case "quiz":
            return say("studio.mastery.quiz")
        case "exercise":
            return say("studio.mastery.exercise")
        case "placement":
            return say("studio.mastery.placement")
        case _:
            return say("studio.mastery.review")


def decays(stands: Standing, card: Card | None) -> str:
    """What is left of it today, and when it comes up again."""
    if card is None:
        return ""
    today = day(stands.now)
    share = percent(card.recall(today))
    if card.due <= today:
        return say("studio.mastery.is_due", percent=share, day=card.due.isoformat())
    return say(
        "studio.mastery.comes_up", percent=share, day=card.due.isoformat(), days=(card.due - today).days
    )


# Evidence


def _shown(library: Library, one: Evidence, event: Attempt | None, strong: bool) -> dict[str, Any]:
    """A piece of evidence: when, how, what was asked, what came of it."""
    unknown = event is not None and bool(event.detail.get("unknown"))
    if one.said:
        came = say("studio.mastery.said_known") if one.passed else say("studio.mastery.said_unknown")
    elif unknown:
        came = say("studio.mastery.unknown")
    else:
        came = say("studio.mastery.right") if one.passed else say("studio.mastery.wrong")
    answer = event.detail.get("answer") if event is not None and not unknown else None
    asked, href = _asked(library, one)
    return {
        "time": one.time.strftime("%Y-%m-%d %H:%M"),
        "kind": say("studio.mastery.word") if one.said else kind_name(one.kind),
        "passed": one.passed,
        "came": came,
        "asked": asked,
        "href": href,
        "answer": str(answer) if answer not in (None, "") and one.item is not None else "",
        "difficulty": "" if one.said else say("studio.mastery.difficulty", level=one.difficulty),
        "hints": say("studio.mastery.hints", count=one.hints) if one.hints else "",
        "strong": strong,
    }


def _asked(library: Library, one: Evidence) -> tuple[str, str]:
    """What was asked as HTML, with the numbers that it had, and the address of where it stands in the course."""
    if one.said:
        return "", ""
    if one.kind == "exercise":
        home = next(
            (slug for slug, lesson in library.lessons.items() if one.slug in lesson.entry.exercises), ""
        )
        text = str(library.exercises[one.slug].entry.title)
        return html.line(
            parse_line(text), library, language()
        ), f"/learn/{home}#exercise-{one.slug}" if home else ""
    home = next((slug for slug, lesson in library.lessons.items() if lesson.entry.quiz == one.slug), "")
    text = one.item or one.slug
    if one.seed is not None and one.item is not None:
        with suppress(JinjieError):  # a log from elsewhere may hold a seed that is none
            text = variant(library.quizzes[one.slug], one.item, one.seed, language()).stem
    return html.line(parse_line(text), library, language()), f"/learn/{home}#quiz" if home else ""


def _row(marks: list[Mark]) -> str:
    """A stage's stones in rows; the page says the same in words."""
    columns, rows = min(len(marks), ROW), -(-len(marks) // ROW)
    stones = "".join(
        f'<g class="point {mark.kind} {mark.state}" '
        f'transform="translate({CELL * (i % ROW) + CELL / 2:g} {CELL * (i // ROW) + 12:g})">'
        f"{stone(mark.kind, mark.state, mark.due)}</g>"
        for i, mark in enumerate(marks)
    )
    return (
        f'<svg class="stones" width="{CELL * columns}" viewBox="0 0 {CELL * columns} {CELL * rows + 4}" '
        f'aria-hidden="true">{stones}</svg>'
    )
