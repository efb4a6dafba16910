"""The digits read from scikit-learn's folder are the ones that scikit-learn reads."""

import numpy as np

from jinjie.scratch.networks.small_digits import small_digits


def test_the_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    expected = load_digits()
    x, y = small_digits()
    np.testing.assert_array_equal(x * 16, expected.data)
    np.testing.assert_array_equal(y, expected.target)
