"""The focal loss against its definition by PyTorch's automatic differentiation, and against the slope."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.foundations.focal_loss import focal_loss, focal_loss_gradient, signed_logits
from jinjie.scratch.foundations.losses import (
    binary_cross_entropy_from_logits,
    binary_cross_entropy_from_logits_gradient,
)
from scratch.gradients import check_gradient

RNG = np.random.default_rng(0)


def by_definition(z, y, gamma, alpha):
    """Equations 2 to 5 of the paper, literally, in PyTorch."""
    p = torch.sigmoid(z)
    p_t = torch.where(y == 1, p, 1 - p)
    alpha_t = alpha * (y == 1).double() + (1 - alpha) * (y == 0).double()
    return (-alpha_t * (1 - p_t) ** gamma * torch.log(p_t)).mean()


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4)])
@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, 0.25), (0.5, 0.75), (5.0, 0.5), (0.0, 0.9), (1.0, 0.1)])
def test_focal_loss_is_its_definition(shape, gamma, alpha):
    z, y = RNG.normal(size=shape) * 2, RNG.integers(0, 2, shape)
    reference = torch.tensor(z, requires_grad=True)
    loss = by_definition(reference, torch.tensor(y), gamma, alpha)
    loss.backward()
    assert focal_loss(z, y, gamma, alpha) == pytest.approx(loss.item(), rel=1e-9, abs=1e-12)
    assert focal_loss_gradient(z, y, gamma, alpha) == pytest.approx(
        reference.grad.numpy(), rel=1e-9, abs=1e-12
    )


def test_the_papers_settings_are_the_defaults():
    z, y = RNG.normal(size=7), RNG.integers(0, 2, 7)
    assert focal_loss(z, y) == focal_loss(z, y, gamma=2.0, alpha=0.25)
    assert (focal_loss_gradient(z, y) == focal_loss_gradient(z, y, gamma=2.0, alpha=0.25)).all()


def test_without_focus_it_is_half_the_cross_entropy():
    z, y = RNG.normal(size=(3, 4)), RNG.integers(0, 2, (3, 4))
    half = 0.5 * binary_cross_entropy_from_logits(z, y.astype(float))
    assert focal_loss(z, y, gamma=0, alpha=0.5) == pytest.approx(half, rel=1e-12)
    half = 0.5 * binary_cross_entropy_from_logits_gradient(z, y.astype(float))
    assert focal_loss_gradient(z, y, gamma=0, alpha=0.5) == pytest.approx(half, rel=1e-12)


def test_it_stays_finite_where_the_definition_does_not():
    z, y = np.array([1000.0, -1000.0]), np.array([0, 1])
    assert focal_loss(z, y, alpha=0.5) == pytest.approx(500.0)
    assert focal_loss_gradient(z, y, alpha=0.5) == pytest.approx([0.25, -0.25])
    with np.errstate(all="ignore"):
        assert torch.isinf(by_definition(torch.tensor(z), torch.tensor(y), 2.0, 0.5))


def test_weighting_by_confidence_forgives_the_worst_errors():
    """A positive called with p = 0.9, then with p = 0.0001: the cost must rise, and by γ = 2 an easy one costs 100
    times less than its cross-entropy. With p_t^γ the bad answer costs a millionth of the good one's, and is never
    put right.
    """
    good, bad, y = np.array([np.log(9)]), np.array([np.log(1e-4 / (1 - 1e-4))]), np.array([1])
    assert focal_loss(good, y, alpha=1.0) == pytest.approx(0.01 * -np.log(0.9))
    assert focal_loss(bad, y, alpha=1.0) == pytest.approx((1 - 1e-4) ** 2 * -np.log(1e-4))

    def printed(p):
        return -(p**2) * np.log(p)

    assert printed(0.9) == pytest.approx(0.0853, abs=5e-5)
    assert printed(1e-4) == pytest.approx(9.2e-8, rel=0.01)
    assert focal_loss(bad, y) / focal_loss(good, y) == pytest.approx(8740, rel=0.001)
    assert printed(1e-4) / printed(0.9) < 1.1e-6


def test_each_class_has_its_sign_and_weight():
    x, alpha_t = signed_logits(np.array([[3.0, 4.0, 5.0]]), np.array([[1, 0, 0]]), alpha=0.2)
    assert x.tolist() == [[3.0, -4.0, -5.0]]
    assert alpha_t == pytest.approx(np.array([[0.2, 0.8, 0.8]]))


def test_what_would_mislead_is_refused():
    for loss in (focal_loss, focal_loss_gradient):
        with pytest.raises(ValueError, match=r"one label a logit, got logits \(2,\) and labels \(3,\)"):
            loss(np.zeros(2), np.array([0, 1, 1]))
        with pytest.raises(ValueError, match="labels from 0 to 1, got labels from 0 to 2"):
            loss(np.zeros(2), np.array([0, 2]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=4, max_size=4), st.floats(1, 5), st.floats(0, 1))
def test_the_gradient_is_the_slope(z, gamma, alpha):
    z, y = np.reshape(z, (2, 2)), np.array([[0, 1], [1, 0]])
    check_gradient(lambda x: focal_loss(x, y, gamma, alpha), z, focal_loss_gradient(z, y, gamma, alpha))
