"""Activations against PyTorch and central differences; softmax's invariances; derivatives that are often wrong."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jinjie.scratch.networks import activations as a
from scratch.gradients import check_gradient

Z = np.random.default_rng(0).normal(scale=2, size=(2, 3, 5))
EXTREME = np.array([-1000.0, -50.0, -5.0, -1e-9, 0.0, 1e-9, 5.0, 50.0, 1000.0])

PAIRS = {
    "relu": (a.relu, a.relu_derivative, torch.relu),
    "leaky_relu": (a.leaky_relu, a.leaky_relu_derivative, torch.nn.functional.leaky_relu),
    "sigmoid": (a.sigmoid, a.sigmoid_derivative, torch.sigmoid),
    "tanh": (a.tanh, a.tanh_derivative, torch.tanh),
    "gelu": (a.gelu, a.gelu_derivative, torch.nn.functional.gelu),
    "gelu_tanh": (
        a.gelu_tanh,
        a.gelu_tanh_derivative,
        lambda z: torch.nn.functional.gelu(z, approximate="tanh"),
    ),
    "silu": (a.silu, a.silu_derivative, torch.nn.functional.silu),
}

scores = arrays(np.float64, (3, 4), elements=st.floats(-50, 50))


@pytest.mark.parametrize("name", PAIRS)
def test_values_are_pytorchs(name):
    ours, _, theirs = PAIRS[name]
    for z in (Z, EXTREME[2:-2]):
        assert ours(z) == pytest.approx(theirs(torch.tensor(z)).numpy(), abs=1e-12, rel=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_derivatives_are_the_slopes(name):
    """PyTorch's own derivative, and central differences over all elements."""
    ours, derivative, theirs = PAIRS[name]
    z = torch.tensor(Z, requires_grad=True)
    theirs(z).sum().backward()
    assert derivative(Z) == pytest.approx(z.grad.numpy(), abs=1e-12)
    check_gradient(lambda z: ours(z).sum(), Z, derivative(Z))


@pytest.mark.parametrize("name", PAIRS)
def test_nothing_overflows_and_nothing_is_changed_in_place(name):
    ours, derivative, _ = PAIRS[name]
    z = EXTREME.copy()
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(ours(z)).all() and np.isfinite(derivative(z)).all()
    assert (z == EXTREME).all()


def test_at_the_kink_relu_takes_the_left_slope():
    zero = np.zeros(1)
    assert a.relu_derivative(zero) == 0
    assert a.leaky_relu_derivative(zero) == 0.01 and a.leaky_relu_derivative(zero, alpha=0.3) == 0.3
    assert a.leaky_relu(np.array([-1.0])) == -0.01 and a.leaky_relu(np.array([-1.0]), alpha=0.3) == -0.3


def test_sigmoid_is_right_far_out():
    assert a.sigmoid(np.array([-1000.0, 1000.0])).tolist() == [0.0, 1.0]
    assert a.sigmoid(np.array([-40.0]))[0] == pytest.approx(math.exp(-40), rel=1e-15)


def test_softmax_and_its_logarithm_are_pytorchs_over_the_last_axis():
    for z in (Z, EXTREME, Z[0, 0]):
        tensor = torch.tensor(z)
        assert a.softmax(z) == pytest.approx(torch.softmax(tensor, -1).numpy(), rel=1e-12, abs=1e-300)
        assert a.log_softmax(z) == pytest.approx(torch.log_softmax(tensor, -1).numpy(), rel=1e-12, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(scores, st.floats(-1000, 1000))
def test_softmax_rows_sum_to_one_and_a_shift_changes_nothing(z, shift):
    p = a.softmax(z)
    assert (p >= 0).all() and p.sum(axis=-1) == pytest.approx(np.ones(3), abs=1e-12)
    assert a.softmax(z + shift) == pytest.approx(p, abs=1e-9)  # z + 1000 itself rounds to 1e-13
    assert a.log_softmax(z + shift) == pytest.approx(a.log_softmax(z), abs=1e-9)


def test_softmax_without_taking_the_maximum_off_is_no_number_where_ours_is():
    z = np.array([1000.0, 999.0])
    with np.errstate(over="ignore", invalid="ignore"):
        printed = np.exp(z) / np.exp(z).sum()
    assert np.isnan(printed).all()
    assert a.softmax(z) == pytest.approx([0.731058578630005, 0.268941421369995], abs=1e-14)


def test_softmax_gradients():
    rng = np.random.default_rng(1)
    upstream = rng.normal(size=Z.shape)
    for forward, backward, theirs in (
        (a.softmax, a.softmax_backward, torch.softmax),
        (a.log_softmax, a.log_softmax_backward, torch.log_softmax),
    ):
        z = torch.tensor(Z, requires_grad=True)
        theirs(z, -1).backward(torch.tensor(upstream))
        assert backward(upstream, Z) == pytest.approx(z.grad.numpy(), abs=1e-12)
        check_gradient(lambda z, f=forward: (upstream * f(z)).sum(), Z, backward(upstream, Z))


def test_a_softmax_gradient_of_the_diagonal_alone_moves_the_sum():
    """Probabilities sum to one, so no gradient may push all scores at once: the sum of its entries is zero."""
    upstream = np.array([1.0, -2.0, 0.5])
    z = np.array([1.0, 2.0, 3.0])
    p = a.softmax(z)
    printed = upstream * p * (1 - p)
    assert printed.sum() == pytest.approx(-0.1764, abs=1e-4)
    assert a.softmax_backward(upstream, z).sum() == pytest.approx(0, abs=1e-15)


def test_a_derivative_written_for_the_output_is_wrong_for_the_input():
    """z (1 − z) and 1 − z² are the derivatives in terms of the *output*; of the input they grow without bound."""
    z = np.array([-3.0, 0.0, 3.0])
    slopes = (a.sigmoid(z + 1e-6) - a.sigmoid(z - 1e-6)) / 2e-6
    assert a.sigmoid_derivative(z) == pytest.approx(slopes, abs=1e-9)
    assert (z * (1 - z)).tolist() == [-12, 0, -6] and slopes == pytest.approx(
        [0.0452, 0.25, 0.0452], abs=1e-4
    )
    assert (1 - z**2).tolist() == [-8, 1, -8]
    assert a.tanh_derivative(z) == pytest.approx([0.00987, 1, 0.00987], abs=1e-5)
    s = a.sigmoid(z)
    assert a.sigmoid_derivative(z) == pytest.approx(s * (1 - s), abs=1e-15)


def test_the_normal_distribution_function():
    for z in (Z, np.array([0.0, 1.959963984540054])):
        theirs = torch.special.ndtr(torch.tensor(z)).numpy()
        assert a.normal_cdf(z) == pytest.approx(theirs, abs=1e-12)
    assert a.normal_cdf(np.array([1.959963984540054]))[0] == pytest.approx(0.975, abs=1e-12)


def test_the_tanh_form_of_gelu_is_near_and_not_equal():
    z = np.linspace(-6, 6, 2001)
    apart = np.abs(a.gelu(z) - a.gelu_tanh(z)).max()
    assert 4e-4 < apart < 5e-4
