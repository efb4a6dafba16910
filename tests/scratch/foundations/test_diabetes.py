"""The table read from scikit-learn's folder is the one that scikit-learn reads."""

import numpy as np
import pytest

from jinjie.scratch.foundations.diabetes import COLUMNS, patients, read_patients


def test_the_table_is_scikit_learns():
    from sklearn.datasets import load_diabetes

    expected = load_diabetes(scaled=False)
    table, progression = read_patients()
    np.testing.assert_array_equal(table, expected.data)
    np.testing.assert_array_equal(progression, expected.target)
    assert COLUMNS[:4] == tuple(expected.feature_names[:4])


def test_columns_come_in_the_order_asked_for_with_mean_0_and_deviation_1():
    table, progression = read_patients()
    X, y = patients("ldl", "bmi")
    for column, name in enumerate(("ldl", "bmi")):
        assert np.corrcoef(X[:, column], table[:, COLUMNS.index(name)])[0, 1] == pytest.approx(1)
    np.testing.assert_allclose([X[:, 0].mean(), X[:, 1].mean(), y.mean()], 0, atol=1e-12)
    np.testing.assert_allclose([X[:, 0].std(), X[:, 1].std(), y.std()], 1)
    assert np.corrcoef(y, progression)[0, 1] == pytest.approx(1)


def test_columns_that_are_not_there_are_named():
    with pytest.raises(ValueError, match="bmy, weight"):
        patients("bmi", "bmy", "weight")
    with pytest.raises(ValueError, match="got none"):
        patients()
