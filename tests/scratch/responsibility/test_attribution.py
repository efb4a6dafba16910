"""Attribution: autograd's gradients, completeness on a small network, and what the two wrong ones miss."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.responsibility.attribution import (
    completeness_gap,
    gradient_times_input,
    integrated_gradients,
    saliency,
    token_attributions,
)


def network(seed=0):
    """A tanh network of 6 inputs as (2, 3): its output and, from PyTorch, its gradient, as functions of arrays."""
    rng = np.random.default_rng(seed)
    first, second = torch.tensor(rng.standard_normal((6, 5))), torch.tensor(rng.standard_normal(5))

    def forward(x):
        return torch.tanh(x.flatten() @ first) @ second

    def gradient(x):
        leaf = torch.tensor(x, requires_grad=True)
        forward(leaf).backward()
        return leaf.grad.numpy()

    return (lambda x: forward(torch.tensor(x)).item()), gradient


def point(seed=1):
    return np.random.default_rng(seed).standard_normal((2, 3))


def test_saliency_and_gradient_times_input_are_autograds():
    _, gradient = network()
    x = point()
    np.testing.assert_array_equal(saliency(gradient, x), np.abs(gradient(x)))
    assert (gradient(x) < 0).any()
    np.testing.assert_array_equal(gradient_times_input(gradient, x), gradient(x) * x)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_attributions_add_up_to_the_difference(seed):
    """On a small network, from a baseline that is not zero: with 100 steps the gap is under 1e-3."""
    f, gradient = network()
    x, baseline = point(seed), point(seed + 1)
    before = x.copy(), baseline.copy()
    attributions = integrated_gradients(gradient, x, baseline, steps=100)
    assert attributions.shape == x.shape
    assert f(baseline) + attributions.sum() == pytest.approx(f(x), abs=1e-3)
    gap = completeness_gap(f, attributions, x, baseline)
    assert gap == pytest.approx(f(x) - f(baseline) - attributions.sum(), abs=1e-12)
    np.testing.assert_array_equal((x, baseline), before)


def test_the_midpoints_err_by_the_square_of_their_distance():
    """Twice the steps, a quarter of the gap; and the sum over midpoints is the one by hand."""
    f, gradient = network()
    x, baseline = point(), 0.1 * point(2)
    gaps = [
        completeness_gap(f, integrated_gradients(gradient, x, baseline, s), x, baseline) for s in (40, 80)
    ]
    assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.05)
    by_hand = [gradient(baseline + t * (x - baseline)) for t in (1 / 6, 3 / 6, 5 / 6)]
    np.testing.assert_allclose(
        integrated_gradients(gradient, x, baseline, 3), (x - baseline) * np.mean(by_hand, axis=0), rtol=1e-12
    )
    np.testing.assert_array_equal(
        integrated_gradients(gradient, x, baseline), integrated_gradients(gradient, x, baseline, 50)
    )


def test_a_linear_function_needs_one_step_and_agrees_with_gradient_times_input():
    weights = point()
    attributions = integrated_gradients(lambda x: weights, point(3), np.zeros((2, 3)), steps=1)
    np.testing.assert_allclose(attributions, weights * point(3), rtol=1e-15)
    np.testing.assert_allclose(attributions, gradient_times_input(lambda x: weights, point(3)), rtol=1e-15)


def test_without_the_way_nothing_adds_up():
    """f = x₀ x₁ from (1, 1) to (3, 1): ours gives x₀ all of the 2 and x₁ nothing; the mean gradient alone gives the
    input that never moved twice what it gives the other, and 3 in all."""

    def gradient(x):
        return np.array([x[1], x[0]])

    x, baseline = np.array([3.0, 1.0]), np.array([1.0, 1.0])
    np.testing.assert_allclose(integrated_gradients(gradient, x, baseline), [2.0, 0.0], atol=1e-12)
    printed = np.mean([gradient(baseline + (k + 0.5) / 50 * (x - baseline)) for k in range(50)], axis=0)
    np.testing.assert_allclose(printed, [1.0, 2.0], atol=1e-12)
    assert completeness_gap(lambda x: x[0] * x[1], printed, x, baseline) == pytest.approx(-1.0)


def test_a_saturated_output_is_still_explained():
    """f = 1 − ReLU(1 − x) at 2 from 0: the gradient at the end is 0, the integrated one 1 = f(2) − f(0)."""

    def gradient(x):
        return (x < 1).astype(float)

    x, baseline = np.array([2.0]), np.array([0.0])
    assert ((x - baseline) * gradient(x)).item() == 0
    assert integrated_gradients(gradient, x, baseline).item() == pytest.approx(1.0)


def test_tokens_share_what_their_embeddings_share():
    attributions = np.random.default_rng(0).standard_normal((2, 5, 3))
    tokens = token_attributions(attributions)
    assert tokens.shape == (2, 5)
    np.testing.assert_allclose(tokens, torch.tensor(attributions).sum(-1).numpy(), rtol=1e-12, atol=1e-15)
    assert tokens.sum() == pytest.approx(attributions.sum())


def test_a_baseline_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"the input's shape \(2, 3\), got \(3,\)"):
        integrated_gradients(lambda x: x, np.ones((2, 3)), np.ones(3))
