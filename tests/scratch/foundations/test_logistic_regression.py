"""Logistic regression against scikit-learn on real tumours, and where squared error stops teaching."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from jinjie.scratch.foundations.logistic_regression import (
    fit,
    fit_by_descent,
    loss,
    loss_gradient,
    newton_step,
    predict_probability,
)
from scratch.gradients import central_differences, check_gradient

TUMOURS, BENIGN = load_breast_cancer(return_X_y=True)
TUMOURS = (TUMOURS - TUMOURS.mean(axis=0)) / TUMOURS.std(axis=0)
RNG = np.random.default_rng(0)
X, Y, W, B = RNG.normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0]), RNG.normal(size=3), 0.4
HOURS, PASSED = np.array([[0.0], [1.0], [4.0], [2.0], [3.0]]), np.array([0, 1, 1, 0, 1])


def test_probabilities_are_the_sigmoid_of_the_line():
    assert predict_probability(X, W, B) == pytest.approx(1 / (1 + np.exp(-(X @ W + B))), rel=1e-12)
    with pytest.raises(ValueError, match="one weight a feature"):
        predict_probability(X, W[:2], B)


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_the_loss_is_pytorchs_and_the_penalty(l2):
    logits = torch.tensor(X @ W + B)
    surprise = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(Y).double()).item()
    assert loss(X, Y, W, B, l2) == pytest.approx(surprise + l2 / 2 * (W @ W), rel=1e-12)
    assert loss(X, Y, W, B) == pytest.approx(surprise, rel=1e-12)
    assert loss(np.full((1, 1), 1e4), np.array([0]), np.ones(1), 0.0) == 1e4, "finite where e^z is not"


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_the_gradient_is_the_slope(l2):
    grad_w, grad_b = loss_gradient(X, Y, W, B, l2)
    check_gradient(lambda w: loss(X, Y, w, B, l2), W, grad_w)
    check_gradient(lambda b: loss(X, Y, W, b[0], l2), np.array([B]), np.array([grad_b]))
    assert (loss_gradient(X, Y, W, B)[0] == loss_gradient(X, Y, W, B, l2=0.0)[0]).all()


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_a_newton_step_uses_the_second_derivatives(l2):
    """The matrix of second derivatives is taken here as central differences of the gradient, so to six digits."""

    def slopes(theta, at):
        grad_w, grad_b = loss_gradient(X, Y, theta[:-1], theta[-1], l2)
        return np.append(grad_w, grad_b)[at]

    theta = np.append(W, B)
    H = np.array([central_differences(lambda t, at=at: slopes(t, at), theta) for at in range(4)])
    gradient = np.array([slopes(theta, at) for at in range(4)])
    w, b = newton_step(X, Y, W, B, l2)
    assert np.append(w, b) == pytest.approx(theta - np.linalg.solve(H, gradient), rel=1e-6)
    if l2 == 0:
        assert (newton_step(X, Y, W, B)[0] == w).all()


def reference(X, y, l2):
    C = np.inf if l2 == 0 else 1 / (l2 * len(y))
    return LogisticRegression(C=C, solver="newton-cholesky", tol=1e-13, max_iter=200).fit(X, y)


@pytest.mark.parametrize(("features", "l2"), [(4, 0.0), (4, 0.01), (30, 0.001), (30, 1.0)])
def test_the_fit_is_scikit_learns(features, l2):
    """Without a penalty on four measurements (all thirty tell the tumours apart, see below), with one on all."""
    theirs = reference(TUMOURS[:, :features], BENIGN, l2)
    w, b = fit(TUMOURS[:, :features], BENIGN, l2, tolerance=1e-13)
    assert w == pytest.approx(theirs.coef_[0], rel=1e-9, abs=1e-10)
    assert b == pytest.approx(theirs.intercept_[0], rel=1e-9, abs=1e-10)
    grad_w, grad_b = loss_gradient(TUMOURS[:, :features], BENIGN, w, b, l2)
    assert np.abs([*grad_w, grad_b]).max() <= 1e-13


def test_no_penalty_unless_told_otherwise():
    w, b = fit(HOURS, PASSED)
    theirs = reference(HOURS, PASSED, 0)
    assert [w[0], b] == pytest.approx([theirs.coef_[0, 0], theirs.intercept_[0]], rel=1e-9)


def test_the_tumours_of_96_in_a_hundred_are_known_on_unseen_patients():
    held_out = np.arange(len(BENIGN)) % 4 == 0
    w, b = fit(TUMOURS[~held_out], BENIGN[~held_out], l2=0.01)
    called = predict_probability(TUMOURS[held_out], w, b) > 0.5
    assert np.mean(called == BENIGN[held_out]) > 0.96
    assert np.mean(BENIGN[held_out]) < 0.66


def test_descent_goes_where_newton_jumps():
    w, b = fit(HOURS, PASSED, l2=0.1)
    slow_w, slow_b = fit_by_descent(HOURS, PASSED, lr=0.3, steps=2000, l2=0.1)
    assert [slow_w[0], slow_b] == pytest.approx([w[0], b], rel=1e-9)


def test_descent_takes_a_thousand_steps_of_a_tenth_unless_told_otherwise():
    w, b = fit_by_descent(HOURS, PASSED)
    for lr, steps, l2, same in (
        (0.1, 1000, 0.0, True),
        (0.2, 1000, 0.0, False),
        (0.1, 1001, 0.0, False),
        (0.1, 1000, 1.0, False),
    ):
        other_w, other_b = fit_by_descent(HOURS, PASSED, lr, steps, l2)
        assert ((w == other_w).all() and b == other_b) == same
    grad_w, grad_b = loss_gradient(HOURS, PASSED, np.zeros(1), 0.0)
    w, b = fit_by_descent(HOURS, PASSED, steps=1)
    assert [w[0], b] == pytest.approx([-0.1 * grad_w[0], -0.1 * grad_b], rel=1e-12)


def test_classes_that_a_plane_separates_have_no_best_plane():
    """Only ever larger weights: each doubling lowers the loss. With a price on them there is a best one again."""
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    losses = [loss(X, y, np.array([w]), -1.5 * w) for w in (1.0, 2.0, 4.0, 8.0, 16.0)]
    assert (np.diff(losses) < 0).all()
    for separable in ((X, y), (TUMOURS, BENIGN)):
        with pytest.raises(
            ValueError, match="classes that overlap, got some that a plane separates: use l2 > 0"
        ):
            fit(*separable)
    w, b = fit(X, y, l2=0.1)
    assert w[0] > 0 and -b / w[0] == pytest.approx(1.5)
    touching = np.array([[0.0], [1.0], [1.0], [2.0]])
    with pytest.raises(ValueError, match="within 20 steps"):
        fit(touching, y, budget=20)


def test_features_that_repeat_each_other_are_refused():
    with pytest.raises(ValueError, match="independent features, got a singular H: drop one, or use l2 > 0"):
        newton_step(np.hstack([HOURS, np.zeros((5, 1))]), PASSED, np.zeros(2), 0.0)
    newton_step(np.hstack([HOURS, np.zeros((5, 1))]), PASSED, np.zeros(2), 0.0, l2=0.1)


def test_the_budget_and_the_tolerance_are_kept():
    """From zero to 1e-10 Newton needs five steps here, and the sixth look finds the slope small."""
    w, b = np.zeros(1), 0.0
    slopes = []
    for _ in range(8):
        grad_w, grad_b = loss_gradient(HOURS, PASSED, w, b)
        slopes.append(max(abs(grad_w[0]), abs(grad_b)))
        w, b = newton_step(HOURS, PASSED, w, b)
    looks = next(i for i, slope in enumerate(slopes) if slope <= 1e-10) + 1
    assert looks == 6
    fit(HOURS, PASSED, budget=looks)
    with pytest.raises(ValueError, match=f"slopes of at most 1e-10 within {looks - 1} steps"):
        fit(HOURS, PASSED, budget=looks - 1)
    with pytest.raises(ValueError, match="slopes of at most -1.0 within 100 steps"):
        fit(HOURS, PASSED, tolerance=-1.0)
    loose_w, loose_b = fit(HOURS, PASSED, tolerance=slopes[2], budget=3)
    grad_w, grad_b = loss_gradient(HOURS, PASSED, loose_w, loose_b)
    assert max(abs(grad_w[0]), abs(grad_b)) == slopes[2], "a slope of just the tolerance is small enough"


def test_squared_error_has_no_gradient_where_it_is_surely_wrong():
    """One example, y = 1, called with z = −20: ours pulls with 1.0, squared error with 4e-9."""
    X, y, w, b = np.ones((1, 1)), np.array([1]), np.zeros(1), -20.0
    _, ours = loss_gradient(X, y, w, b)
    p = predict_probability(X, w, b)[0]
    printed = 2 * (p - 1) * p * (1 - p)
    assert ours == pytest.approx(-1.0, abs=1e-8)
    assert printed == pytest.approx(-4.1e-9, rel=0.01)
    theta = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    ((torch.sigmoid(theta) - 1) ** 2).backward()
    assert theta.grad.item() == pytest.approx(printed, rel=1e-9), "it is the gradient of squared error"


def test_what_would_mislead_is_refused():
    for call in (loss, loss_gradient, newton_step):
        with pytest.raises(ValueError, match=r"X \(N, F\) and y \(N,\), got \(6, 3\) and \(6, 1\)"):
            call(X, Y[:, None], W, B)
        with pytest.raises(ValueError, match=r"X \(N, F\) and y \(N,\), got \(6, 3, 1\) and \(6,\)"):
            call(X[..., None], Y, W, B)
        with pytest.raises(ValueError, match="labels from 0 to 1, got labels from 0 to 2"):
            call(X, 2 * Y, W, B)
        with pytest.raises(ValueError, match="labels from 0 to 1, got labels from -1 to 1"):
            call(X, 2 * Y - 1, W, B)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_the_loss_is_convex(seed):
    rng = np.random.default_rng(seed)
    here, there = rng.normal(size=(2, 4)) * 3

    def at(theta):
        return loss(X, Y, theta[:-1], theta[-1], l2=0.1)

    assert at((here + there) / 2) <= (at(here) + at(there)) / 2 + 1e-12
