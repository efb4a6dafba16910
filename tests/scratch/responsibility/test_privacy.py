"""Private training: how far one example can move it, against PyTorch and opacus, and what breaks the promise."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from jinjie.scratch.responsibility.privacy import (
    clip_per_example,
    dp_sgd_step,
    gaussian_deviation,
    gaussian_mechanism,
    poisson_sample,
    private_gradient,
)


def drawn(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


class Still:
    """A source of noise that is no noise: what is left is what the data did."""

    def standard_normal(self, shape):
        return np.zeros(shape)


class Ones:
    def standard_normal(self, shape):
        return np.ones(shape)


@pytest.mark.parametrize("clip", [0.5, 2.0, 100.0])
def test_clipping_is_pytorchs_example_by_example(clip):
    """clip_grad_norm_ adds 1e-6 to the length: hence 1e-5 and not 1e-9. The definition itself is met to 1e-12."""
    grads = drawn(6, 4)
    clipped = clip_per_example(grads, clip)
    for row, ours in zip(grads, clipped, strict=True):
        weight = torch.nn.Parameter(torch.zeros(4, dtype=torch.float64))
        weight.grad = torch.tensor(row)
        torch.nn.utils.clip_grad_norm_([weight], clip)
        np.testing.assert_allclose(ours, weight.grad.numpy(), rtol=1e-5)
        length = np.linalg.norm(row)
        np.testing.assert_allclose(ours, row * min(1, clip / length), rtol=1e-12)
    np.testing.assert_array_equal(clip_per_example(np.zeros((2, 3)), clip), np.zeros((2, 3)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100), st.floats(1e-6, 1e6))
def test_no_example_is_longer_than_the_clip_and_short_ones_stay(seed, clip, size):
    grads = np.random.default_rng(seed).standard_normal((5, 3)) * size
    clipped = clip_per_example(grads, clip)
    lengths, before = np.linalg.norm(clipped, axis=1), np.linalg.norm(grads, axis=1)
    np.testing.assert_allclose(lengths, np.minimum(before, clip), rtol=1e-12)


def test_clipping_each_number_lets_long_gradients_through():
    """10,000 parameters, clip 1: clipped number by number, a gradient of ones keeps its length of 100; ours has 1."""
    grads = np.ones((1, 10_000))
    assert np.linalg.norm(np.clip(grads, -1, 1)) == 100
    assert np.linalg.norm(clip_per_example(grads, 1.0)) == pytest.approx(1.0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10))
def test_one_example_moves_the_gradient_by_no_more_than_the_clip(seed, clip):
    """With one example more, as extreme as may be, the sum moves by C at most, and so the mean by C/B."""
    rng = np.random.default_rng(seed)
    grads = rng.standard_normal((8, 3))
    more = np.vstack([grads, rng.standard_normal((1, 3)) * 1e6])
    moved = private_gradient(more, clip, 1.0, 16, Still()) - private_gradient(grads, clip, 1.0, 16, Still())
    assert np.linalg.norm(moved) == pytest.approx(clip / 16, rel=1e-9)


def test_clipping_the_mean_bounds_nothing():
    """Clip 1, batch 100: one example turns the clipped mean right round, by 2.0; with ours it moves 0.01."""
    grads = np.zeros((100, 2))
    grads[:, 0] = 10.0
    more = np.vstack([grads, [[-1e6, 0.0]]])

    def printed(grads):
        mean = grads.sum(axis=0) / 100
        return mean / max(1, np.linalg.norm(mean))

    assert np.linalg.norm(printed(more) - printed(grads)) == pytest.approx(2.0)
    ours = private_gradient(more, 1.0, 1.0, 100, Still()) - private_gradient(grads, 1.0, 1.0, 100, Still())
    assert np.linalg.norm(ours) == pytest.approx(0.01)


def test_the_noise_is_in_units_of_the_clip():
    """200,000 numbers, C = 10, σ = 1.5, B = 4: deviation Cσ/B = 3.75; printed, without C, a tenth of it."""
    grads = np.zeros((3, 200_000))
    noisy = private_gradient(grads, 10.0, 1.5, 4, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(3.75, rel=0.01) and abs(noisy.mean()) < 0.05
    assert noisy.std() / 10 == pytest.approx(1.5 / 4, rel=0.01)
    np.testing.assert_allclose(
        private_gradient(np.zeros((2, 3)), 10.0, 1.5, 4, Ones()), np.full(3, 3.75), rtol=1e-15
    )
    drawn_noise = np.random.default_rng(7).standard_normal(3)
    ours = private_gradient(np.zeros((2, 3)), 2.0, 1.5, 4, np.random.default_rng(7))
    np.testing.assert_allclose(ours, drawn_noise * 0.75, rtol=1e-15)


def test_an_empty_sample_is_noise_alone():
    noisy = private_gradient(np.zeros((0, 3)), 2.0, 1.0, 4, Ones())
    np.testing.assert_array_equal(noisy, [0.5, 0.5, 0.5])


def test_a_step_is_opacus_step():
    """Opacus' own optimiser on a linear model, without noise: the same step to 1e-6, which it adds to lengths."""
    from opacus.grad_sample import GradSampleModule
    from opacus.optimizers import DPOptimizer

    x, y = drawn(8, 3), drawn(8, seed=1)
    linear = torch.nn.Linear(3, 1, bias=False).double()
    theta = linear.weight.detach().numpy().copy()[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GradSampleModule(linear)
        sgd = torch.optim.SGD(model.parameters(), lr=0.3)
        optimizer = DPOptimizer(sgd, noise_multiplier=0.0, max_grad_norm=0.7, expected_batch_size=10)
        loss = torch.mean((model(torch.tensor(x))[:, 0] - torch.tensor(y)) ** 2)
        loss.backward()
        optimizer.step()
    grads = 2 * (x @ theta - y)[:, None] * x
    stepped = dp_sgd_step(theta, grads, clip=0.7, noise=0.0, batch=10, lr=0.3, rng=np.random.default_rng(0))
    np.testing.assert_allclose(stepped, linear.weight.detach().numpy()[0], rtol=1e-5, atol=1e-6)
    assert np.abs(stepped - theta).max() > 0.01
    noisy = dp_sgd_step(theta, grads, 0.7, 2.0, 10, 0.3, Ones())
    np.testing.assert_allclose(noisy, stepped - 0.3 * 0.7 * 2.0 / 10, rtol=1e-12)


def test_everyone_is_tossed_for_alone():
    sample = poisson_sample(100_000, 0.2, np.random.default_rng(0))
    assert sample.dtype == np.bool_ and sample.shape == (100_000,)
    assert sample.mean() == pytest.approx(0.2, abs=0.005)
    rng = np.random.default_rng(1)
    sizes = [poisson_sample(100, 0.2, rng).sum() for _ in range(2000)]
    assert np.var(sizes) == pytest.approx(100 * 0.2 * 0.8, rel=0.1)  # the batch's size is not fixed
    assert poisson_sample(50, 1.0, rng).all() and not poisson_sample(50, 0.0, rng).any()
    for rate in (-0.1, 1.1):
        with pytest.raises(ValueError, match=f"from 0 to 1, got {rate}"):
            poisson_sample(5, rate, rng)


def exact_delta(sigma, epsilon):
    """The δ that Gaussian noise of deviation σ really has at ε, sensitivity 1 (Balle & Wang 2018, theorem 8)."""
    a, b = 1 / (2 * sigma), epsilon * sigma
    return norm.cdf(a - b) - np.exp(epsilon) * norm.cdf(-a - b)


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("delta", [1e-3, 1e-5])
def test_the_classical_noise_is_enough(epsilon, delta):
    """By the exact δ: ours keeps the promise. Taken for the variance it breaks it more than fivefold."""
    sigma = gaussian_deviation(1.0, epsilon, delta)
    assert sigma == pytest.approx(np.sqrt(2 * np.log(1.25 / delta)) / epsilon, rel=1e-12)
    assert exact_delta(sigma, epsilon) < delta
    assert exact_delta(np.sqrt(sigma), epsilon) > 5 * delta
    assert gaussian_deviation(3.0, epsilon, delta) == pytest.approx(3 * sigma, rel=1e-12)


def test_the_mechanism_adds_that_noise():
    answer = np.full((300, 400), 7.0)
    noisy = gaussian_mechanism(answer, 2.0, 0.5, 1e-5, np.random.default_rng(0))
    sigma = gaussian_deviation(2.0, 0.5, 1e-5)
    np.testing.assert_allclose(
        noisy, 7 + sigma * np.random.default_rng(0).standard_normal((300, 400)), rtol=1e-12
    )
    assert noisy.std() == pytest.approx(sigma, rel=0.01)


def test_what_has_no_meaning_is_refused():
    for clip in (0.0, -1.0):
        with pytest.raises(ValueError, match=f"clipping length above 0, got {clip}"):
            clip_per_example(np.ones((1, 2)), clip)
    for epsilon in (0.0, 1.0):
        with pytest.raises(ValueError, match=f"ε between 0 and 1, .* got {epsilon}"):
            gaussian_deviation(1.0, epsilon, 1e-5)
    for delta in (0.0, 1.0):
        with pytest.raises(ValueError, match=f"δ between 0 and 1, got {delta}"):
            gaussian_deviation(1.0, 0.5, delta)
