"""Scaling against scikit-learn: learnt on the training rows, applied to all others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.datasets import load_wine
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from jinjie.scratch.foundations.scaling import (
    learn_min_max,
    learn_standard,
    min_max,
    standardise,
    where_spread,
)

WINES = load_wine().data
TRAIN, TEST = WINES[::2], WINES[1::2]


def test_standardising_is_scikit_learns():
    reference = StandardScaler().fit(TRAIN)
    mu, sigma = learn_standard(TRAIN)
    assert mu == pytest.approx(reference.mean_, rel=1e-9)
    assert sigma == pytest.approx(reference.scale_, rel=1e-9)
    for rows in (TRAIN, TEST):
        assert standardise(rows, mu, sigma) == pytest.approx(reference.transform(rows), rel=1e-9, abs=1e-12)


def test_min_max_is_scikit_learns():
    reference = MinMaxScaler().fit(TRAIN)
    low, high = learn_min_max(TRAIN)
    assert (low == reference.data_min_).all() and high == pytest.approx(reference.data_max_, rel=1e-12)
    for rows in (TRAIN, TEST):
        assert min_max(rows, low, high) == pytest.approx(reference.transform(rows), rel=1e-9, abs=1e-12)


def test_a_constant_column_becomes_zero():
    """Ten times 0.1 has a deviation of 1e-17 by rounding: dividing by it would blow the noise up to ±1."""
    X = np.column_stack([np.full(10, 0.1), np.arange(10.0)])
    mu, sigma = learn_standard(X)
    assert sigma[0] == 1 and sigma[1] == pytest.approx(np.sqrt(8.25))
    assert np.abs(standardise(X, mu, sigma)[:, 0]).max() < 1e-15
    low, high = learn_min_max(X)
    assert (low.tolist(), high.tolist()) == ([0.1, 0.0], [1.1, 9.0])
    assert min_max(X, low, high)[:, 0].tolist() == [0.0] * 10
    assert where_spread(np.array([2.0, 3.0]), np.array([[1.0, 4.0], [1.0, 5.0]])).tolist() == [1.0, 3.0]


def test_divided_by_the_variance_the_unit_still_decides():
    """Lengths in metres and the same in centimetres: divided by σ² the metres spread a hundred times wider, by σ
    alike.
    """
    metres = WINES[:, :1]
    X = np.hstack([metres, 100 * metres])
    mu, sigma = learn_standard(X)
    printed = ((X - mu) / sigma**2).std(axis=0)
    assert printed[0] / printed[1] == pytest.approx(100)
    assert standardise(X, mu, sigma).std(axis=0) == pytest.approx([1, 1])


def test_scaled_by_its_own_statistics_a_single_row_is_zero():
    """A wine 1.3 deviations above the training rows' means is seen as such; scaled by itself it is zero like any
    other. And a test half that is 2 points stronger throughout looks, scaled by itself, exactly as before.
    """
    mu, sigma = learn_standard(TRAIN)
    wine = TRAIN[:1] * 0 + mu + 1.3 * sigma
    assert standardise(wine, mu, sigma) == pytest.approx(np.full((1, 13), 1.3))
    assert (standardise(wine, *learn_standard(wine)) == 0).all()
    stronger = TEST + 2
    assert standardise(stronger, *learn_standard(stronger)) == pytest.approx(
        standardise(TEST, *learn_standard(TEST)), abs=1e-9
    )
    assert np.mean(standardise(stronger, mu, sigma)[:, 0] - standardise(TEST, mu, sigma)[:, 0]) > 2


def test_divided_by_the_maximum_years_are_squeezed_together():
    years = np.array([[1990.0], [2005.0], [2020.0]])
    assert (years / years.max())[:, 0] == pytest.approx([0.98515, 0.99257, 1.0], abs=5e-6)
    assert min_max(years, *learn_min_max(years))[:, 0].tolist() == [0.0, 0.5, 1.0]
    assert min_max(np.array([[2050.0]]), *learn_min_max(years)) == [[2.0]], "later years lie outside"


def test_what_would_mislead_is_refused():
    for learn in (learn_standard, learn_min_max):
        for X in (np.zeros(3), np.zeros((0, 3)), np.zeros((2, 3, 4))):
            with pytest.raises(ValueError, match=r"a table \(N, F\) of at least one row, got shape"):
                learn(X)
        with pytest.raises(ValueError, match="without holes, got NaN: drop or fill"):
            learn(np.array([[1.0, 2.0], [np.nan, 3.0]]))
        learn(np.array([[1.0, 2.0]]))
    for scale in (standardise, min_max):
        for learnt in ((np.zeros(2), np.ones(3)), (np.zeros(3), np.ones(2))):
            with pytest.raises(ValueError, match=r"one number a column, got X \(4, 3\) and \(2,\)"):
                scale(np.zeros((4, 3)), *learnt)


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.float64, (7, 3), elements=st.floats(-1e3, 1e3, allow_subnormal=False), unique=True))
def test_scaled_training_rows_have_mean_0_and_variance_1_or_ends_0_and_1(X):
    X = X + 1e4 * np.eye(7, 3)  # numbers that differ by more than rounding
    scaled = standardise(X, *learn_standard(X))
    assert scaled.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    assert scaled.var(axis=0) == pytest.approx(np.ones(3), abs=1e-9)
    scaled = min_max(X, *learn_min_max(X))
    assert scaled.min(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    assert scaled.max(axis=0) == pytest.approx(np.ones(3), abs=1e-12)
