"""Holes filled as scikit-learn fills them, from the training rows alone; what each way of filling does to a column."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression

from jinjie.scratch.foundations.missing import (
    complete_rows,
    fill,
    fill_by_regression,
    learn_column,
    means,
    medians,
    modes,
    repeats,
)

RNG = np.random.default_rng(0)
PATIENTS = load_diabetes().data
HOLES = RNG.random(PATIENTS.shape) < 0.1
TORN = np.where(HOLES, np.nan, PATIENTS)
CODES = np.where(RNG.random((40, 3)) < 0.2, np.nan, RNG.integers(0, 4, (40, 3)))


def test_rows_that_miss_something_are_dropped():
    kept = complete_rows(TORN)
    assert kept.tolist() == [not any(np.isnan(row)) for row in TORN]
    assert 0 < kept.sum() < len(TORN)
    assert not np.isnan(TORN[kept]).any()


@pytest.mark.parametrize(
    ("learn", "strategy"), [(means, "mean"), (medians, "median"), (modes, "most_frequent")]
)
@pytest.mark.parametrize("table", [TORN, CODES], ids=["measurements", "codes"])
def test_what_fills_a_hole_is_scikit_learns(learn, strategy, table):
    reference = SimpleImputer(strategy=strategy).fit(table)
    assert learn(table) == pytest.approx(reference.statistics_, rel=1e-9, abs=1e-12)


def test_filling_is_scikit_learns_on_other_rows_too():
    train, test = TORN[:300], TORN[300:]
    reference = SimpleImputer().fit(train)
    for rows in (train, test):
        before = rows.copy()
        assert fill(rows, means(train)) == pytest.approx(reference.transform(rows), abs=1e-12)
        assert np.array_equal(rows, before, equal_nan=True)
    constants = SimpleImputer(strategy="constant", fill_value=-1.0).fit_transform(test)
    assert (fill(test, np.full(10, -1.0)) == constants).all()
    with pytest.raises(ValueError, match=r"one value a column, got X of shape \(442, 10\) and values \(3,\)"):
        fill(TORN, np.zeros(3))


def test_of_equally_frequent_numbers_the_smallest():
    assert modes(np.array([[3.0, 1.0], [2.0, np.nan], [3.0, 5.0], [2.0, 5.0]])).tolist() == [2.0, 5.0]


def test_one_absurd_value_moves_the_mean_and_not_the_median():
    ages = np.array([[30.0], [31.0], [np.nan], [32.0], [9999.0]])
    assert means(ages)[0] == 2523.0
    assert medians(ages)[0] == 31.5


def test_zeros_for_holes_move_the_mean():
    """Ages around 40, every second one missing: with zeros the mean is 20, with the mean of the known 40."""
    ages = np.where(np.arange(100) % 2, np.nan, 40.0)[:, None]
    assert np.nan_to_num(ages).mean() == 20
    assert fill(ages, means(ages)).mean() == 40


@pytest.mark.parametrize("column", [0, 4, 9])
def test_a_column_is_predicted_from_the_others(column):
    torn = PATIENTS.copy()
    hole = HOLES[:, column]
    torn[hole, column] = np.nan
    others = np.delete(PATIENTS, column, axis=1)
    reference = LinearRegression().fit(others[~hole], PATIENTS[~hole, column])
    w, b = learn_column(torn, column)
    assert w == pytest.approx(reference.coef_, rel=1e-8, abs=1e-10)
    before = torn.copy()
    filled = fill_by_regression(torn, column, w, b)
    assert np.array_equal(torn, before, equal_nan=True)
    assert (filled[~hole] == PATIENTS[~hole]).all()
    assert filled[hole, column] == pytest.approx(reference.predict(others[hole]), rel=1e-8, abs=1e-10)


def test_only_complete_rows_teach_and_only_the_known_predicts():
    X = np.array([[1.0, 3.0], [2.0, 5.0], [np.nan, 100.0], [4.0, 9.0], [5.0, np.nan], [np.nan, np.nan]])
    w, b = learn_column(X, 1)
    assert [*w, b] == pytest.approx([2.0, 1.0])
    filled = fill_by_regression(X, 1, w, b)
    assert filled[4].tolist() == pytest.approx([5.0, 11.0])
    assert filled[2, 1] == 100 and np.isnan(filled[2, 0])
    assert np.isnan(filled[5]).all(), "nothing is known to predict from"


def test_regression_is_nearer_to_the_truth_than_the_mean():
    """The second blood measurement, of which a tenth is torn out, depends on the others: the error falls to a
    quarter.
    """
    torn = PATIENTS.copy()
    hole = HOLES[:, 5]
    torn[hole, 5] = np.nan
    by_mean = fill(torn, means(torn))[hole, 5]
    by_line = fill_by_regression(torn, 5, *learn_column(torn, 5))[hole, 5]
    truth = PATIENTS[hole, 5]
    ratio = np.sqrt(np.mean((by_line - truth) ** 2) / np.mean((by_mean - truth) ** 2))
    assert ratio < 0.25


def test_a_row_that_came_before_is_a_repeat():
    X = np.array(
        [[1.0, np.nan], [2.0, 3.0], [1.0, np.nan], [2.0, 4.0], [1.0, 0.0], [1.0, np.nan], [np.nan, 1.0]]
    )
    assert repeats(X).tolist() == [False, False, True, False, False, True, False]
    assert not repeats(X[~repeats(X)]).any()


def test_a_column_without_a_number_and_what_is_no_table_are_refused():
    empty = np.array([[1.0, np.nan], [2.0, np.nan]])
    for learn in (complete_rows, means, medians, modes):
        with pytest.raises(ValueError, match="a known number in every column, got none in column 1"):
            learn(empty)
        with pytest.raises(ValueError, match=r"a table \(N, F\), got shape \(3,\)"):
            learn(np.zeros(3))
        learn(np.array([[1.0, np.nan], [np.nan, 3.0]]))
    with pytest.raises(ValueError, match="at least one row where all is known"):
        learn_column(np.array([[1.0, np.nan], [np.nan, 3.0]]), 0)
    assert learn_column(np.array([[1.0, np.nan], [2.0, 3.0]]), 1)[0].shape == (1,)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.integers(1, 10))
def test_the_mean_keeps_the_mean_and_shrinks_the_variance(known, holes):
    column = np.array([*known, *[np.nan] * holes])[:, None]
    filled = fill(column, means(column))
    assert filled.mean() == pytest.approx(np.mean(known), abs=1e-9)
    assert filled.var() == pytest.approx(np.var(known) * len(known) / (len(known) + holes), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0, 1, None]), st.sampled_from([0, 2, None])), min_size=1, max_size=20)
)
def test_repeats_are_pythons(rows):
    X = np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=float)
    assert repeats(X).tolist() == [row in rows[:n] for n, row in enumerate(rows)]
