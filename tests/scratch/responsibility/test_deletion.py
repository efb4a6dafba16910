"""The deletion test: its curve, its area, and that it tells a faithful explanation from others on real digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import auc

from jinjie.scratch.responsibility.deletion import comprehensiveness, deletion_area, deletion_curve


def test_the_curve_takes_the_highest_first():
    """f adds everything up, so that each fall is the number that went; the baseline is not zero."""
    x = np.array([[1.0, 2.0], [4.0, 8.0]])
    attributions = np.array([[0.1, 0.9], [-5.0, 0.5]])
    before = x.copy()
    curve = deletion_curve(
        lambda x: float(x.sum()) if x.shape == (2, 2) else np.nan, x, attributions, np.full((2, 2), 0.5)
    )
    assert curve.tolist() == [15.0, 13.5, 6.0, 5.5, 2.0]
    np.testing.assert_array_equal(x, before)
    # Of equal attributions the first goes first, however many there are.
    ties = deletion_curve(lambda x: float(x @ np.arange(40)), np.ones(40), np.zeros(40), np.zeros(40))
    np.testing.assert_array_equal(-np.diff(ties), np.arange(40))


def test_the_area_is_scikit_learns():
    curve = np.random.default_rng(0).standard_normal(8)
    assert deletion_area(curve) == pytest.approx(auc(np.linspace(0, 1, 8), curve), rel=1e-12)
    assert deletion_area(np.array([3.0, 1.0])) == 2.0


def test_comprehensiveness_is_how_far_it_falls():
    curve = np.array([8.0, 3.0, 1.0, -2.0])
    assert [comprehensiveness(curve, k) for k in range(4)] == [0.0, 5.0, 7.0, 10.0]


def digits():
    """A linear classifier of real digits, and the margin of what it sees in 100 unseen ones."""
    x, y = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=50, tol=1e-2).fit(x[:1000] / 16, y[:1000])
    for image in x[1000:1100] / 16:
        seen = model.predict([image])[0]
        weights = model.coef_[seen] - model.coef_.mean(axis=0)
        yield (lambda x, weights=weights: float(weights @ x)), weights, image


def test_a_faithful_explanation_has_the_smaller_area():
    """Gradient × input on unseen digits, black for deleted: a smaller mean area than saliency's and chance's."""
    rng = np.random.default_rng(0)
    areas = {"input": [], "saliency": [], "random": [], "lowest": []}
    for f, weights, image in digits():
        explanations = {"input": weights * image, "saliency": np.abs(weights), "random": rng.random(64)}
        for name, attributions in explanations.items():
            areas[name].append(deletion_area(deletion_curve(f, image, attributions, np.zeros(64))))
        areas["lowest"].append(deletion_area(deletion_curve(f, image, -weights * image, np.zeros(64))))
    means = {name: np.mean(values) for name, values in areas.items()}
    assert means["input"] < means["saliency"] < means["random"] < means["lowest"]
    assert sum(a < b for a, b in zip(areas["input"], areas["random"], strict=True)) == 100


def test_lowest_first_praises_the_worst_explanation():
    """Weights 1, 2, 3: the right explanation has area 5/3 and its opposite 13/3; taken lowest first, the other way."""
    weights = np.array([1.0, 2.0, 3.0])

    def area(attributions, lowest_first=False):
        order = -attributions if lowest_first else attributions
        return deletion_area(deletion_curve(lambda x: float(weights @ x), np.ones(3), order, np.zeros(3)))

    assert area(weights) == pytest.approx(7 / 3) and area(-weights) == pytest.approx(11 / 3)
    assert area(weights, True) == pytest.approx(11 / 3) and area(-weights, True) == pytest.approx(7 / 3)


def test_shapes_that_differ_are_refused():
    x = np.ones((2, 2))
    for attributions, baseline in ((np.ones(4), x), (x, np.ones(4))):
        with pytest.raises(ValueError, match=r"of one shape, got \(2, 2\), \(\d.*\) and \(\d"):
            deletion_curve(lambda x: 0.0, x, attributions, baseline)
