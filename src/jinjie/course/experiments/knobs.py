"""The values of an experiment's knobs: what was given, checked against what the file allows, the rest at default."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Experiment, Knob

Setting: TypeAlias = "bool | int | float | str"


def values(experiment: Experiment, given: Mapping[str, Any]) -> dict[str, Setting]:
    """Every knob's value, in the order of the file. Texts are read as a command line or an address has them.

    Raises InvalidInput, all problems at once.
    """
    known = {knob.name: knob for knob in experiment.knobs}
    problems = [
        Problem(str(name)[:80], "experiment.no_knob", suggestion=did_you_mean(str(name), known))
        for name in given
        if name not in known
    ]
    made: dict[str, Setting] = {}
    for name, knob in known.items():
        found = _value(knob, given[name]) if name in given else knob.default
        if isinstance(found, Problem):
            problems.append(found)
        else:
            made[name] = found
    if problems:
        raise InvalidInput(problems)
    return made


def about(written: Written[Experiment]) -> dict[str, Any]:
    """An experiment and its knobs as plain values, in both languages, for a page or a script."""
    entry = written.entry
    return {
        "slug": written.slug,
        "title": entry.title.both(),
        "notice": entry.notice.both(),
        "function": entry.function,
        "recipe": entry.recipe,
        "knobs": [
            {**{k: v for k, v in knob.plain().items() if v is not None}, "whole": is_whole(knob)}
            for knob in entry.knobs
        ],
    }


def is_whole(knob: Knob) -> bool:
    """Whether a slider runs over whole numbers alone: the function gets an int."""
    return (
        not knob.choices
        and isinstance(knob.default, int)
        and all(part is not None and float(part).is_integer() for part in (knob.min, knob.max, knob.step))
    )


def ends(knob: Knob) -> tuple[Setting, ...]:
    """The values to try a function at: the ends of a slider, every choice."""
    if knob.choices:
        return knob.choices
    assert knob.min is not None and knob.max is not None
    return (int(knob.min), int(knob.max)) if is_whole(knob) else (knob.min, knob.max)


def allowed(knob: Knob) -> str:
    """What a knob may be, for a reader."""
    if knob.choices:
        return ", ".join(as_written(choice) for choice in knob.choices)
    return f"{knob.min:g} … {knob.max:g}{' ' + knob.unit if knob.unit else ''}"


def _value(knob: Knob, given: Any) -> Setting | Problem:
    if knob.choices:
        for choice in knob.choices:
            if type(choice) is type(given) and choice == given:
                return choice
        read = _read(given)
        for choice in knob.choices:
            same = as_written(choice) == str(given).strip() or (
                isinstance(choice, bool) == isinstance(read, bool) and choice == read
            )
            if same:
                return choice
        choices = [as_written(choice) for choice in knob.choices]
        near = did_you_mean(str(given)[:80], choices)
        params = {"came": _came(given), "allowed": allowed(knob), "suggestion": near}
        return Problem(knob.name, "experiment.not_a_choice", **params)
    number = _read(given)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return Problem(knob.name, "experiment.no_number", came=_came(given), allowed=allowed(knob))
    assert knob.min is not None and knob.max is not None
    if not knob.min <= number <= knob.max:  # which what is not a number is not either
        return Problem(knob.name, "experiment.out_of_range", came=_came(given), allowed=allowed(knob))
    if is_whole(knob):
        if number != int(number):
            return Problem(knob.name, "experiment.no_whole_knob", came=_came(given), allowed=allowed(knob))
        return int(number)
    return _on_grid(knob, float(number))


def _on_grid(knob: Knob, number: float) -> float:
    """A slider's 0.30000000000000004 is its 0.3; what lies between two of its places stays what it is."""
    assert knob.min is not None and knob.step is not None
    low, step = Fraction(repr(knob.min)), Fraction(repr(knob.step))
    place = low + round((Fraction(number) - low) / step) * step
    return float(place) if math.isclose(number, place, rel_tol=1e-9, abs_tol=1e-12) else number


def _read(given: Any) -> Any:
    """A text as JSON reads it, without its constants that are no numbers."""
    if not isinstance(given, str) or len(given) > 80:
        return given
    try:
        return json.loads(given, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return given


def as_written(choice: Setting) -> str:
    """A value as it is written on a command line."""
    return json.dumps(choice) if not isinstance(choice, str) else choice


def _came(given: Any) -> str:
    said = str(given)
    return said if len(said) <= 40 else said[:39] + "…"
