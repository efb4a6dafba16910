"""Three methods of descent told apart by what each step sees, and why "until the minimum" is no rule."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.foundations import linear_regression
from jinjie.scratch.foundations.gradient_descent import (
    batch_gradient_descent,
    descend,
    minibatch_gradient_descent,
    minibatch_variance,
    noise_floor,
    quadratic_descent,
    stochastic_gradient_descent,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3
THETA = np.array([0.1, 0.2, 0.3])


def gradient(theta, X, y):
    """Of the mean squared error, without bias."""
    return linear_regression.loss_gradient(X, y, theta, 0.0)[0]


class Watched:
    """A gradient that remembers which examples each step saw."""

    def __init__(self):
        self.seen = []

    def __call__(self, theta, X_seen, y_seen):
        rows = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in X_seen]
        assert (y_seen == Y[rows]).all(), "each example keeps its own target"
        self.seen.append(rows)
        return gradient(theta, X_seen, y_seen)


def test_three_methods_take_one_some_and_all_examples_a_step():
    """10 examples an epoch: 1 step of 10, 10 steps of 1, or 4 steps of 3, 3, 3 and 1. Each example once, in another
    order every epoch; each method walks where PyTorch's gradients over the same batches lead.
    """
    for descent, sizes in (
        (lambda g, rng: batch_gradient_descent(THETA, g, X, Y, lr=0.05), [10]),
        (lambda g, rng: stochastic_gradient_descent(THETA, g, X, Y, rng, lr=0.05), [1] * 10),
        (lambda g, rng: minibatch_gradient_descent(THETA, g, X, Y, 3, rng, lr=0.05), [3, 3, 3, 1]),
    ):
        rng = np.random.default_rng(1)
        first, second = Watched(), Watched()
        theta = descent(first, rng)
        descent(second, rng)
        assert [len(rows) for rows in first.seen] == sizes
        flat = [row for rows in first.seen for row in rows]
        assert sorted(flat) == list(range(10))
        if len(sizes) > 1:
            assert flat != sorted(flat)
            assert first.seen != second.seen
        assert theta == pytest.approx(by_pytorch(first.seen), rel=1e-9)
        assert THETA.tolist() == [0.1, 0.2, 0.3]


def by_pytorch(batches):
    theta = torch.tensor(THETA, requires_grad=True)
    for rows in batches:
        loss = torch.nn.functional.mse_loss(torch.tensor(X[rows]) @ theta, torch.tensor(Y[rows]))
        (slope,) = torch.autograd.grad(loss, theta)
        theta = (theta - 0.05 * slope).detach().requires_grad_()
    return theta.detach().numpy()


def test_a_rate_of_a_tenth_unless_told_otherwise():
    for descent, extra in (
        (batch_gradient_descent, []),
        (stochastic_gradient_descent, [np.random.default_rng(1)]),
        (minibatch_gradient_descent, [4, np.random.default_rng(1)]),
    ):
        again = [np.random.default_rng(1) if isinstance(e, np.random.Generator) else e for e in extra]
        ours = descent(THETA, gradient, X, Y, *extra)
        assert (ours == descent(THETA, gradient, X, Y, *again, lr=0.1)).all()


def test_between_one_example_and_all_a_batch_is_either():
    rng = np.random.default_rng
    all_at_once = minibatch_gradient_descent(THETA, gradient, X, Y, 10, rng(1))
    assert all_at_once == pytest.approx(batch_gradient_descent(THETA, gradient, X, Y), rel=1e-12)
    one_by_one = minibatch_gradient_descent(THETA, gradient, X, Y, 1, rng(1))
    assert (one_by_one == stochastic_gradient_descent(THETA, gradient, X, Y, rng(1))).all()


def test_all_three_find_the_line():
    """Each with a rate that suits it, at most 1,000 epochs on data without noise: the weights to 1e-6."""
    y = X @ np.array([1.0, -2.0, 0.5])
    for descent, extra, lr in (
        (batch_gradient_descent, [], 0.2),
        (stochastic_gradient_descent, [np.random.default_rng(0)], 0.05),
        (minibatch_gradient_descent, [4, np.random.default_rng(0)], 0.1),
    ):
        theta, epochs, small = descend(
            lambda theta, d=descent, e=extra, lr=lr: d(theta, gradient, X, y, *e, lr=lr),
            lambda theta: gradient(theta, X, y),
            np.zeros(3),
            budget=1000,
            tolerance=1e-7,
        )
        assert small and epochs < 1000
        assert theta == pytest.approx([1.0, -2.0, 0.5], abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_over_all_batches_the_mean_is_right_and_the_variance_as_said(n):
    """Exactly, over every batch there is: 5 of n without replacement, 5ⁿ with."""
    gradients = RNG.normal(size=(5, 2))
    without = np.array([gradients[list(batch)].mean(axis=0) for batch in combinations(range(5), n)])
    with_ = np.array([gradients[list(batch)].mean(axis=0) for batch in product(range(5), repeat=n)])
    for estimates in (without, with_):
        assert estimates.mean(axis=0) == pytest.approx(gradients.mean(axis=0), abs=1e-12), "unbiased"
    assert minibatch_variance(gradients, n) == pytest.approx(without.var(axis=0), abs=1e-12)
    assert minibatch_variance(gradients, n, replacement=True) == pytest.approx(with_.var(axis=0), abs=1e-12)


def test_variance_at_the_edges():
    assert minibatch_variance(np.array([[3.0, 4.0]]), 1).tolist() == [0, 0]
    two = np.array([[0.0], [2.0]])
    assert minibatch_variance(two, 2).tolist() == [0]
    assert minibatch_variance(two, 8, replacement=True).tolist() == [0.125]
    for n in (0, 3):
        with pytest.raises(ValueError, match=f"a batch of 1 to 2 of the 2 gradients, got {n}"):
            minibatch_variance(two, n)
    with pytest.raises(ValueError, match="got 0"):
        minibatch_variance(two, 0, replacement=True)


def test_a_batch_of_n_has_n_times_less_noise_than_one_example():
    """SGD's formula takes one example; "a small part of the data" is another method. On 1,000 gradients the
    estimate of one example has variance σ²; of 10, drawn 4,000 times, a tenth of it (0.0991 with the correction for
    drawing without replacement), of 100 a 111th. And an epoch is 1,000 steps, 100 or 10.
    """
    gradients = RNG.normal(size=(1000, 1))
    sigma_squared = gradients.var()
    shares = {n: minibatch_variance(gradients, n)[0] / sigma_squared for n in (1, 10, 100)}
    assert shares == pytest.approx({1: 1.0, 10: 0.0991, 100: 0.00901}, abs=5e-5)
    draws = [gradients[RNG.choice(1000, 10, replace=False)].mean() for _ in range(4000)]
    assert np.var(draws) / sigma_squared == pytest.approx(0.0991, rel=0.1)


def test_descent_stops_at_a_small_slope_or_when_the_budget_is_spent():
    def halve(theta):
        return theta / 2

    def slope(theta):
        return theta

    assert descend(halve, slope, np.array([1.0]), budget=10, tolerance=0.25) == (np.array([0.25]), 2, True)
    theta, epochs, small = descend(halve, slope, np.array([1.0]), budget=1, tolerance=0.25)
    assert (theta[0], epochs, small) == (0.5, 1, False)
    theta, epochs, small = descend(halve, slope, np.array([1.0]), budget=2, tolerance=0.25)
    assert (theta[0], epochs, small) == (0.25, 2, True), "small just as the budget is spent"
    theta, epochs, small = descend(halve, slope, np.array([1.0]))
    assert (theta[0], epochs, small) == (2.0**-20, 20, True), "1e-6 unless told otherwise"
    theta, epochs, small = descend(lambda theta: theta, slope, np.array([1.0]))
    assert (theta[0], epochs, small) == (1.0, 1000, False), "1,000 epochs unless told otherwise"
    assert descend(halve, slope, np.array([3.0, 4.0]), tolerance=5.0)[1] == 0, "the length of the slope, 5"
    assert descend(halve, slope, np.array([3.0, 4.0]), tolerance=4.99)[1] == 1


def test_until_the_minimum_never_comes():
    """On θ², from 1 with η = 0.1: 0.8 of the distance is left each time, exactly. In rational numbers no step
    arrives, and after 100 steps 2e-10 is left; a rule that waits for θ = 0 is still waiting when a slope of 1e-6
    has stopped ours at 66. Only η = 1/a arrives at once, which nobody knows beforehand.
    """
    from fractions import Fraction

    theta = Fraction(1)
    for _ in range(100):
        theta -= Fraction(1, 10) * 2 * theta
    assert theta == Fraction(4, 5) ** 100 > 0
    assert quadratic_descent(1.0, a=2.0, lr=0.1, t=100) == pytest.approx(float(theta), rel=1e-9)
    _, epochs, small = descend(lambda theta: theta - 0.1 * 2 * theta, lambda theta: 2 * theta, np.ones(1))
    assert (epochs, small) == (66, True)
    assert quadratic_descent(1.0, a=2.0, lr=0.5, t=1) == 0
    assert quadratic_descent(1.0, a=2.0, lr=1.0, t=101) == -1.0
    assert quadratic_descent(1.0, a=2.0, lr=1.1, t=100) > 1e7


@pytest.mark.parametrize(("a", "lr", "sigma"), [(1.0, 0.1, 2.0), (3.0, 0.5, 0.5)])
def test_noisy_descent_hovers_at_the_noise_floor(a, lr, sigma):
    """4,000 walkers, 200 steps: mean squares of 0.2105 and 0.0833, to 8 %, far from the start at 100 and from zero."""
    theta = np.full(4000, 10.0)
    rng = np.random.default_rng(0)
    for _ in range(200):
        theta = theta - lr * (a * theta + sigma * rng.normal(size=4000))
    assert np.mean(theta**2) == pytest.approx(noise_floor(a, lr, sigma), rel=0.08)
    assert noise_floor(1.0, 0.1, 2.0) == pytest.approx(0.21053, abs=5e-6)
    assert noise_floor(3.0, 0.5, 0.5) == pytest.approx(0.083333, abs=5e-6)


def test_outside_its_bounds_there_is_no_floor():
    assert noise_floor(a=1.0, lr=1.0, sigma=2.0) == 4.0
    for lr in (0.0, 0.5, -0.1):
        with pytest.raises(ValueError, match="expected 0 < η a < 2"):
            noise_floor(a=4.0, lr=lr, sigma=1.0)
    assert noise_floor(a=4.0, lr=0.4, sigma=1.0) == pytest.approx(0.25)


def test_what_would_mislead_is_refused():
    rng = np.random.default_rng(0)
    for descent in (
        lambda X, y: batch_gradient_descent(THETA, gradient, X, y),
        lambda X, y: stochastic_gradient_descent(THETA, gradient, X, y, rng),
        lambda X, y: minibatch_gradient_descent(THETA, gradient, X, y, 1, rng),
    ):
        with pytest.raises(ValueError, match="as many targets as examples, at least one, got 10 and 9"):
            descent(X, Y[:9])
        with pytest.raises(ValueError, match="at least one, got 0 and 0"):
            descent(X[:0], Y[:0])
        descent(X[:1], Y[:1])
    for batch_size in (0, 11):
        with pytest.raises(ValueError, match=f"a batch size from 1 to 10, .* got {batch_size}"):
            minibatch_gradient_descent(THETA, gradient, X, Y, batch_size, rng)


@settings(max_examples=50, deadline=None)
@given(st.floats(-5, 5), st.floats(0.1, 3), st.floats(0.01, 1), st.integers(0, 30))
def test_the_closed_form_is_where_descent_stands(theta_0, a, lr, t):
    theta = np.array([theta_0])
    for _ in range(t):
        theta = batch_gradient_descent(theta, lambda theta, X, y: a * theta, X, Y, lr)
    assert quadratic_descent(theta_0, a, lr, t) == pytest.approx(theta[0], rel=1e-9, abs=1e-12)
