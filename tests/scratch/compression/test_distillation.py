"""Distillation against PyTorch's divergence, its gradient everywhere, and why there is a T²."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from jinjie.scratch.compression.distillation import (
    distillation_loss,
    distillation_loss_gradient,
    mixed_loss,
    mixed_loss_gradient,
    softened_softmax,
)
from scratch.gradients import check_gradient


def logits(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape) * 3


SHAPES = [(1, 4), (5, 3), (2, 3, 4)]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_softened_probabilities_are_pytorchs(temperature):
    z = logits(2, 3, 4)
    p = softened_softmax(z, temperature)
    np.testing.assert_allclose(p, torch.softmax(torch.tensor(z) / temperature, -1).numpy(), rtol=1e-12)
    np.testing.assert_array_equal(softened_softmax(z), softened_softmax(z, 1.0))
    np.testing.assert_allclose(softened_softmax(np.array([1e4, 0.0])), [1.0, 0.0])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_soft_loss_is_pytorchs_divergence(shape, temperature):
    student, teacher = logits(*shape), logits(*shape, seed=1)
    leaf = torch.tensor(student, requires_grad=True)
    log_q = functional.log_softmax(leaf / temperature, -1).reshape(-1, shape[-1])
    p = functional.softmax(torch.tensor(teacher) / temperature, -1).reshape(-1, shape[-1])
    expected = temperature**2 * functional.kl_div(log_q, p, reduction="batchmean")
    assert distillation_loss(student, teacher, temperature) == pytest.approx(expected.item(), rel=1e-12)
    expected.backward()
    gradient = distillation_loss_gradient(student, teacher, temperature)
    np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_soft_gradient_is_right_everywhere(shape):
    student, teacher = logits(*shape), logits(*shape, seed=1)
    gradient = distillation_loss_gradient(student, teacher, 2.5)
    check_gradient(lambda z: distillation_loss(z, teacher, 2.5), student, gradient)


@pytest.mark.parametrize(("temperature", "alpha"), [(1.0, 0.0), (3.0, 0.3), (3.0, 1.0)])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_mixed_loss_is_pytorchs(shape, temperature, alpha):
    student, teacher = logits(*shape), logits(*shape, seed=1)
    labels = np.random.default_rng(2).integers(0, shape[-1], shape[:-1])
    hard = functional.cross_entropy(
        torch.tensor(student).reshape(-1, shape[-1]), torch.tensor(labels).reshape(-1)
    ).item()
    expected = alpha * distillation_loss(student, teacher, temperature) + (1 - alpha) * hard
    assert mixed_loss(student, teacher, labels, temperature, alpha) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_mixed_gradient_is_right_everywhere(shape, alpha):
    student, teacher = logits(*shape), logits(*shape, seed=1)
    labels = np.random.default_rng(2).integers(0, shape[-1], shape[:-1])
    gradient = mixed_loss_gradient(student, teacher, labels, 2.0, alpha)
    check_gradient(lambda z: mixed_loss(z, teacher, labels, 2.0, alpha), student, gradient)


def test_t_squared_keeps_the_gradient_as_the_temperature_rises():
    """From T = 10 to T = 100 ours keeps its length to 2 %; without T² it falls to a hundredth of that.

    The labels' gradient stays what it is, and at T = 10 the printed one's part beside it is a hundredth of ours.
    In the limit ours is (z − v)/K, the logits matched directly (Hinton et al. 2015, equation 4).
    """
    student, teacher = logits(50, 10), logits(50, 10, seed=1)
    lengths = {t: np.linalg.norm(distillation_loss_gradient(student, teacher, t)) for t in (10.0, 100.0)}
    printed = {t: length / t**2 for t, length in lengths.items()}
    assert lengths[100.0] / lengths[10.0] == pytest.approx(1.0, abs=0.05)
    assert printed[100.0] / printed[10.0] == pytest.approx(0.01, rel=0.05)
    centred = [z - z.mean(axis=-1, keepdims=True) for z in (student, teacher)]
    limit = distillation_loss_gradient(student, teacher, 1e5)
    np.testing.assert_allclose(limit, (centred[0] - centred[1]) / 10 / 50, rtol=1e-3, atol=1e-6)


def test_the_divergence_is_the_teachers():
    """A teacher of two minds: a student who knows one of them loses 7 times as much by ours as by the reversed one."""
    teacher = np.log(np.array([[0.4995, 0.4995, 0.001]]))
    student = np.log(np.array([[0.998, 0.001, 0.001]]))
    ours = distillation_loss(student, teacher, 1.0)
    p, q = np.exp(teacher), np.exp(student)
    assert ours == pytest.approx(np.sum(p * np.log(p / q)), rel=1e-12)
    assert ours / np.sum(q * np.log(q / p)) == pytest.approx(4.03, abs=0.05)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 20), st.floats(-100, 100))
def test_the_loss_is_never_negative_and_zero_only_for_equals(seed, temperature, shift):
    student, teacher = logits(4, 3, seed=seed), logits(4, 3, seed=seed + 1)
    assert distillation_loss(student, teacher, temperature) > 0
    assert distillation_loss(teacher + shift, teacher, temperature) == pytest.approx(0, abs=1e-9)
    gradient = distillation_loss_gradient(student, teacher, temperature)
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-12)


def test_what_makes_no_sense_is_refused():
    z = np.ones((2, 3))
    for call in (distillation_loss, distillation_loss_gradient):
        with pytest.raises(ValueError, match=r"of one shape, got \(2, 3\) and \(1, 3\)"):
            call(z, np.ones((1, 3)), 1.0)
    for temperature in (0.0, -1.0):
        with pytest.raises(ValueError, match=f"temperature above 0, got {temperature}"):
            softened_softmax(z, temperature)
    for labels in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match=f"labels from 0 to 2, got {labels[0]} to {labels[1]}"):
            mixed_loss(z, z, np.array(labels), 1.0, 0.5)
