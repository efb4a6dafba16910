"""Values of knobs: from a program, a command line or an address; everything wrong at once."""

from __future__ import annotations

import math
from typing import Any

import pytest

from jinjie.base.errors import InvalidInput
from jinjie.course.content.faults import made
from jinjie.course.content.schema import Experiment
from jinjie.course.experiments.knobs import ends, values

BOTH = {"en": "a", "zh": "甲"}
EXPERIMENT = made(
    Experiment,
    {
        "title": BOTH,
        "function": "show",
        "notice": BOTH,
        "knobs": [
            {"name": "rate", "label": BOTH, "min": 0.01, "max": 1.2, "step": 0.01, "default": 0.1},
            {"name": "steps", "label": BOTH, "min": 1, "max": 50, "step": 1, "default": 20},
            {"name": "batch", "label": BOTH, "choices": [1, 8, 64], "default": 8},
            {"name": "mask", "label": BOTH, "choices": [True, False], "default": True},
            {"name": "how", "label": BOTH, "choices": ["sgd", "adam"], "default": "sgd"},
        ],
    },
)


@pytest.mark.parametrize(
    ("name", "given", "made"),
    [
        ("rate", 0.3, 0.3),
        ("rate", "0.3", 0.3),
        ("rate", 1, 1.0),
        ("rate", 0.1 + 0.2, 0.3),
        ("rate", 0.305, 0.305),
        ("rate", 0.01, 0.01),
        ("rate", "1.2", 1.2),
        ("steps", "7", 7),
        ("steps", 7.0, 7),
        ("batch", "64", 64),
        ("batch", 64.0, 64),
        ("mask", "false", False),
        ("mask", False, False),
        ("how", "adam", "adam"),
    ],
)
def test_what_is_taken(name: str, given: Any, made: Any) -> None:
    found = values(EXPERIMENT, {name: given})
    assert (found[name], type(found[name])) == (made, type(made))
    assert list(found) == ["rate", "steps", "batch", "mask", "how"]
    assert {k: v for k, v in found.items() if k != name} == {
        k.name: k.default for k in EXPERIMENT.knobs if k.name != name
    }


@pytest.mark.parametrize(
    ("name", "given", "key"),
    [
        ("rate", 1.21, "out_of_range"),
        ("rate", 0, "out_of_range"),
        ("rate", math.nan, "out_of_range"),
        ("rate", math.inf, "out_of_range"),
        ("rate", "NaN", "no_number"),
        ("rate", "1e999", "out_of_range"),
        ("rate", "fast", "no_number"),
        ("rate", "", "no_number"),
        ("rate", None, "no_number"),
        ("rate", True, "no_number"),
        ("rate", [0.1], "no_number"),
        ("rate", "[" * 60, "no_number"),
        ("rate", "1" * 1000, "no_number"),
        ("steps", 1.5, "no_whole_knob"),
        ("steps", 51, "out_of_range"),
        ("batch", 2, "not_a_choice"),
        ("batch", True, "not_a_choice"),
        ("mask", 1, "not_a_choice"),
        ("mask", "yes", "not_a_choice"),
        ("how", "adma", "not_a_choice"),
        ("raet", 0.1, "no_knob"),
    ],
)
def test_what_is_refused(name: str, given: Any, key: str) -> None:
    with pytest.raises(InvalidInput) as said:
        values(EXPERIMENT, {name: given})
    (problem,) = said.value.problems
    assert (problem.where, problem.key) == (name, f"experiment.{key}")
    assert problem.in_("en") != problem.in_("zh")


def test_all_problems_at_once_and_near_names() -> None:
    with pytest.raises(InvalidInput) as said:
        values(EXPERIMENT, {"raet": 1, "steps": 99, "how": "adma"})
    text = said.value.in_("en")
    assert len(said.value.problems) == 3
    assert "'rate'" in text and "'adam'" in text and "1 … 50" in text


def test_the_ends_that_are_tried() -> None:
    found = [ends(knob) for knob in EXPERIMENT.knobs]
    assert found == [(0.01, 1.2), (1, 50), (1, 8, 64), (True, False), ("sgd", "adam")]
    assert all(isinstance(end, int) for end in found[1])
