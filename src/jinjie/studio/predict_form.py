"""The fields of a model that is asked, made from what it knows of its data; and a filled-in form as its input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jinjie.base.errors import InvalidInput, Problem
from jinjie.data.cleaning import types
from jinjie.data.dataset import Processor
from jinjie.data.features import FeaturesProcessor
from jinjie.data.table import NumbersProcessor
from jinjie.training.finished import Finished

CHOICES = 50
"""Words of a column that are a list to choose from; more are typed."""


@dataclass(frozen=True)
class Input:
    """One field of the form. Its place names it there: columns are called anything."""

    name: str
    place: int
    kind: Literal["number", "choice", "word", "date", "text"]
    value: str = ""
    example: str = ""
    choices: list[str] = field(default_factory=list)
    wrong: str = ""

    @property
    def key(self) -> str:
        return key(self.place)


def key(place: int) -> str:
    """What the field of that place is called in a form that is sent."""
    return f"column-{place}"


def is_text(processor: Processor) -> bool:
    """Whether the model is asked by one text."""
    return not isinstance(processor, FeaturesProcessor | NumbersProcessor)


def inputs(processor: Processor, filled: Mapping[str, str], wrong: Mapping[str, str]) -> list[Input]:
    """The fields with what was typed kept, and what is wrong beside each; `wrong` is by the column's name."""
    found = _columns(processor)
    return [
        Input(
            one.name,
            one.place,
            one.kind,
            filled.get(one.key, ""),
            one.example,
            one.choices,
            wrong.get(one.name, ""),
        )
        for one in found
    ]


def typical(processor: Processor) -> dict[str, str]:
    """A form filled in as somebody might: the middle of each number, the first of each word."""
    return {one.key: one.example for one in _columns(processor)}


def asked(processor: Processor, filled: Mapping[str, str]) -> str:
    """What the model's processor is given.

    Raises InvalidInput naming each field that is empty where the model knows no missing values, or is no number.
    """
    columns = _columns(processor)
    values = {one.name: filled.get(one.key, "").replace("\r\n", "\n") for one in columns}
    if isinstance(processor, FeaturesProcessor):
        if not any(value.strip() for value in values.values()):
            raise InvalidInput([Problem("", "studio.use.nothing")])
        return json.dumps(values, ensure_ascii=False)
    if is_text(processor):
        if not values["text"].strip():
            raise InvalidInput([Problem("text", "studio.use.nothing")])
        return values["text"]
    problems = [
        Problem(name, "features.no_number", came=value)
        for name, value in values.items()
        if not _is_number(value)
    ]
    if problems:
        raise InvalidInput(problems)
    return ", ".join(value.strip() for value in values.values())


def target(model: Finished) -> str:
    """What is predicted, as its column is called; empty where that is not known."""
    processor = model.processor
    if isinstance(processor, FeaturesProcessor):
        return processor.known.target
    return str(model.card.get("data", {}).get("target") or "")


def _columns(processor: Processor) -> list[Input]:
    if isinstance(processor, FeaturesProcessor):
        medians = {one.name: one.median for one in processor.known.features if one.categories is None}
        return [
            _column(place, column.name, column.kind, column.words, medians.get(column.name))
            for place, column in enumerate(processor.known.columns)
        ]
    if isinstance(processor, NumbersProcessor):
        named = zip(processor.names, processor.mean, strict=True)
        return [
            Input(name, place, "number", example=f"{mean:.4g}") for place, (name, mean) in enumerate(named)
        ]
    return [Input("text", 0, "text")]


def _column(place: int, name: str, kind: str, words: tuple[str, ...] | None, median: float | None) -> Input:
    if words is not None:
        few = len(words) <= CHOICES
        return Input(
            name, place, "choice" if few else "word", example=words[0] if words else "", choices=list(words)
        )
    if types.family(kind) == "date":
        return Input(name, place, "date")
    return Input(name, place, "number", example="" if median is None else f"{median:.6g}")


def _is_number(typed: Any) -> bool:
    try:
        return abs(float(typed)) < float("inf")
    except ValueError:
        return False
