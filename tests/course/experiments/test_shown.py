"""What an experiment may show: bounded, checked, and the same after a trip through JSON."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.words import Text
from jinjie.course.experiments.shown import (
    Bars,
    Curves,
    Graph,
    Group,
    Heat,
    Line,
    Mark,
    Node,
    Numbers,
    Plane,
    Shown,
    Surface,
    Table,
    Value,
    Words,
)
from jinjie.course.experiments.values import NotShown

BOTH = Text("loss", "损失")


def everything() -> Shown:
    return Shown(
        Curves(
            [Line(BOTH, range(3), np.array([1.0, np.nan, np.inf])), Line("b", [1], [-math.inf], colour=3)],
            title=BOTH,
            log_x=True,
            marks=[Mark(1, 2, "m")],
            y_range=(0, 2),
        ),
        Heat(np.eye(2), rows=["a", "b"], signed=True, limit=2),
        Plane([Line("p", [0, 1], [1, 0], dots=True)], Surface([0, 1], [0, 1], [[1, 2], [3, math.nan]])),
        Bars(["x", BOTH], [Group("g", [0.5, math.nan])]),
        Table(["step", BOTH], [[1, 0.5], [True, "nan"], [BOTH, math.inf]]),
        Numbers([Value("θ", 3, "m"), Value(BOTH, 10**20), Value("r", np.float32(0.5), digits=2)]),
        Words(BOTH),
        Graph([Node("x", math.nan, 1.5, "leaf"), Node(BOTH, 2)], [(0, 1)]),
    )


def test_the_same_after_a_trip_through_strict_json() -> None:
    shown = everything()
    back = Shown.of(json.loads(json.dumps(shown.plain(), allow_nan=False)))
    assert back == shown
    assert math.isnan(back.panels[0].lines[0].y[1])
    assert back.panels[0].lines[0].y[2] == math.inf
    assert back.panels[5].values[1].value == 10**20, "a whole number stays one"


def test_a_plain_string_is_the_same_in_both_languages() -> None:
    line = Line("θ", [1], [2])
    assert line.name == Text("θ", "θ")
    assert Line(BOTH, [1], [2]).name.zh == "损失"


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: Line("a", np.zeros(10**7), np.zeros(10**7)), "experiment.too_many"),
        (lambda: Line("a", range(10**9), [1]), "experiment.too_many"),
        (lambda: Line("a", itertools.count(), [1]), "experiment.too_many"),
        (lambda: Heat(np.zeros((1000, 2))), "experiment.too_many"),
        (lambda: Heat([range(1000)]), "experiment.too_many"),
        (lambda: Words("x" * 5000), "experiment.too_many"),
        (lambda: Shown(*[Words("x")] * 13), "experiment.too_many"),
        (lambda: Shown(*[Heat(np.zeros((200, 200)))] * 2), "experiment.too_many"),
        (lambda: Curves([Line("a", [1], [1])] * 25), "experiment.too_many"),
        (lambda: Line("a", [1, 2], [1]), "experiment.uneven"),
        (lambda: Heat([[1, 2], [1]]), "experiment.uneven"),
        (lambda: Heat(np.eye(2), rows=["a"]), "experiment.uneven"),
        (lambda: Bars(["a"], [Group("g", [1, 2])]), "experiment.uneven"),
        (lambda: Table(["a"], [[1, 2]]), "experiment.uneven"),
        (lambda: Surface([0, 1], [0, 1, 2], np.zeros((2, 3))), "experiment.uneven"),
        (lambda: Surface([1, 0], [0, 1], np.zeros((2, 2))), "experiment.not_rising"),
        (lambda: Line("a", np.zeros((2, 2)), [1]), "experiment.not_flat"),
        (lambda: Heat(np.zeros(3)), "experiment.not_a_matrix"),
        (lambda: Line("a", ["1"], [1]), "experiment.not_numbers"),
        (lambda: Line("a", "12", [1, 2]), "experiment.not_numbers"),
        (lambda: Line("a", [None], [1]), "experiment.not_numbers"),
        (lambda: Line("a", [1j], [1]), "experiment.not_numbers"),
        (lambda: Line("a", [True], [1]), "experiment.not_numbers"),
        (lambda: Value("a", 10**400), "experiment.not_numbers"),
        (lambda: Line(3, [1], [1]), "experiment.no_text"),
        (lambda: Line("a", [1], [1], colour=9), "experiment.no_whole"),
        (lambda: Curves([Line("a", [1], [1])], y_range=(2, 1)), "experiment.no_range"),
        (lambda: Curves([Line("a", [1], [1])], y_range=(0, math.inf)), "experiment.no_range"),
        (lambda: Graph([], []), "experiment.empty"),
        (lambda: Graph([Node("a", 1), Node("b", 1)], [(1, 0)]), "experiment.no_whole"),
        (lambda: Graph([Node("a", 1), Node("b", 1)], [(0, 2)]), "experiment.no_whole"),
        (lambda: Graph([Node("a", 1), Node("b", 1)], [(0, 1, 1)]), "experiment.uneven"),
        (lambda: Node("a", 1, role="hub"), "experiment.no_panel"),
        (lambda: Heat(np.eye(2), limit=0), "experiment.not_positive"),
        (lambda: Curves([]), "experiment.empty"),
        (lambda: Heat([]), "experiment.empty"),
        (lambda: Heat(np.zeros((0, 3))), "experiment.empty"),
        (lambda: Plane(), "experiment.empty"),
        (lambda: Shown(), "experiment.empty"),
        (lambda: Shown(3), "experiment.no_panel"),
        (lambda: Shown(Line("a", [1], [1])), "experiment.no_panel"),
        (lambda: Curves([Mark(1, 2, "m")]), "experiment.no_panel"),
    ],
)
def test_what_cannot_be_shown_is_said(make: Any, key: str) -> None:
    with pytest.raises(NotShown) as said:
        make()
    assert said.value.key == key
    assert said.value.text().en != said.value.text().zh


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        {"panels": {}},
        {"panels": [3]},
        {"panels": [{"kind": "curves"}]},
        {"panels": [{"kind": ["curves"]}]},
        {"panels": [{"kind": "curves", "lines": 3}]},
        {"panels": [{"kind": "curves", "lines": [{"name": "a", "x": [1], "y": ["NaN"]}]}]},
        {"panels": [{"kind": "curves", "lines": [{"name": {"en": 3, "zh": "a"}, "x": [1], "y": [1]}]}]},
        {"panels": [{"kind": "words", "text": "a", "__class__": "b"}]},
        {"panels": [{"kind": "words", "text": "a", "_set": 3}]},
        {"panels": [{"kind": "numbers", "values": [3]}]},
        {"panels": [{"kind": "plane", "surface": [1]}]},
        {"panels": [{"kind": "line", "name": "a", "x": [1], "y": [1]}]},
    ],
)
def test_plain_values_of_another_shape_are_refused(plain: Any) -> None:
    """They may come out of a sandbox, whose code can write whatever it likes."""
    with pytest.raises(NotShown):
        Shown.of(plain)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from(["a", "nan", "curves", "heat", "words"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["kind", "lines", "values", "text", "x", "y", "name", "rows", "columns", "title", "en", "zh"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PLAIN, max_size=3))
def test_no_plain_value_raises_anything_else(panels: list[Any]) -> None:
    try:
        shown = Shown.of({"panels": panels})
    except NotShown:
        return
    assert Shown.of(json.loads(json.dumps(shown.plain(), allow_nan=False))) == shown
