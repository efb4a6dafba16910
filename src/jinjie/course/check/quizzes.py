"""Questions: one right answer, an explanation of each wrong one, and both in every variant (C030, C031, C032)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from jinjie.base.errors import Problem, did_you_mean
from jinjie.base.words import LANGUAGES, Language, Text, say
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Item, Quiz
from jinjie.course.content.sheet import Place
from jinjie.course.quizzes.arithmetic import CONSTANTS, FUNCTIONS, BadExpression, Number, Value, plain, read
from jinjie.course.quizzes.judging import near
from jinjie.course.quizzes.reading import NotANumber, read_number
from jinjie.course.quizzes.template import fill, names
from jinjie.course.quizzes.variants import draw, size, value_at

T = TypeVar("T")

EXHAUSTIVE = 200
"""Combinations of the parameters up to which every one is looked at."""
SEEDS = 100
"""Variants looked at where there are more."""
RESERVED = ("value", "mistake")
"""Names that an explanation has beside the parameters: the right number, and the mistake's."""


@dataclass(frozen=True)
class _Text:
    """A text of an item, where it stands, and what beside the parameters it may name."""

    place: Place
    text: Text
    extra: tuple[str, ...] = ()
    visible: bool = False


def questions(library: Library) -> Iterator[Finding]:
    """All that is wrong with the quizzes, those that a folder beside ours brings too."""
    for quiz in library.quizzes.values():
        seen: dict[str, int] = {}
        for i, item in enumerate(quiz.entry.items):
            if item.id in seen:
                where = f"{quiz.file}:{seen[item.id]}"
                yield quiz.finding("C002", ("items", i, "id"), "content.second", slug=item.id, where=where)
            seen.setdefault(item.id, quiz.line("items", i, "id"))
            yield from _item(quiz, i, item)


def _item(quiz: Written[Quiz], i: int, item: Item) -> Iterator[Finding]:
    yield from _answers(quiz, i, item)
    static = [*_parameters(quiz, i, item), *_expressions(quiz, i, item)]
    yield from static
    if not static:
        yield from _Variants(quiz, i, item).findings()


def _answers(quiz: Written[Quiz], i: int, item: Item) -> Iterator[Finding]:
    """C030."""
    if not item.choices:
        return
    place = ("items", i, "choices")
    if len(item.choices) < 2:
        yield quiz.finding("C030", place, "quiz.check.alone", item=item.id)
    right = sum(choice.correct for choice in item.choices)
    if right != 1:
        yield quiz.finding("C030", place, "quiz.check.right", item=item.id, count=right)
    for j, choice in enumerate(item.choices):
        if choice.explain is None or not (choice.explain.en.strip() or choice.explain.zh.strip()):
            yield quiz.finding("C030", (*place, j), "quiz.check.unexplained", item=item.id)
        else:
            for lang in LANGUAGES:
                if not choice.explain.in_(lang).strip():
                    yield quiz.finding(
                        "C003", (*place, j, "explain"), "content.language_missing", language=lang
                    )


def _parameters(quiz: Written[Quiz], i: int, item: Item) -> Iterator[Finding]:
    """C032: a parameter is a name of its own, and the reader sees it in both languages."""
    seen = {lang: set[str]() for lang in LANGUAGES}
    for text in _texts(i, item):
        for lang in LANGUAGES if text.visible else ():
            try:
                seen[lang] |= set(names(text.text.in_(lang)))
            except BadExpression:
                return  # said of the expression itself
    for name in item.params:
        place = ("items", i, "params", name)
        if not name.isidentifier() or name in (*RESERVED, *FUNCTIONS, *CONSTANTS):
            yield quiz.finding("C032", place, "quiz.check.param_name", item=item.id, name=name)
        elif hidden := [lang for lang in LANGUAGES if name not in seen[lang]]:
            languages = ", ".join(hidden)
            yield quiz.finding(
                "C032", place, "quiz.check.unused", item=item.id, name=name, languages=languages
            )


def _expressions(quiz: Written[Quiz], i: int, item: Item) -> Iterator[Finding]:
    """C032: every expression can be read and names what there is."""

    def named(place: Place, needed: set[str], extra: tuple[str, ...], text: str) -> Iterator[Finding]:
        known = [*item.params, *extra]
        for name in sorted(needed - set(known)):
            params = {"text": text, "name": name, "suggestion": did_you_mean(name, known)}
            yield quiz.finding("C032", place, "quiz.expression.unknown", **params)

    for text in _texts(i, item):
        for lang in LANGUAGES:
            place, said = (*text.place, lang), text.text.in_(lang)
            try:
                yield from named(place, set(names(said)), text.extra, _short(said))
            except BadExpression as error:
                yield quiz.finding("C032", place, error.key, **error.params)
    for place, expression, extra in _numbers(i, item):
        try:
            yield from named(place, set(read(expression).names), extra, expression)
        except BadExpression as error:
            yield quiz.finding("C032", place, error.key, **error.params)


def _texts(i: int, item: Item) -> Iterator[_Text]:
    yield _Text(("items", i, "stem"), item.stem, visible=True)
    for j, choice in enumerate(item.choices):
        yield _Text(("items", i, "choices", j, "text"), choice.text, visible=True)
        if choice.explain is not None:
            yield _Text(("items", i, "choices", j, "explain"), choice.explain)
    if item.number is not None:
        yield _Text(("items", i, "number", "explain"), item.number.explain, ("value",))
        for j, mistake in enumerate(item.number.mistakes):
            yield _Text(("items", i, "number", "mistakes", j, "explain"), mistake.explain, RESERVED)


def _numbers(i: int, item: Item) -> Iterator[tuple[Place, str, tuple[str, ...]]]:
    if item.number is not None:
        yield ("items", i, "number", "value"), item.number.value, ()
        for j, mistake in enumerate(item.number.mistakes):
            yield ("items", i, "number", "mistakes", j, "value"), mistake.value, ("value",)


class _Variants:
    """Every variant of an item, or many of them: what goes wrong is said once, with the first in which it does."""

    def __init__(self, quiz: Written[Quiz], i: int, item: Item) -> None:
        self.quiz, self.i, self.item = quiz, i, item
        self.found: dict[tuple[Place, str], tuple[str, dict[str, Any], int, str]] = {}
        self.count = 0

    def findings(self) -> Iterator[Finding]:
        for given in _drawn(self.item):
            self.count += 1
            if self.item.number is not None:
                self._number(given)
            else:
                self._choices(given)
        for (place, key), (code, params, times, example) in self.found.items():
            said = self.quiz.finding(code, place, key, **params)
            if example:
                problem = _InVariants(said.problem, times, self.count, example)
                said = Finding(code, said.file, said.line, problem)
            yield said

    def _say(self, code: str, place: Place, key: str, given: Mapping[str, Value], **params: Any) -> None:
        example = ", ".join(f"{name} = {plain(value)}" for name, value in given.items())
        before = self.found.get((place, key))
        if before is None:
            self.found[place, key] = (code, params, 1, example)
        else:
            self.found[place, key] = (code, before[1], before[2] + 1, before[3])

    def _worked(self, place: Place, given: Mapping[str, Value], work: Callable[[], T]) -> T | None:
        try:
            return work()
        except BadExpression as error:
            self._say("C032", place, error.key, given, **error.params)
            return None

    def _filled(self, given: Mapping[str, Value], more: Mapping[str, Mapping[str, Value]]) -> None:
        """Every text can be filled. `more` holds the names beside the parameters, by the place of the text."""
        for text in _texts(self.i, self.item):
            values = {**given, **more.get(str(text.place), {})}
            if set(text.extra) <= values.keys():
                for lang in LANGUAGES:
                    self._worked((*text.place, lang), given, _filling(text.text.in_(lang), values))

    def _choices(self, given: Mapping[str, Value]) -> None:
        self._filled(given, {})
        for lang in LANGUAGES:
            try:
                texts = [fill(choice.text.in_(lang), given) for choice in self.item.choices]
            except BadExpression:
                continue  # said already
            for (a, one), (b, other) in itertools.combinations(enumerate(texts), 2):
                if _same(one, other):
                    place = ("items", self.i, "choices", b, "text")
                    params = {"item": self.item.id, "first": a + 1, "second": b + 1, "text": other}
                    self._say("C031", place, "quiz.check.equal", given, **params)

    def _number(self, given: Mapping[str, Value]) -> None:
        asked, place = self.item.number, ("items", self.i, "number")
        assert asked is not None
        right = self._worked((*place, "value"), given, _value(asked.value, given))
        if right is None:
            return
        values: dict[str, Value] = {"value": right}
        more = {str((*place, "explain")): values}
        for j, mistake in enumerate(asked.mistakes):
            at = (*place, "mistakes", j, "value")
            wrong = self._worked(at, given, _value(mistake.value, {**given, **values}))
            if wrong is None:
                continue
            more[str((*place, "mistakes", j, "explain"))] = {**values, "mistake": wrong}
            if near(wrong, right, asked.rtol, asked.atol):
                self._say("C031", at, "quiz.check.no_mistake", given, item=self.item.id, text=mistake.value)
        self._filled(given, more)


class _InVariants(Problem):
    """A problem that some variants have, with the first of them."""

    def __init__(self, problem: Problem, times: int, count: int, example: str) -> None:
        super().__init__(problem.where, problem.key, **problem.params)
        self._counts = {"times": times, "count": count, "example": example}

    def in_(self, lang: Language | None = None) -> str:
        return f"{super().in_(lang)} {say('quiz.check.in_variants', lang, **self._counts)}"


def _filling(text: str, values: Mapping[str, Value]) -> Callable[[], str]:
    return lambda: fill(text, values)


def _value(expression: str, values: Mapping[str, Value]) -> Callable[[], Number]:
    return lambda: read(expression).value(values)


def _drawn(item: Item) -> Iterator[dict[str, Value]]:
    """Every combination where they are few, else those of the first seeds."""
    if math.prod(size(param) for param in item.params.values()) <= EXHAUSTIVE:
        places = itertools.product(*(range(size(param)) for param in item.params.values()))
        for at in places:
            pairs = zip(item.params.items(), at, strict=True)
            yield {name: value_at(param, place) for (name, param), place in pairs}
    else:
        for seed in range(SEEDS):
            yield draw(item, seed)


def _same(one: str, other: str) -> bool:
    """Equal as texts but for case and spaces, or as numbers: 0.5 and 1/2."""
    if " ".join(one.casefold().split()) == " ".join(other.casefold().split()):
        return True
    try:
        a, b = read_number(one).value, read_number(other).value
    except NotANumber:
        return False
    return near(a, b, 1e-6, 1e-12)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
