"""Canonical forms: read strictly, worked out element by element, held to the shapes that are stated."""

import numpy as np
import pytest

from jinjie.course.formula import symbolic


def test_a_name_without_brackets_is_each_element():
    made = symbolic.evaluate(["y = Max(0, x) + c/2", "z = y**2"], {"x": np.array([[-1.0, 2.0]]), "c": 3}, {})
    assert made["y"].tolist() == [[1.5, 3.5]] and made["z"].tolist() == [[2.25, 12.25]]


def test_a_name_with_brackets_is_indexed_and_dimensions_bound_its_sums():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    made = symbolic.evaluate(
        ["c[i, j] = Sum(a[i, k]*b[k, j], (k, 0, K - 1))"], {"a": a, "b": b, "K": 3}, {"c": (2, 4)}
    )
    assert np.array_equal(made["c"], a @ b)


def test_assignments_are_done_in_order():
    assert symbolic.evaluate(["x = x + 1", "x = 2*x"], {"x": 3}, {})["x"] == 8


def test_whole_numbers_stay_exact():
    assert str(symbolic.read("y = 1/3").expression) == "1/3"


def test_letters_that_mean_something_to_sympy_are_plain_names_here():
    values = dict.fromkeys(("N", "E", "I", "S", "Q", "beta", "gamma"), 2.0)
    assert symbolic.evaluate(["y = N*E*I*S*Q*beta*gamma"], values, {})["y"] == 128


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("y == x", "expected 'name = expression'"),
        ("y = x.__class__", "Attribute has no place"),
        ("y = __import__('os')", "__import__ is none of"),
        ("y = [x]", "List has no place"),
        ("y = (lambda: 1)()", "is none of"),
        ("y = 'text'", "'text' is no number"),
        ("y = exp(x, evaluate=False)", "exp is none of"),
        ("y = x[0][1]", "only names are indexed"),
        ("y = 1 +", "cannot read"),
    ],
)
def test_what_is_no_formula_is_refused(line, said):
    with pytest.raises(ValueError, match=said):
        symbolic.read(line)


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match="no value for a, b"):
        symbolic.evaluate(["y = a + b + c"], {"c": 1}, {})
    with pytest.raises(ValueError, match="the shape of y is not stated"):
        symbolic.evaluate(["y[i] = x[i]"], {"x": np.ones(2)}, {})
    with pytest.raises(ValueError, match=r"y has the shape \(2, 2\) and 1 indices"):
        symbolic.evaluate(["y[i] = x[i]"], {"x": np.ones(2)}, {"y": (2, 2)})


def test_sizes_are_found_and_misfits_named():
    stated = {"x": "(..., C)", "y": "(..., D)", "w": "(D, C)", "z": "(C+1)", "s": "()"}
    came = {"x": (7, 2, 3), "y": (7, 2, 5), "w": (5, 3), "z": (4,), "s": ()}
    assert symbolic.sizes(stated, came) == {"C": 3, "D": 5}
    for name, shape, said in (
        ("w", (5, 4), "C is 3, and 4 for w"),
        ("y", (7, 3, 5), r"the axes '...' of y are \(7, 3\), and \(7, 2\) before"),
        ("z", (5,), "z: C\\+1 is 4 and came as 5"),
        ("s", (1,), r"s is stated as \(\) and came as \(1,\)"),
        ("x", (), r"x is stated as \(..., C\) and came as \(\)"),
    ):
        with pytest.raises(ValueError, match=said):
            symbolic.sizes(stated, {**came, name: shape})
    with pytest.raises(ValueError, match="expected a shape such as"):
        symbolic.sizes({"x": "N, C"}, {"x": (1, 2)})
