"""Lessons, experiments, questions and grades as plain values: what their pages show."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.words import Language, language, say
from jinjie.course.content import schema
from jinjie.course.content.library import Library, Written
from jinjie.course.content.sheet import Unreadable
from jinjie.course.experiments import knobs, recorded
from jinjie.course.experiments.draw import pictures
from jinjie.course.grading.marking import Grade
from jinjie.course.quizzes import Judged, Variant, variant
from jinjie.course.render.html import drawing
from jinjie.course.render.links import COSTS
from jinjie.course.render.overview import overview
from jinjie.course.render.tree import Figure
from jinjie.learner.drafts import Draft
from jinjie.studio.course import Course, Read
from jinjie.studio.draft_pages import newest

SHORT = 22
"""Columns of all choices together that still fit beside one another."""


def climb(library: Library) -> list[dict[str, Any]]:
    """The stages with their lessons, in the viewer's language."""
    return [
        {
            "number": stage.number,
            "name": str(stage.name),
            "lessons": [
                {
                    "slug": one.slug,
                    "title": str(one.title),
                    "summary": str(one.summary),
                    "minutes": one.minutes,
                }
                for one in stage.lessons
            ],
            "planned": [str(one.title) for one in stage.planned],
        }
        for stage in overview(library)
    ]


def facts(lesson: Written[schema.Lesson], library: Library) -> dict[str, Any]:
    """What stands above and below a lesson's text."""
    entry = lesson.entry
    order = [one.slug for one in library.climb]
    at = order.index(lesson.slug)
    return {
        "slug": lesson.slug,
        "title": str(entry.title),
        "summary": str(entry.summary),
        "minutes": entry.minutes,
        "requires": [_concept(slug, library) for slug in entry.requires],
        "resources": [
            _resource(library.resources[slug].entry) for slug in entry.resources if slug in library.resources
        ],
        "before": _named(order[at - 1], library) if at else None,
        "after": _named(order[at + 1], library) if at + 1 < len(order) else None,
    }


def _resource(entry: schema.Resource) -> dict[str, str]:
    about = (", ".join(entry.authors[:3]), str(entry.year or ""), say(COSTS[entry.cost]))
    return {"title": entry.title, "url": entry.url, "about": " · ".join(filter(None, about))}


def _named(slug: str, library: Library) -> dict[str, str]:
    return {"slug": slug, "title": str(library.lessons[slug].entry.title)}


def _concept(slug: str, library: Library) -> dict[str, Any]:
    known = library.concepts.get(slug)
    if known is None:
        return {"name": slug, "lesson": None}
    lesson = known.entry.lesson if known.entry.lesson in library.lessons else None
    return {"name": str(known.entry.name), "lesson": lesson}


# Experiments


def experiment(course: Course, slug: str, read: Read, asked: Mapping[str, str]) -> dict[str, Any] | None:
    """An experiment at its place in a lesson; `asked` are the knobs of the page's address."""
    written = course.library.experiments.get(slug)
    if written is None:
        return None
    entry, lang = written.entry, language()
    prefix = f"{slug}."
    given = {name.removeprefix(prefix): value for name, value in asked.items() if name.startswith(prefix)}
    problem, used = None, knobs.values(entry, {})
    try:
        used = knobs.values(entry, given)
    except JinjieError as error:
        problem = error.in_()
    made: dict[str, Any] = {
        "slug": slug,
        "title": str(entry.title),
        "notice": course.reading.line(entry.notice.in_(lang), lang),
        "recipe": entry.recipe,
        "knobs": [_knob(knob, used[knob.name], prefix) for knob in entry.knobs],
        "pictures": [],
        "recording": None,
        "problem": problem,
    }
    try:
        if entry.recipe is not None:
            _recording(made, written, used, lang)
        elif given and problem is None:
            drawn = pictures(course.worker.show(slug, used), lang)
            made["pictures"] = [drawing(one.svg, one.alt, f"{slug}-{i}") for i, one in enumerate(drawn)]
        else:
            figure = Figure(slug, {}, str(entry.title), (), 0)
            if (svg := read.results.drawing(figure)) is not None:
                made["pictures"] = [drawing(svg, str(entry.title), slug)]
            elif (reason := read.results.undrawn.get(0)) is not None:
                made["problem"] = reason.in_()
    except JinjieError as error:
        made["problem"] = error.in_()
    return made


def _recording(
    made: dict[str, Any], written: Written[schema.Experiment], used: Mapping[str, Any], lang: Language
) -> None:
    """What a training gave when it was recorded at these knobs, where it was."""
    found = next((one for one in recorded.read(written) if one.knobs == used), None)
    if found is None:
        return
    drawn = pictures(recorded.shown(found), lang)
    made["pictures"] = [drawing(one.svg, one.alt, f"{written.slug}-{i}") for i, one in enumerate(drawn)]
    made["recording"] = {"date": found.date, "cpu": found.machine.cpu, "command": found.command}


def _knob(knob: schema.Knob, value: Any, prefix: str) -> dict[str, Any]:
    names = [str(label) for label in knob.labels] or [knobs.as_written(choice) for choice in knob.choices]
    choices = [
        {
            "value": json.dumps(choice) if not isinstance(choice, str) else choice,
            "name": name,
            "on": choice == value,
        }
        for choice, name in zip(knob.choices, names, strict=True)
    ]
    return {
        "name": knob.name,
        "field": prefix + knob.name,
        "label": str(knob.label),
        "unit": knob.unit,
        "value": knobs.as_written(value),
        "choices": choices,
        "beside": len(choices) > 1 and sum(cell_len(one["name"]) + 2 for one in choices) <= SHORT,
        "min": knob.min,
        "max": knob.max,
        "step": knob.step,
        "log": knob.log,
    }


# Questions


def question(
    course: Course, quiz: Written[schema.Quiz], item: str, seed: int | None, answered: Answered | None = None
) -> dict[str, Any]:
    """A question with numbers of its own, or the one of a seed with what came of an answer."""
    made = variant(quiz, item, secrets.randbelow(10**6) if seed is None else seed, language())
    asked = made.asked()

    def line(text: str) -> str:
        return course.reading.line(text, made.lang)

    shown = {
        "item": item,
        "seed": made.seed,
        "kind": asked["kind"],
        "stem": line(asked["stem"]),
        "unit": asked.get("unit", ""),
        "choices": [{"key": one["key"], "html": line(one["text"])} for one in asked.get("choices", ())],
        "again": bool(made.item.params),
        "given": "",
        "problem": None,
        "judged": None,
    }
    if answered is not None:
        shown |= {"given": answered.given, "problem": answered.problem}
        if (judged := answered.judged) is not None:
            why = "" if judged.right_explain == judged.explain else line(judged.right_explain)
            shown["judged"] = {
                "passed": judged.passed,
                "explain": line(judged.explain),
                "right": line(judged.right),
                "right_explain": why,
                "right_key": _key(made),
            }
    return shown


def seed(text: str) -> int:
    """The seed that a form sends back. Raises InvalidInput for what is none."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidInput([Problem("seed", "quiz.no_seed", came=text[:40], most=10**18 - 1)])
    return int(text)


def _key(made: Variant) -> str | None:
    from jinjie.course.quizzes.variants import LETTERS

    return LETTERS[made.right] if made.choices and isinstance(made.right, int) else None


class Answered:
    """What came of an answer: it was judged, or it was none."""

    def __init__(self, given: str, judged: Judged | None = None, problem: str | None = None) -> None:
        self.given = given
        self.judged = judged
        self.problem = problem


# Exercises


def exercise(course: Course, slug: str, draft: Draft | None) -> dict[str, Any] | None:
    """An exercise at its place in a lesson, with the learner's own code where there is some."""
    from jinjie.course.sandbox.tiers import best, warning

    written = course.library.exercises.get(slug)
    if written is None:
        return None
    lang = language()
    try:
        statement = course.reading.text(written.words(lang), lang, written.words_file(lang))
        source, typed = newest(written, draft)
    except Unreadable as error:
        return {"slug": slug, "title": str(written.entry.title), "problem": str(error.finding.says())}
    return {
        "slug": slug,
        "title": str(written.entry.title),
        "minutes": written.entry.minutes,
        "statement": statement,
        "source": source,
        "typed": typed,
        "warning": str(warning(best()) or ""),
        "rows": min(max(source.count("\n") + 2, 8), 28),
        "problem": None,
    }


def grade(made: Grade) -> dict[str, Any]:
    """A grade in the viewer's language."""
    hidden = [one for one in made.cases if not one.visible]
    return {
        "passed": made.passed,
        "cases": [{"name": str(one.name), "passed": one.passed} for one in made.cases if one.visible],
        "hidden": {"count": len(hidden), "passed": sum(bool(one.passed) for one in hidden)},
        "faults": [
            {"says": str(one.says), "entry": one.entry, "line": one.line, "source": one.source}
            for one in made.faults
        ],
        "hints": [str(one) for one in made.hints],
        "shown": {
            "name": str(made.shown.name),
            "call": made.shown.call,
            "expected": made.shown.expected,
            "came": str(made.shown.came),
        }
        if made.shown
        else None,
        "printed": "" if made.passed else made.printed.rstrip(),
        "note": str(made.note) if made.note else "",
    }
