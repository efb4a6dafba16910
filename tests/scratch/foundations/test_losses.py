"""The losses against PyTorch in double precision, their gradients against slopes, and the printed mistakes."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.datasets import load_digits

from jinjie.scratch.foundations.encoding import one_hot
from jinjie.scratch.foundations.losses import (
    binary_cross_entropy,
    binary_cross_entropy_from_logits,
    binary_cross_entropy_from_logits_gradient,
    binary_cross_entropy_gradient,
    cross_entropy,
    cross_entropy_gradient,
    mean_squared_error,
    mean_squared_error_gradient,
    smooth_labels,
    soft_cross_entropy,
    soft_cross_entropy_gradient,
)
from jinjie.scratch.networks.activations import sigmoid, softmax, softmax_backward
from scratch.gradients import check_gradient

RNG = np.random.default_rng(0)
SHAPES = [(7,), (3, 5), (2, 3, 4)]


def near(value):
    """To nine digits: both sides are double precision, summed in another order."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_mean_squared_error_is_pytorchs(shape):
    y_hat, y = RNG.normal(size=(2, *shape))
    reference = torch.tensor(y_hat, requires_grad=True)
    loss = F.mse_loss(reference, torch.tensor(y))
    loss.backward()
    assert mean_squared_error(y_hat, y) == near(loss.item())
    assert mean_squared_error_gradient(y_hat, y) == near(reference.grad.numpy())


@pytest.mark.parametrize("shape", SHAPES)
def test_binary_cross_entropy_is_pytorchs(shape):
    p, y = RNG.uniform(0.01, 0.99, shape), RNG.integers(0, 2, shape).astype(float)
    reference = torch.tensor(p, requires_grad=True)
    loss = F.binary_cross_entropy(reference, torch.tensor(y))
    loss.backward()
    assert binary_cross_entropy(p, y) == near(loss.item())
    assert binary_cross_entropy_gradient(p, y) == near(reference.grad.numpy())


def test_certainty_is_kept_away_from_0_and_1():
    sure = np.array([0.0, 1.0])
    assert binary_cross_entropy(sure, y=np.array([0.0, 1.0])) == pytest.approx(1e-15, rel=0.2)
    assert binary_cross_entropy(np.zeros(1), y=np.ones(1)) == near(-np.log(1e-15))
    assert binary_cross_entropy(np.ones(1), y=np.zeros(1)) == near(-np.log(1 - (1 - 1e-15)))
    assert binary_cross_entropy(sure, y=np.array([1.0, 0.0]), eps=0.01) == near(-np.log(0.01))
    at_the_wrong_end = binary_cross_entropy_gradient(sure, y=np.array([1.0, 0.0]))
    assert at_the_wrong_end == pytest.approx([-0.5e15, 0.5e15], rel=0.01)
    gentler = binary_cross_entropy_gradient(sure, y=np.array([1.0, 0.0]), eps=0.01)
    assert gentler == near([-0.99 / (2 * 0.01 * 0.99), 0.99 / (2 * 0.01 * 0.99)])


@pytest.mark.parametrize("shape", SHAPES)
def test_binary_cross_entropy_from_logits_is_pytorchs(shape):
    z, y = RNG.normal(size=shape) * 30, RNG.integers(0, 2, shape).astype(float)
    reference = torch.tensor(z, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(reference, torch.tensor(y))
    loss.backward()
    assert binary_cross_entropy_from_logits(z, y) == near(loss.item())
    assert binary_cross_entropy_from_logits_gradient(z, y) == near(reference.grad.numpy())
    near_zero = z / 20
    assert binary_cross_entropy_from_logits(near_zero, y) == near(binary_cross_entropy(sigmoid(near_zero), y))


@pytest.mark.parametrize("shape", SHAPES)
def test_cross_entropy_is_pytorchs(shape):
    z = RNG.normal(size=shape) * 3
    y = RNG.integers(0, shape[-1], shape[:-1])
    if shape[:-1] == ():
        z, y = z[None], y[None]
    K = z.shape[-1]
    reference = torch.tensor(z, requires_grad=True)
    loss = F.cross_entropy(reference.reshape(-1, K), torch.tensor(y).reshape(-1))
    loss.backward()
    assert cross_entropy(z, y) == near(loss.item())
    assert cross_entropy_gradient(z, y) == near(reference.grad.numpy())


def test_cross_entropy_is_exact_where_softmax_is_0():
    z = np.array([[1000.0, 0.0, -1000.0]])
    assert cross_entropy(z, np.array([2])) == 2000.0
    assert cross_entropy(z, np.array([0])) == 0.0


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3, 1.0])
def test_smoothed_labels_give_pytorchs_loss(smoothing):
    z, y = RNG.normal(size=(6, 4)), RNG.integers(0, 4, 6)
    q = smooth_labels(y, 4, smoothing)
    loss = F.cross_entropy(torch.tensor(z), torch.tensor(y), label_smoothing=smoothing)
    assert soft_cross_entropy(z, q) == near(loss.item())


def test_a_tenth_of_doubt_unless_told_otherwise():
    assert smooth_labels(np.array([1]), K=4) == near(np.array([[0.025, 0.925, 0.025, 0.025]]))
    assert smooth_labels(np.array([[1, 0]]), K=4).shape == (1, 2, 4)


@pytest.mark.parametrize("shape", [(6, 4), (2, 3, 4)])
def test_soft_cross_entropy_is_pytorchs(shape):
    z, q = RNG.normal(size=shape), softmax(RNG.normal(size=shape))
    reference = torch.tensor(z, requires_grad=True)
    loss = F.cross_entropy(reference.reshape(-1, 4), torch.tensor(q).reshape(-1, 4))
    loss.backward()
    assert soft_cross_entropy(z, q) == near(loss.item())
    assert soft_cross_entropy_gradient(z, q) == near(reference.grad.numpy())


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 2, 3)])
def test_gradients_are_the_slopes_of_their_losses(shape):
    z, p = RNG.normal(size=shape), RNG.uniform(0.1, 0.9, shape)
    targets, binary = RNG.normal(size=shape), RNG.integers(0, 2, shape).astype(float)
    check_gradient(lambda x: mean_squared_error(x, targets), z, mean_squared_error_gradient(z, targets))
    check_gradient(lambda x: binary_cross_entropy(x, binary), p, binary_cross_entropy_gradient(p, binary))
    check_gradient(
        lambda x: binary_cross_entropy_from_logits(x, binary),
        z,
        binary_cross_entropy_from_logits_gradient(z, binary),
    )
    rows = z[None]
    y, q = RNG.integers(0, shape[-1], rows.shape[:-1]), softmax(RNG.normal(size=rows.shape))
    check_gradient(lambda x: cross_entropy(x, y), rows, cross_entropy_gradient(rows, y))
    check_gradient(lambda x: soft_cross_entropy(x, q), rows, soft_cross_entropy_gradient(rows, q))


LOGITS = arrays.arrays(np.float64, (3, 10), elements=st.floats(-500, 500))
LABELS = arrays.arrays(np.int64, (3,), elements=st.integers(0, 9))


def test_softmax_twice_cannot_fall_below_its_floor():
    """Ten classes, every answer right with a margin of 50: the loss is 2e-21; after softmax twice log(1 + 9/e) =
    1.4612. A fresh network (all logits equal) gets gradients ten times smaller, exactly K; where it is sure and
    wrong, with a margin of 10, ours still pull with 1.4 and those of the printed program with 0.0001.
    """

    def twice(z, y):
        return softmax_backward(cross_entropy_gradient(softmax(z), y), z)

    y = np.arange(10)
    right = 50 * one_hot(y, 10)
    assert cross_entropy(right, y) < 1e-20
    assert cross_entropy(softmax(right), y) == pytest.approx(np.log(1 + 9 / np.e), rel=1e-12)
    assert np.log(1 + 9 / np.e) == pytest.approx(1.4612, abs=5e-5)

    fresh = np.zeros((10, 10))
    assert cross_entropy_gradient(fresh, y) == near(10 * twice(fresh, y))

    z, y = np.array([[0.0, 10.0, *[0.0] * 8]]), np.array([0])
    check_gradient(lambda x: cross_entropy(softmax(x), y), z, twice(z, y))
    assert np.linalg.norm(cross_entropy_gradient(z, y)) == pytest.approx(1.4139, abs=5e-5)
    assert np.linalg.norm(twice(z, y)) == pytest.approx(1.19e-4, rel=0.01)


def test_labels_that_are_all_zero_teach_one_answer():
    """The printed program cuts numbers from [0, 1) to integers. Softmax regression on them, on real digits: the
    loss falls from 2.303 to below 0.01 and training accuracy is 1.00, as if it had learnt; on the real labels it is
    right for the zeros alone, 178 of 1,797. The same descent on the real labels gets above 0.95.
    """
    X, digits = load_digits(return_X_y=True)
    X = X / 16

    def trained(y, steps=100, lr=1.0):
        W, b = np.zeros((64, 10)), np.zeros(10)
        for _ in range(steps):
            dz = cross_entropy_gradient(X @ W + b, y)
            W, b = W - lr * X.T @ dz, b - lr * dz.sum(axis=0)
        return X @ W + b

    printed = np.random.default_rng(0).random(len(X)).astype(np.int64)
    assert set(printed) == {0}
    z = trained(printed)
    assert cross_entropy(np.zeros((len(X), 10)), printed) == near(np.log(10))
    assert cross_entropy(z, printed) < 0.01
    assert np.mean(z.argmax(axis=-1) == printed) == 1.0
    assert np.sum(z.argmax(axis=-1) == digits) == np.sum(digits == 0) == 178
    assert np.mean(trained(digits).argmax(axis=-1) == digits) > 0.95


def test_broadcast_errors_punish_perfect_predictions():
    """(N, 1) against (N,): the printed line gives perfect predictions twice the variance, 4, and everyone's mean
    only 2.
    """
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean_squared_error(y, y) == 0
    assert np.mean((y[:, None] - y) ** 2) == near(2 * y.var()) == near(4.0)
    assert np.mean((np.full((5, 1), 3.0) - y) ** 2) == near(y.var()) == near(2.0)
    with pytest.raises(ValueError, match=r"one shape, not empty, got \(5, 1\) and \(5,\)"):
        mean_squared_error(y[:, None], y)


def test_without_the_negatives_always_yes_is_perfect():
    """One in ten is positive. Always 0.999: the printed loss is 0.0001, ours 6.2; the honest 0.1 gets 0.33 from
    ours.
    """
    y = np.array([1.0] + [0.0] * 9)
    always, honest = np.full(10, 0.999), np.full(10, 0.1)
    assert np.mean(-y * np.log(always)) == pytest.approx(1e-4, rel=0.01)
    assert np.mean(-y * np.log(honest)) == pytest.approx(0.23, rel=0.01)
    assert binary_cross_entropy(always, y) == pytest.approx(6.2171, abs=5e-5)
    assert binary_cross_entropy(honest, y) == pytest.approx(0.3251, abs=5e-5)


def test_logarithms_of_probabilities_break_where_logits_hold():
    """At z = 40 with y = 0 the loss is 40; the printed form says ∞, with y = 1 as well NaN."""
    z = np.array([40.0])
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-z))
        printed = [-(y * np.log(p) + (1 - y) * np.log(1 - p))[0] for y in (0.0, 1.0)]
    assert np.isinf(printed[0]) and np.isnan(printed[1])
    assert binary_cross_entropy_from_logits(z, y=np.zeros(1)) == 40
    assert binary_cross_entropy_from_logits(z, y=np.ones(1)) == pytest.approx(4.248e-18, rel=1e-3)
    assert binary_cross_entropy_from_logits(np.array([-1e4, 1e4]), y=np.array([1.0, 0.0])) == 1e4


def test_smoothed_labels_are_distributions_and_the_printed_ones_are_not():
    y, K, smoothing = np.array([1, 0]), 5, 0.2
    assert smooth_labels(y, K, smoothing).sum(axis=-1) == near(np.ones(2))
    printed = (1 - smoothing) * one_hot(y, K) + smoothing / (K - 1)
    assert printed.sum(axis=-1) == near(np.full(2, 1.05))
    with pytest.raises(ValueError, match=r"rows sum to 1, got sums from 1\.05\d* to 1\.05"):
        soft_cross_entropy(np.zeros((2, 5)), printed)


def test_what_would_mislead_is_refused():
    two, three, empty = np.array([0.5, 0.5]), np.array([0.5, 0.5, 0.5]), np.array([])
    plain = (
        mean_squared_error,
        mean_squared_error_gradient,
        binary_cross_entropy,
        binary_cross_entropy_gradient,
    )
    from_logits = (binary_cross_entropy_from_logits, binary_cross_entropy_from_logits_gradient)
    for loss in (*plain, *from_logits, soft_cross_entropy, soft_cross_entropy_gradient):
        with pytest.raises(ValueError, match=r"one shape, not empty, got \(2,\) and \(3,\)"):
            loss(two, three)
        with pytest.raises(ValueError, match=r"one shape, not empty, got \(0,\) and \(0,\)"):
            loss(empty, empty)
    for loss in (binary_cross_entropy, binary_cross_entropy_gradient):
        with pytest.raises(ValueError, match="probabilities from 0 to 1, got -0.5 to 0.5; are they logits"):
            loss(np.array([-0.5, 0.5]), two)
        with pytest.raises(ValueError, match="got 0.5 to 1.5"):
            loss(np.array([1.5, 0.5]), two)
    for loss in (cross_entropy, cross_entropy_gradient):
        with pytest.raises(ValueError, match=r"a row of the logits \(2, 3\), got labels of shape \(3,\)"):
            loss(np.zeros((2, 3)), np.array([0, 1, 2]))
        with pytest.raises(ValueError, match="labels from 0 to 2, got labels from 0 to 3"):
            loss(np.zeros((2, 3)), np.array([0, 3]))
    for loss in (soft_cross_entropy, soft_cross_entropy_gradient):
        with pytest.raises(ValueError, match="rows sum to 1, got sums from 0.5 to 2.0"):
            loss(np.zeros((2, 2)), np.array([[0.25, 0.25], [1.0, 1.0]]))
        loss(np.zeros((2, 3)), np.array([[0.25, 0.25, 0.5], [1.0, 0.0, 0.0]]))
    for smoothing in (-0.1, 1.1):
        with pytest.raises(ValueError, match=f"a smoothing from 0 to 1, got {smoothing}"):
            smooth_labels(np.array([0]), 2, smoothing)


@settings(max_examples=50, deadline=None)
@given(LOGITS, LABELS, st.floats(-100, 100))
def test_cross_entropy_ignores_a_shift_and_its_gradient_only_moves_probability(z, y, shift):
    assert cross_entropy(z + shift, y) == pytest.approx(cross_entropy(z, y), abs=1e-9)
    assert cross_entropy(z, y) >= 0
    assert cross_entropy_gradient(z, y).sum(axis=-1) == pytest.approx(np.zeros(3), abs=1e-12)
    assert soft_cross_entropy(z, one_hot(y, 10)) == pytest.approx(cross_entropy(z, y), abs=1e-9)
    assert soft_cross_entropy_gradient(z, one_hot(y, 10)) == near(cross_entropy_gradient(z, y))


@settings(max_examples=50, deadline=None)
@given(LOGITS, LABELS)
def test_softmax_twice_has_a_floor_whatever_the_logits(z, y):
    assert cross_entropy(softmax(z), y) >= np.log(1 + 9 / np.e) - 1e-12
