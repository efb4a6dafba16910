"""C041: mathematics in the short texts of YAML files: titles, what to notice, hints, questions and their answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jinjie.base.words import LANGUAGES, Text
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Item
from jinjie.course.content.sheet import Place
from jinjie.course.quizzes.arithmetic import BadExpression
from jinjie.course.quizzes.variants import variant
from jinjie.course.render.findings import of_line


def lines(library: Library) -> Iterator[Finding]:
    """Formulas in the line that are none."""
    for lesson in library.lessons.values():
        yield from _wrong(lesson, [(("title",), lesson.entry.title), (("summary",), lesson.entry.summary)])
    for experiment in library.experiments.values():
        entry = experiment.entry
        yield from _wrong(experiment, [(("title",), entry.title), (("notice",), entry.notice)])
    for exercise in library.exercises.values():
        hints: list[tuple[Place, Text]] = [
            (("hints", i), hint.says) for i, hint in enumerate(exercise.entry.hints)
        ]
        yield from _wrong(exercise, [(("title",), exercise.entry.title), *hints])
    for quiz in library.quizzes.values():
        for i, item in enumerate(quiz.entry.items):
            try:
                found = list(_of_item(quiz, i, item))
            except BadExpression:
                continue  # said of the expression itself
            yield from _wrong(quiz, found)


def _of_item(quiz: Any, i: int, item: Item) -> Iterator[tuple[Place, Text]]:
    """The texts of a question with numbers in them, since braces are LaTeX's once they are filled."""
    en, zh = (variant(quiz, item.id, 0, lang) for lang in LANGUAGES)
    at: Place = ("items", i)
    yield (*at, "stem"), Text(en.fill(item.stem), zh.fill(item.stem))
    for j, choice in enumerate(item.choices):
        for name, text in (("text", choice.text), ("explain", choice.explain)):
            if text is not None:
                yield (*at, "choices", j, name), Text(en.fill(text), zh.fill(text))


def _wrong(written: Written[Any], texts: Iterable[tuple[Place, Text]]) -> Iterator[Finding]:
    for place, text in texts:
        for lang in LANGUAGES:
            yield from of_line(text.in_(lang), written.file, written.line(*place, lang))
