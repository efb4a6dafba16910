"""A question as one learner sees it: its numbers drawn, its texts filled, its choices shuffled.

All of it is a function of the seed and the item's id, so that a question can be asked again as it was, and judged
without anything stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from jinjie.base.errors import InvalidInput, NotFound, Problem, did_you_mean
from jinjie.base.seeds import derive
from jinjie.base.words import Language, Text, language
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Item, Param, Quiz
from jinjie.course.quizzes.arithmetic import Number, Value, number, read
from jinjie.course.quizzes.template import fill

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LARGEST_SEED = 2**63


@dataclass(frozen=True)
class Variant:
    """An item with its numbers. `asked` is what may be sent to a page; nothing else of it leaves the program."""

    quiz: str
    item: Item = field(repr=False)
    seed: int
    lang: Language
    given: Mapping[str, Value] = field(repr=False)
    order: tuple[int, ...] = field(repr=False)
    """Which choice of the file stands at each place."""

    @property
    def id(self) -> str:
        return self.item.id

    @property
    def stem(self) -> str:
        return self.fill(self.item.stem)

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts of the choices as they are shown; none for a free number."""
        return tuple(self.fill(self.item.choices[i].text) for i in self.order)

    @property
    def unit(self) -> str:
        return self.item.number.unit if self.item.number is not None else ""

    @property
    def params(self) -> dict[str, int | float | str]:
        """The numbers that were drawn, for a log."""
        return {name: simple(value) for name, value in self.given.items()}

    @property
    def right(self) -> Number | int:
        """The right number, or the place of the right choice."""
        if self.item.number is not None:
            return read(self.item.number.value).value(self.given)
        return next(place for place, i in enumerate(self.order) if self.item.choices[i].correct)

    def fill(self, text: Text, **more: Value) -> str:
        """A text of the item in the variant's language. Raises BadExpression."""
        return fill(text.in_(self.lang), {**self.given, **more})

    def asked(self) -> dict[str, Any]:
        """What is asked, and not a word on what is right."""
        shown: dict[str, Any] = {
            "quiz": self.quiz,
            "item": self.id,
            "seed": self.seed,
            "concept": self.item.concept,
            "difficulty": self.item.difficulty,
            "stem": self.stem,
        }
        if self.item.number is not None:
            return {**shown, "kind": "number", "unit": self.unit}
        choices = [{"key": LETTERS[place], "text": text} for place, text in enumerate(self.choices)]
        return {**shown, "kind": "choices", "choices": choices}


def variant(quiz: Written[Quiz] | Quiz, item_id: str, seed: int, lang: Language | None = None) -> Variant:
    """The item of a quiz as this seed makes it.

    Raises NotFound for an item that the quiz has not, InvalidInput for what is no seed, BadExpression from the texts.
    """
    slug, entry = (quiz.slug, quiz.entry) if isinstance(quiz, Written) else ("", quiz)
    items = {item.id: item for item in entry.items}
    if item_id not in items:
        raise NotFound("quiz.no_item", name=item_id, suggestion=did_you_mean(item_id, items))
    item = items[item_id]
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < LARGEST_SEED:
        raise InvalidInput([Problem("seed", "quiz.no_seed", came=str(seed)[:40], most=LARGEST_SEED - 1)])
    order = sorted(range(len(item.choices)), key=lambda i: derive(seed, "quiz", item_id, "order", i))
    return Variant(slug, item, seed, lang or language(), draw(item, seed), tuple(order))


def draw(item: Item, seed: int) -> dict[str, Value]:
    """The parameters' values: each by its own name, so that another one added changes none of them."""
    return {
        name: value_at(param, derive(seed, "quiz", item.id, "param", name) % size(param))
        for name, param in item.params.items()
    }


def size(param: Param) -> int:
    """How many values a parameter may take."""
    if param.choices:
        return len(param.choices)
    low, high, step = (_exact(bound) for bound in (param.min, param.max, param.step))
    return int((high - low) / step) + 1


def value_at(param: Param, place: int) -> Value:
    """The value at a place of the grid, or the choice there."""
    if param.choices:
        choice = param.choices[place]
        read_as = number(choice)
        return str(choice) if read_as is None else read_as
    return _exact(param.min) + place * _exact(param.step)


def _exact(bound: float | None) -> Fraction:
    assert bound is not None  # the schema asks for all three
    return Fraction(repr(bound))


def simple(value: Value) -> int | float | str:
    """A number as JSON has it."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value
