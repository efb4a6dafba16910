"""C080 to C082: roles, systems and questions name what there is, and an answer says where it is learned.

C040 and C041 of their texts, too: what a lesson may not hold, an answer may not either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from jinjie.base.errors import did_you_mean, nearest
from jinjie.base.words import LANGUAGES, Text
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.sheet import Place

LINK = re.compile(r"\]\((lesson|concept|formula|resource|recipe):([^)\s]+)\)")
"""A citation in a text: `[words](lesson:attention)`."""


def catalogs(library: Library) -> Iterator[Finding]:
    """The findings of `systems/`, `roles/` and `faq/`."""
    for system in library.systems.values():
        yield from _slugs(system, ("concepts",), system.entry.concepts, library.concepts)
        yield from _recipes(system, ("recipes",), system.entry.recipes)
    for role in library.roles.values():
        yield from _slugs(role, ("needs",), role.entry.needs, library.concepts)
        yield from _slugs(role, ("systems",), role.entry.systems, library.systems)
        for i, project in enumerate(role.entry.projects):
            yield from _slugs(role, ("projects", i, "concepts"), project.concepts, library.concepts)
            yield from _recipes(role, ("projects", i, "recipes"), project.recipes)
        for i, asked in enumerate(role.entry.questions):
            yield from _citations(role, ("questions", i, "answer"), asked.answer, library)
        yield from _citations(role, ("does",), role.entry.does, library, must=False)
    for question in library.questions.values():
        yield from _slugs(question, ("concepts",), question.entry.concepts, library.concepts)
        yield from _citations(question, ("answer",), question.entry.answer, library)
    yield from _twice(library)
    for written, place, text in texts(library):
        yield from _unreadable(written, place, text)


def texts(library: Library) -> Iterator[tuple[Written[Any], Place, Text]]:
    """The longer texts of roles and questions, which are read as lessons are."""
    for role in library.roles.values():
        yield role, ("does",), role.entry.does
        for i, asked in enumerate(role.entry.questions):
            yield role, ("questions", i, "answer"), asked.answer
    for question in library.questions.values():
        yield question, ("answer",), question.entry.answer


def _unreadable(written: Written[Any], place: Place, text: Text) -> Iterator[Finding]:
    """What cannot be read as a text of the course, at the line where the text begins."""
    from jinjie.course.render.mathematics import why_not
    from jinjie.course.render.reading import parse
    from jinjie.course.render.tree import Mathematics

    for lang in LANGUAGES:
        at = (*place, lang)
        made = parse(text.in_(lang), written.file)
        for finding in made.findings:
            yield replace(finding, line=written.line(*at))
        for node in made.walk():
            if isinstance(node, Mathematics) and (reason := why_not(node.latex)) is not None:
                yield written.finding("C041", at, "lesson.not_mathematics", came=node.latex, reason=reason)


def _slugs(
    written: Written[Any], place: Place, slugs: Mapping[str, Any] | tuple[str, ...], among: Mapping[str, Any]
) -> Iterator[Finding]:
    for i, slug in enumerate(slugs):
        if slug not in among:
            suggestion = did_you_mean(slug, among) if nearest(slug, among) else ""
            at = (*place, slug if isinstance(slugs, Mapping) else i)
            yield written.finding("C080", at, "check.catalog.unknown", slug=slug, suggestion=suggestion)


def _recipes(written: Written[Any], place: Place, names: tuple[str, ...]) -> Iterator[Finding]:
    from jinjie import recipes

    known = recipes.all_recipes()
    for i, name in enumerate(names):
        if name not in known:
            suggestion = did_you_mean(name, known)
            yield written.finding(
                "C080", (*place, i), "check.catalog.unknown", slug=name, suggestion=suggestion
            )


def _citations(
    written: Written[Any], place: Place, text: Any, library: Library, must: bool = True
) -> Iterator[Finding]:
    """What an answer cites has to be there, and to be the same in both languages; it has to cite something."""
    from jinjie import recipes
    from jinjie.course.formula.headings import headings

    shelves: dict[str, Mapping[str, Any]] = {
        "lesson": library.lessons,
        "concept": library.concepts,
        "resource": library.resources,
        "formula": headings(),
        "recipe": recipes.all_recipes(),
    }
    cited = {lang: sorted(set(LINK.findall(getattr(text, lang)))) for lang in ("en", "zh")}
    for lang, found in cited.items():
        for kind, slug in found:
            if slug not in shelves[kind]:
                known = shelves[kind]
                suggestion = did_you_mean(slug, known) if nearest(slug, known) else ""
                yield written.finding(
                    "C080", (*place, lang), "check.catalog.unknown", slug=slug, suggestion=suggestion
                )
    if cited["en"] != cited["zh"]:
        other = sorted(set(cited["en"]) ^ set(cited["zh"]))
        names = ", ".join(f"{kind}:{slug}" for kind, slug in other)
        yield written.finding("C081", place, "check.catalog.one_language", names=names)
    elif must and not cited["en"]:
        yield written.finding("C081", place, "check.catalog.cites_nothing")


def _twice(library: Library) -> Iterator[Finding]:
    """C082: a question that is there already, in either language."""
    seen: dict[str, str] = {}
    asked: list[tuple[Written[Any], Place, Any]] = [
        (role, ("questions", i, "question"), one.question)
        for role in library.roles.values()
        for i, one in enumerate(role.entry.questions)
    ]
    asked += [(one, ("question",), one.entry.question) for one in library.questions.values()]
    for written, place, question in asked:
        for lang in ("en", "zh"):
            words = re.sub(r"\W+", "", getattr(question, lang)).lower()
            where = f"{written.file.name}:{written.line(*place)}"
            before = seen.setdefault(words, where)
            if before != where:
                yield written.finding("C082", (*place, lang), "check.catalog.asked", where=before)
