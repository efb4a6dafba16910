"""The map: the concepts as a climb, with what the learner holds of it; and a page for each that no lesson teaches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from jinjie.base.errors import NotFound, did_you_mean
from jinjie.base.words import Language, language, say
from jinjie.course.content.library import Library
from jinjie.path.goals import EXPLAIN, USE, Goal, chosen, goal, way
from jinjie.path.graph import Graph
from jinjie.path.offered import facts
from jinjie.path.recommend import in_languages
from jinjie.studio.course import course
from jinjie.studio.map_drawing import Drawing, Kind, Mark, State, stone
from jinjie.studio.map_layout import descent, mountain
from jinjie.studio.map_rows import Stone
from jinjie.studio.render import page, piece
from jinjie.studio.standing import Standing, standing

router = APIRouter(include_in_schema=False)
WIDE, MIDDLE, NARROW = 1180.0, 700.0, 350.0
"""Widths of the drawing for a desk, a tablet and a hand; the style sheet shows the one that fits."""
MOST = 6
"""Resources of a concept."""
SEPARATORS = re.compile(r"[:：]|(?<=[?？])")
"""What a lesson's title has before the first of these is its name on the map."""


@router.get("/map")
def the_map(request: Request, goal: str = "") -> Response:
    """The whole climb; with a goal, the way to it."""
    library = course(request).library
    stands = standing(library)
    found, trouble = _goal(library, goal)
    at = here(stands)
    view = _view(stands, found)
    return page(
        request,
        "map.html",
        404 if trouble else 200,
        drawings=view.drawings,
        legend=_legend(),
        stages=view.listed,
        goals=_goals(stands),
        goal=found.name if found is not None else "",
        way=view.way,
        here={"name": str(stands.graph.concepts[at].name), "href": view.marks[at].href} if at else None,
        trouble=trouble or stands.trouble,
    )


@router.get("/map/{slug}")
def concept(request: Request, slug: str) -> Response:
    """A concept: what it stands on, what it opens, where else to learn it. One with a lesson is its lesson."""
    library = course(request).library
    if slug not in library.concepts:
        raise NotFound("path.no_goal", name=slug[:80], suggestion=did_you_mean(slug, library.concepts))
    stands = standing(library)
    graph = stands.graph
    if slug in graph.lessons:
        return RedirectResponse(f"/learn/{graph.lessons[slug]}", 303)
    entry = library.concepts[slug].entry
    marks = marked(stands)
    return page(
        request,
        "concept.html",
        slug=slug,
        name=str(entry.name),
        about=say("studio.map.prior_text") if entry.prior else say("studio.map.planned_text"),
        state=marks[slug].state,
        word=state_name(marks[slug].state),
        minutes=entry.minutes,
        requires=[_linked(stands, marks, one) for one in graph.requires.get(slug, ())],
        opens=[_linked(stands, marks, one) for one in graph.requires if slug in graph.requires[one]],
        resources=[
            {
                "title": one.resource.title,
                "url": one.resource.url,
                "facts": facts(one.resource, None),
                "reason": str(one.reason),
            }
            for one in in_languages(library, graph, stands.beliefs, [slug], most=MOST)
        ],
        trouble=stands.trouble,
    )


# What is known


def state(stands: Standing, slug: str) -> State:
    """How well a concept is held: it can be used; it can be explained or was begun; neither."""
    if stands.known(slug, USE):
        return "held"
    belief = stands.beliefs.get(slug)
    return "some" if stands.known(slug, EXPLAIN) or (belief is not None and belief.answers) else "new"


def marked(stands: Standing, on_way: dict[str, int] | None = None) -> dict[str, Mark]:
    """A mark for every concept, in the viewer's language."""
    graph = stands.graph
    due = {card.concept for card in stands.due}
    names: dict[State, str] = {one: state_name(one) for one in ("new", "some", "held")}
    made = {}
    for slug, entry in graph.concepts.items():
        its = state(stands, slug)
        words = [str(entry.name), names[its]]
        if slug in due:
            words.append(say("studio.map.due"))
        words.append(say("studio.learn.minutes", count=entry.minutes))
        if entry.prior:
            words.append(say("studio.map.prior"))
        elif slug not in graph.lessons:
            words.append(say("studio.map.planned"))
        lesson = graph.lessons.get(slug)
        made[slug] = Mark(
            "prior" if entry.prior else "written" if lesson else "planned",
            its,
            " · ".join(words),
            f"/learn/{lesson}" if lesson else f"/map/{slug}",
            slug in due,
            on_way is None or slug in on_way,
        )
    return made


def here(stands: Standing) -> str | None:
    """The concept that the next step is about; None where it is about none."""
    step, library = stands.step, stands.library
    about: tuple[str, ...] = ()
    match step.kind:
        case "review":
            about = tuple(card.concept for card in stands.due[:1])
        case "lesson":
            about = library.lessons[step.slug].entry.teaches
        case "exercise":
            about = library.exercises[step.slug].entry.concepts
        case "quiz":
            about = tuple(item.concept for item in library.quizzes[step.slug].entry.items)
        case "resources":
            about = (step.slug,)
    on_map = [slug for slug in about if slug in stands.graph.concepts]
    return next((slug for slug in on_map if not stands.known(slug, USE)), next(iter(on_map), None))


def state_name(its: State) -> str:
    match its:
        case "held":
            return say("studio.map.held")
        case "some":
            return say("studio.map.some")
        case _:
            return say("studio.map.new")


# What is kept


@dataclass(frozen=True)
class _View:
    """What the page shows of a standing, towards a goal and in one language."""

    marks: dict[str, Mark]
    drawings: list[dict[str, str]]
    listed: str
    """The list behind the drawing, as HTML."""
    way: str


def _view(stands: Standing, found: Goal | None) -> _View:
    """Made once for a standing: a learner looks oftener than they learn."""

    def made() -> _View:
        library, graph = stands.library, stands.graph
        marks = marked(stands, way(library, graph, found) if found is not None else None)
        at = here(stands)
        drawings = _drawings(library, graph, language())
        words = say("studio.map.here")
        return _View(
            marks,
            [{"shape": shape, "svg": drawn.painted(marks, at, words)} for shape, drawn in drawings.items()],
            piece(
                "_map_stages.html",
                stages=_table(stands, marks, found is not None),
                open_stage=graph.stages[at] if at else None,
            ),
            _way(stands, found, marks),
        )

    return stands.once(("map", language(), found.name if found is not None else ""), made)


_kept: tuple[Library, dict[Language, dict[str, Drawing]]] | None = None


def _drawings(library: Library, graph: Graph, lang: Language) -> dict[str, Drawing]:
    """The map in its three shapes, drawn once for a course and a language."""
    global _kept
    known = _kept
    if known is None or known[0] is not library:
        known = _kept = library, {}
    kept = known[1]  # not of what another thread may have put in its place
    if lang not in kept:
        stages, stones = on_map(library, graph, lang)
        requires = [(one, slug) for slug, needs in graph.requires.items() for one in needs]
        label = say("studio.map.label", lang, count=len(stones), stages=len(stages))
        kept[lang] = {
            "wide": Drawing(mountain(stages, stones, requires, WIDE), label),
            "middle": Drawing(mountain(stages, stones, requires, MIDDLE), label),
            "narrow": Drawing(descent(stages, stones, requires, NARROW), label),
        }
    return kept[lang]


def on_map(library: Library, graph: Graph, lang: Language) -> tuple[list[tuple[int, str]], list[Stone]]:
    """The stages with their names, and every concept as a stone, in the order of the climb."""
    names = {area.entry.stage: area.entry.name.in_(lang) for area in library.areas.values()}
    stones = []
    for slug, entry in graph.concepts.items():
        lesson = graph.lessons.get(slug)
        sign = ""
        if lesson is not None and library.lessons[lesson].entry.stage == graph.stages[slug]:
            sign = library.lessons[lesson].entry.title.in_(lang)
            sign = SEPARATORS.split(sign, maxsplit=1)[0].strip()
        group = lesson or entry.lesson or "prior"
        stones.append(Stone(slug, graph.stages[slug], group, sign, entry.name.in_(lang)))
    return [(stage, names.get(stage, "")) for stage in sorted({one.stage for one in stones})], stones


# What stands around the drawing


def _goal(library: Library, word: str) -> tuple[Goal | None, str]:
    """The goal that the address names, and what is wrong with its name."""
    if not word.strip():
        return None, ""
    try:
        return goal(library, word[:120]), ""
    except NotFound as error:
        return None, error.in_()


def _goals(stands: Standing) -> list[dict[str, Any]]:
    """All that one may look for a way to, for the form."""
    library = stands.library
    mine, event = chosen(library, stands.events)
    made = []
    if event is not None:
        made.append({"label": say("studio.map.yours"), "goals": [(mine.name, str(mine.title))]})
    roles = [(f"role:{slug}", str(one.entry.name)) for slug, one in library.roles.items()]
    systems = [(f"system:{slug}", str(one.entry.name)) for slug, one in library.systems.items()]
    concepts = [
        (f"concept:{slug}", str(one.name)) for slug, one in stands.graph.concepts.items() if not one.prior
    ]
    made.append({"label": say("studio.path.roles"), "goals": roles})
    made.append({"label": say("studio.map.systems"), "goals": systems})
    made.append({"label": say("studio.map.concepts"), "goals": concepts})
    return made


def _way(stands: Standing, found: Goal | None, marks: dict[str, Mark]) -> str:
    """How long the way to a goal is, and how much of it lies behind."""
    if found is None:
        return ""
    on_way = [slug for slug in marks if marks[slug].on_way]
    left = [slug for slug in on_way if marks[slug].state != "held"]
    minutes = sum(stands.graph.concepts[slug].minutes for slug in left)
    return say(
        "studio.map.way",
        goal=str(found.title),
        count=len(on_way),
        held=len(on_way) - len(left),
        hours=f"{minutes / 60:.0f}",
    )


def _linked(stands: Standing, marks: dict[str, Mark], slug: str) -> dict[str, Any]:
    return {
        "name": str(stands.graph.concepts[slug].name),
        "href": marks[slug].href,
        "state": marks[slug].state,
    }


def _table(stands: Standing, marks: dict[str, Mark], to_goal: bool) -> list[dict[str, Any]]:
    """The same as the picture: stage, concept, state, minutes, what it requires."""
    graph, library = stands.graph, stands.library
    names = {area.entry.stage: str(area.entry.name) for area in library.areas.values()}
    stages: dict[int, list[dict[str, Any]]] = {}
    for slug, entry in graph.concepts.items():
        mark = marks[slug]
        stages.setdefault(graph.stages[slug], []).append(
            {
                "slug": slug,
                "name": str(entry.name),
                "href": mark.href,
                "state": mark.state,
                "word": state_name(mark.state),
                "due": mark.due,
                "kind": mark.kind,
                "minutes": entry.minutes,
                "requires": say("studio.map.comma").join(
                    str(graph.concepts[one].name) for one in graph.requires[slug]
                ),
                "on_way": to_goal and mark.on_way,
            }
        )
    return [
        {
            "number": stage,
            "name": names.get(stage, ""),
            "concepts": stages[stage],
            "held": sum(one["state"] == "held" for one in stages[stage]),
        }
        for stage in sorted(stages)
    ]


def _legend() -> list[dict[str, Any]]:
    """A stone of each kind, as drawn, and what it means."""
    shown: list[tuple[Kind, State, bool, str]] = [
        ("written", "new", False, say("studio.map.new")),
        ("written", "some", False, say("studio.map.some")),
        ("written", "held", False, say("studio.map.held")),
        ("written", "held", True, say("studio.map.due")),
        ("planned", "new", False, say("studio.map.planned")),
        ("prior", "new", False, say("studio.map.prior")),
    ]
    return [
        {"kind": kind, "state": its, "due": due, "svg": stone(kind, its, due), "word": word}
        for kind, its, due, word in shown
    ]
