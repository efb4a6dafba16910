"""Linear regression against scikit-learn, its gradient against slopes, and where each way of solving it breaks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score

from jinjie.scratch.foundations.linear_regression import (
    least_squares,
    loss,
    loss_gradient,
    normal_equations,
    predict,
    r_squared,
    ridge,
)
from scratch.gradients import check_gradient

DIABETES, PROGRESS = load_diabetes(return_X_y=True)
RNG = np.random.default_rng(0)
X, Y, W, B = RNG.normal(size=(5, 3)), RNG.normal(size=5), RNG.normal(size=3), 0.7


def test_predictions_are_weighted_sums():
    assert predict(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([10.0, 1.0]), 0.5).tolist() == [
        12.5,
        34.5,
        56.5,
    ]
    layer = torch.nn.Linear(3, 1).double()
    w, b = layer.weight.detach().numpy()[0], layer.bias.item()
    assert predict(X, w, b) == pytest.approx(layer(torch.tensor(X)).detach().numpy()[:, 0], rel=1e-12)
    with pytest.raises(
        ValueError, match=r"one weight a feature, got X of shape \(5, 3\) and w of shape \(2,\)"
    ):
        predict(X, np.zeros(2), 0.0)


def test_the_loss_is_the_mean_square_of_the_errors():
    expected = torch.nn.functional.mse_loss(torch.tensor(X @ W + B), torch.tensor(Y)).item()
    assert loss(X, Y, W, B) == pytest.approx(expected, rel=1e-12)
    assert isinstance(loss(X, Y, W, B), float)


def test_the_gradient_is_the_slope():
    grad_w, grad_b = loss_gradient(X, Y, W, B)
    check_gradient(lambda w: loss(X, Y, w, B), W, grad_w)
    check_gradient(lambda b: loss(X, Y, W, b[0]), np.array([B]), np.array([grad_b]))


def test_three_ways_find_scikit_learns_line():
    """442 real patients, ten measurements. The normal equations keep nine digits here: the condition number is 227."""
    reference = LinearRegression().fit(DIABETES, PROGRESS)
    for solve in (normal_equations, least_squares, lambda X, y: ridge(X, y, l2=0.0)):
        w, b = solve(DIABETES, PROGRESS)
        assert w == pytest.approx(reference.coef_, rel=1e-9)
        assert b == pytest.approx(reference.intercept_, rel=1e-9)
        grad_w, grad_b = loss_gradient(DIABETES, PROGRESS, w, b)
        assert np.abs([*grad_w, grad_b]).max() < 1e-9, "at the bottom of the bowl there is no slope"
    assert r_squared(PROGRESS, predict(DIABETES, w, b)) == pytest.approx(0.5177, abs=5e-5)


@pytest.mark.parametrize("l2", [0.001, 1.0, 50.0])
def test_ridge_is_scikit_learns(l2):
    reference = Ridge(alpha=l2, solver="svd").fit(DIABETES, PROGRESS)
    w, b = ridge(DIABETES, PROGRESS, l2)
    assert w == pytest.approx(reference.coef_, rel=1e-9)
    assert b == pytest.approx(reference.intercept_, rel=1e-9)


def test_ridge_pays_one_unless_told_otherwise_and_not_for_the_bias():
    w, b = ridge(DIABETES + 100, PROGRESS)
    assert w == pytest.approx(Ridge(alpha=1.0, solver="svd").fit(DIABETES, PROGRESS).coef_, rel=1e-6)
    assert b == pytest.approx(PROGRESS.mean() - (DIABETES.mean(axis=0) + 100) @ w, rel=1e-12)


def test_squaring_the_condition_number_costs_digits():
    """Two columns that differ in the sixth digit. Singular values keep nine digits of the weights, the normal
    equations only three. (A difference in the eighth digit they can no longer see at all.)
    """
    x = RNG.normal(size=100)
    twins = np.column_stack([x, x + 1e-6 * RNG.normal(size=100)])
    y = twins @ np.array([3.0, -2.0]) + 1.0

    def error(solve):
        return np.abs(solve(twins, y)[0] - [3.0, -2.0]).max()

    assert error(least_squares) < 1e-8
    assert 1e-6 < error(normal_equations) < 1


def test_features_that_repeat_each_other_are_refused_or_shared():
    x = np.array([[1.0], [2.0], [4.0]])
    y = np.array([3.0, 5.0, 9.0])
    with pytest.raises(ValueError, match=r"expected 3 independent columns \(the constant one too\), got 2"):
        normal_equations(np.hstack([x, x]), y)
    with pytest.raises(ValueError, match="expected 4 independent columns .* got 3"):
        normal_equations(np.eye(3), y)
    w, b = least_squares(np.hstack([x, x]), y)
    assert [*w, b] == pytest.approx([1.0, 1.0, 1.0]), "of all with a sum of 2 the smallest"
    constant = np.column_stack([x[:, 0], np.full(3, 1e-3)])
    w, b = least_squares(constant, y)
    assert predict(constant, w, b) == pytest.approx(y)
    wide = RNG.normal(size=(3, 6))
    w, b = least_squares(wide, y)
    reference = np.linalg.pinv(np.column_stack([wide, np.ones(3)])) @ y
    assert [*w, b] == pytest.approx(reference, rel=1e-9)


def test_a_direction_of_rounding_size_is_no_direction():
    """The threshold is the larger side times the spacing of doubles: 40 rows, so 40 · 2.2e-16 of the largest value."""
    x = np.linspace(-1, 1, 40)
    for distance, told_apart in ((8e-15, False), (8e-14, True)):
        other = np.where(np.arange(40) % 2, distance, -distance)
        columns = np.column_stack([x, other])
        w, _ = least_squares(columns, y=other)
        assert (abs(w[1] - 1) < 0.05) == told_apart


def test_r_squared_is_scikit_learns():
    y, y_hat = RNG.normal(size=(2, 9))
    assert r_squared(y, y_hat) == pytest.approx(r2_score(y, y_hat), rel=1e-9)
    assert r_squared(y, y) == 1
    assert r_squared(y, np.full(9, y.mean())) == pytest.approx(0)
    with pytest.raises(ValueError, match="all are equal there is no variance"):
        r_squared(np.ones(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"as many predictions as targets, got \(2,\) and \(3,\)"):
        r_squared(np.arange(3.0), np.zeros(2))


def test_the_gradient_of_the_sum_diverges_on_more_data():
    """y = 2x + 1, rate 0.1, 100 steps: with 10 examples and with 1,000 the mean arrives within 2e-3; the printed
    sum, whose steps grow with the data, leaves all numbers behind on 1,000 (and even on 10 the limit is η < 0.1).
    """
    for N in (10, 1000):
        x = np.linspace(-1, 1, N)[:, None]
        y = 2 * x[:, 0] + 1
        ours, printed = (np.zeros(1), 0.0), (np.zeros(1), 0.0)
        for _ in range(100):
            grad_w, grad_b = loss_gradient(x, y, *ours)
            ours = ours[0] - 0.1 * grad_w, ours[1] - 0.1 * grad_b
            grad_w, grad_b = loss_gradient(x, y, *printed)
            printed = printed[0] - 0.1 * N * grad_w, printed[1] - 0.1 * N * grad_b
        assert [ours[0][0], ours[1]] == pytest.approx([2, 1], abs=2e-3)
    assert abs(printed[1]) > 1e100


def test_without_the_column_of_ones_the_slope_is_wrong_too():
    """y = 2x + 1 at x = 1, 2, 3: through the origin the slope is 34/14 = 2.43."""
    x = np.array([[1.0], [2.0], [3.0]])
    y = 2 * x[:, 0] + 1
    w, b = normal_equations(x, y)
    assert [w[0], b] == pytest.approx([2, 1])
    assert np.linalg.solve(x.T @ x, x.T @ y) == pytest.approx([34 / 14])


def test_the_ratio_gives_full_marks_to_predictions_upside_down():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    upside_down = y[::-1]
    assert np.sum((upside_down - y.mean()) ** 2) / np.sum((y - y.mean()) ** 2) == 1
    assert r_squared(y, upside_down) == pytest.approx(-3)


def test_shapes_that_do_not_fit_are_refused():
    solvers = (normal_equations, least_squares, ridge)
    scores = (lambda X, y: loss(X, y, W, B), lambda X, y: loss_gradient(X, y, W, B))
    for solve in (*solvers, *scores):
        for wrong_X, wrong_y in ((X, Y[:, None]), (X, Y[:4]), (X[:, 0], Y), (X[:0], Y[:0])):
            with pytest.raises(ValueError, match=r"expected X \(N, F\) and y \(N,\), N at least 1, got"):
                solve(wrong_X, wrong_y)


@settings(max_examples=50, deadline=None)
@given(st.floats(-10, 10), st.floats(-10, 10), st.integers(2, 20))
def test_a_line_without_noise_is_found_exactly(slope, intercept, N):
    x = np.linspace(-1, 2, N)[:, None]
    for solve in (normal_equations, least_squares):
        w, b = solve(x, slope * x[:, 0] + intercept)
        assert w.shape == (1,)
        assert [w[0], b] == pytest.approx([slope, intercept], abs=1e-9)
