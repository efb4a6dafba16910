"""What is the right value and what is not, and that the words name both sides."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jinjie.course.grading.comparison import compare, holds_floats, same
from jinjie.course.sandbox import Tensor

RTOL, ATOL = 1e-6, 1e-9
NAN = float("nan")
INF = float("inf")


def ok(expected: Any, came: Any) -> bool:
    return same(expected, came, RTOL, ATOL)


@pytest.mark.parametrize(
    ("expected", "came"),
    [
        (None, None),
        (True, np.True_),
        (3, 3),
        (3, 3.0),
        (3.0, 3),
        (10**40, 10**40),
        (0.5, np.float32(0.5)),
        (0.1, np.float32(0.1)),  # within the tolerance, whatever the dtype
        (0.5, np.array(0.5)),
        (np.array(0.5), 0.5),
        (0.0, -0.0),
        (NAN, NAN),
        (INF, INF),
        (1 + 2j, 1 + 2j),
        (np.array([1.0, NAN, INF, -INF]), np.array([1.0, NAN, INF, -INF])),
        (np.array([1.0, 2.0]), np.array([1, 2])),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (np.array([1, 2], np.int64), np.array([1, 2], np.uint8)),
        (np.zeros((0, 3)), np.zeros((0, 3), bool)),
        (np.array([True, False]), np.array([True, False])),
        (np.array(["a", "b"]), np.array(["a", "b"])),
        ("text", "text"),
        ([1, 2.0, "x"], [1, 2.0, "x"]),
        ((1, [2, {"a": np.arange(3)}]), (1, [2, {"a": np.arange(3)}])),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Tensor(np.ones(2, np.float32), "float32"), Tensor(np.ones(2), "float64")),
        (2.0, Tensor(np.array(2.0), "float32")),
        (1e300, 1e300 * (1 + 1e-7)),
        (np.array([1e308, -1e308]), np.array([1e308, -1e308])),
    ],
)
def test_right_values(expected: Any, came: Any) -> None:
    assert compare(expected, came, RTOL, ATOL) == []


@pytest.mark.parametrize(
    ("expected", "came", "kind", "words"),
    [
        (np.zeros((3, 4)), np.zeros((4, 3)), "shape", "expected shape (3, 4), came (4, 3)"),
        (np.zeros(3), np.zeros((3, 1)), "shape", "expected shape (3,), came (3, 1)"),
        (np.zeros((0, 3)), np.zeros((3, 0)), "shape", "expected shape (0, 3), came (3, 0)"),
        (np.zeros(3), 0.0, "shape", "expected an array of shape (3,), came a single number"),
        (0.0, np.zeros(1), "shape", "expected a single number, came an array of shape (1,)"),
        (np.zeros(3), [0.0, 0.0, 0.0], "type", "expected an array of float64, came a list"),
        ([0.0], np.zeros(1), "type", "expected a list, came an array of float64"),
        ((1, 2), [1, 2], "type", "expected a tuple, came a list"),
        (1, "1", "type", "expected a whole number, came a text"),
        (True, 1, "type", "expected True or False, came a whole number"),
        (1, True, "type", "expected a whole number, came True or False"),
        (np.array([True]), np.array([1]), "type", "expected an array of bool, came an array of int64"),
        (1.0, None, "none", "gave back nothing (None)"),
        (None, 1.0, "type", "expected nothing (None), came a number"),
        ({"a": 1}, [("a", 1)], "type", "expected a dict, came a list"),
        ([1, 2], [1, 2, 3], "length", "expected 2 items, came 3"),
        ({"a": 1, "b": 2}, {"a": 1}, "missing_key", "keys are missing: 'b'"),
        ({"a": 1}, {"a": 1, "c": 2}, "extra_key", "do not belong there: 'c'"),
        ({1: 2}, {"1": 2}, "missing_key extra_key", "missing: 1"),
        (10**40, 10**40 + 1, "value", "expected 1000"),
        (1_000_000, 1_000_001, "value", "expected 1000000, came 1000001"),  # within rtol, yet another number
        (np.array([10**6, 5]), np.array([10**6 + 1, 5]), "value", "At [0]: expected 1000000, came 1000001"),
        (0.25, 0.5, "value", "expected 0.25, came 0.5"),
        ("cat", "dog", "text", "expected 'cat', came 'dog'"),
        (NAN, 0.0, "value", "expected nan, came 0"),
        (INF, -INF, "value", "expected inf, came -inf"),
        (INF, 1e308, "value", "expected inf"),
        (1.0, NAN, "nan", "expected 1, came nan"),
        (np.arange(3.0), np.array([0.0, NAN, 2.0]), "nan", "At [1]: expected 1, came nan; 1 of 3"),
        (
            np.array([[1.0, 2.0], [3.0, 4.0]]),
            np.array([[1.0, 2.0], [5.0, 4.5]]),
            "value",
            "At [1, 0]: expected 3, came 5; 2 of 4 elements are wrong, by 2 at most",
        ),
        ({"w": [np.ones(2)]}, {"w": [np.zeros(2)]}, "value", "At ['w'][0][0]: expected 1, came 0"),
        (1.0, 1.0000011, "value", "expected 1, came 1.0000011"),  # as many digits as show the difference
        (np.array(["a"]), np.array([1]), "type", "came an array of int64"),
        (Tensor(np.ones(2), "float64"), np.ones(2), "type", "expected a tensor of float64, came an array"),
        (np.ones(2), Tensor(np.ones(2), "float64"), "type", "came a tensor"),
    ],
)
def test_wrong_values_and_their_words(expected: Any, came: Any, kind: str, words: str) -> None:
    found = compare(expected, came, RTOL, ATOL)
    assert [one.kind for one in found] == kind.split()
    assert words in found[0].says.en
    assert found[0].says.zh != found[0].says.en


def test_every_difference_of_a_value_is_told_at_once() -> None:
    expected = {"loss": 1.0, "grad": np.zeros((2, 3)), "name": "sgd", "steps": [1, 2]}
    came = {"loss": 2.0, "grad": np.zeros((3, 2)), "name": "sgd", "steps": (1, 2), "more": 0}
    kinds = [(one.kind, one.place) for one in compare(expected, came, RTOL, ATOL)]
    assert kinds == [("extra_key", ""), ("value", "['loss']"), ("shape", "['grad']"), ("type", "['steps']")]
    assert len(compare([0] * 1000, [1] * 1000)) == 8


SECRET = 0.7310585786300049


@pytest.mark.parametrize(
    ("expected", "came"),
    [
        (SECRET, 0.5),
        (np.full((5, 7), SECRET), np.zeros((5, 7))),
        (np.full((57, 75), 1.0), np.full(757, SECRET)),
        ({"secret": SECRET}, {"public": SECRET}),
        ({"secret": {"secret": SECRET}}, {"secret": {"secret": NAN}}),
        ([SECRET] * 57, [SECRET] * 75),
        ({"secret": 1.0}, {"secret": "secret"}),
        (Tensor(np.ones(57), "float64"), Tensor(np.ones(57), "secret")),
        (np.ones(57), Tensor(np.ones(57), "secret")),
    ],
)
def test_what_is_said_quietly_holds_nothing_of_the_values(expected: Any, came: Any) -> None:
    for one in compare(expected, came, RTOL, ATOL):
        for words in (one.quietly.en, one.quietly.zh):
            assert not any(hint in words for hint in ("secret", "0.73", "57", "75", "public")), words


def test_floats_are_found_wherever_they_are() -> None:
    assert all(map(holds_floats, (0.5, np.ones(2), [1, (2, {"a": 0.5})], Tensor(np.ones(1), "float32"))))
    assert not any(map(holds_floats, (1, True, None, "a", np.arange(3), [1, {"a": "b"}])))


numbers = st.sampled_from([hnp.floating_dtypes(endianness="="), hnp.integer_dtypes(endianness="=")]).flatmap(
    lambda dtypes: hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.longdouble if array.dtype.itemsize > 8 else np.float64)


@settings(max_examples=150, deadline=None)
@given(expected=numbers, rtol=st.sampled_from([0.0, 1e-7, 1e-3]), data=st.data())
def test_it_agrees_with_numpy_testing_where_shapes_are_equal(
    expected: np.ndarray, rtol: float, data: st.DataObject
) -> None:
    """`assert_allclose` on the same numbers in double precision is the judge.

    In double since NumPy itself overflows on float16, and compares whole numbers within a tolerance, which we do not.
    """
    change = data.draw(
        st.sampled_from(["none", "dtype", "nudge", "one", "nan", "inf"]), label="what came is changed by"
    )
    came = expected.copy()
    if change == "dtype":
        with np.errstate(all="ignore"):
            came = came.astype(np.float32)
    elif change in ("nudge", "one") and came.size:
        with np.errstate(all="ignore"):
            flat = _wide(came).reshape(-1).astype(np.float64)
            where = data.draw(st.integers(0, came.size - 1))
            flat[where] = flat[where] * (1 + data.draw(st.sampled_from([1e-9, 1e-5, 1e-2]))) + (
                change == "one"
            )
            came = flat.reshape(came.shape)
    elif change in ("nan", "inf") and came.size:
        came = _wide(came)
        came.reshape(-1)[0] = NAN if change == "nan" else INF
    whole = expected.dtype.kind in "iu" and came.dtype.kind in "iu"
    try:
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(
                _wide(came), _wide(expected), rtol=0.0 if whole else rtol, atol=0.0, equal_nan=True
            )
        right = True
    except AssertionError:
        right = False
    if whole:
        right = bool(np.array_equal(came, expected))
    assert same(expected, came, rtol, 0.0) == right


@settings(max_examples=80, deadline=None)
@given(one=numbers, other=numbers)
def test_another_shape_is_never_right(one: np.ndarray, other: np.ndarray) -> None:
    """Where NumPy would broadcast, and find (3,) equal to (1, 3)."""
    if one.shape != other.shape:
        assert not same(one, other, 1e9, 1e300)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=5)
    | hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=3)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(value=values, other=values)
def test_a_value_is_itself_and_a_difference_has_words(value: Any, other: Any) -> None:
    assert compare(value, value) == []
    for one in compare(value, other, RTOL, ATOL):
        assert one.says.en and one.says.zh and one.quietly.en and one.quietly.zh
        one.says.en.encode()  # what is told can be printed


@settings(max_examples=60, deadline=None)
@given(
    expected=st.floats(allow_nan=False, allow_infinity=False),
    factor=st.sampled_from([0.0, 0.5, 0.99, 1.01, 2.0]),
)
def test_the_tolerance_is_where_it_says(expected: float, factor: float) -> None:
    tolerance = ATOL + RTOL * abs(expected)
    came = expected + factor * tolerance
    if not math.isfinite(came) or abs(abs(came - expected) - tolerance) < 4 * math.ulp(expected):
        return
    assert ok(expected, came) == (abs(came - expected) <= tolerance)
