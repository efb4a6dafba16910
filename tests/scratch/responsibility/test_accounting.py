"""ε by Rényi accounting, against opacus' accountant and against the definition."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opacus.accountants import RDPAccountant
from opacus.accountants.analysis import rdp as opacus

from jinjie.scratch.responsibility.accounting import (
    ORDERS,
    dp_sgd_epsilon,
    gaussian_rdp,
    noise_for_epsilon,
    rdp_to_epsilon,
    sampled_gaussian_rdp,
    sampled_gaussian_rdp_by_integral,
)

SETTINGS = [(0.01, 1.0), (0.05, 0.6), (0.001, 4.0), (0.3, 2.0), (0.5, 0.5)]


@pytest.mark.parametrize(("rate", "sigma"), SETTINGS)
def test_divergences_are_opacus(rate, sigma):
    """Whole orders to 1e-9 of their size, and 1e-14, the rounding of a logarithm near 0.

    Other orders to 1e-11 only: opacus breaks its series off at terms of e^−30, 1e-13, and divides by α − 1.
    """
    whole = [2, 3, 8, 32, 63]
    expected = opacus.compute_rdp(q=rate, noise_multiplier=sigma, steps=1, orders=whole)
    ours = [sampled_gaussian_rdp(rate, sigma, order) for order in whole]
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-14)
    others = [1.1, 1.5, 2.5, 3.7, 10.9]
    expected = opacus.compute_rdp(q=rate, noise_multiplier=sigma, steps=1, orders=others)
    ours = [sampled_gaussian_rdp_by_integral(rate, sigma, order) for order in others]
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-11)
    everyone = opacus.compute_rdp(q=1.0, noise_multiplier=sigma, steps=1, orders=whole)
    np.testing.assert_allclose([gaussian_rdp(sigma, order) for order in whole], everyone, rtol=1e-12)


@pytest.mark.parametrize(("rate", "sigma"), SETTINGS)
def test_the_integral_is_the_binomial_sum(rate, sigma):
    for order in (2, 5, 17, 40):
        by_sum = sampled_gaussian_rdp(rate, sigma, order)
        assert sampled_gaussian_rdp_by_integral(rate, sigma, order) == pytest.approx(
            by_sum, rel=1e-9, abs=1e-14
        )


def test_the_integral_is_the_definition_in_thirty_digits():
    """mpmath's quadrature: ours is right to rounding, opacus to where it breaks its series off."""
    rate, sigma, order = mpmath.mpf("0.001"), mpmath.mpf(4), mpmath.mpf("1.1")
    with mpmath.workdps(30):
        value = mpmath.quad(
            lambda z: (
                mpmath.npdf(z, 0, sigma)
                * (1 - rate + rate * mpmath.exp((2 * z - 1) / (2 * sigma**2))) ** order
            ),
            [-60, -30, -15, -5, 0, 5, 15, 30, 60],
        )
        exact = float(mpmath.log(value) / (order - 1))
    ours = sampled_gaussian_rdp_by_integral(0.001, 4.0, 1.1)
    theirs = opacus.compute_rdp(q=0.001, noise_multiplier=4.0, steps=1, orders=1.1)
    assert exact == pytest.approx(3.55e-8, rel=0.01)
    assert abs(ours - exact) < 1e-14
    assert abs(theirs - exact) < 1e-11


@pytest.mark.parametrize(
    ("rate", "sigma", "steps"), [(0.01, 1.0, 1000), (0.05, 2.0, 300), (0.001, 0.6, 50), (1.0, 20.0, 10)]
)
@pytest.mark.parametrize("delta", [1e-3, 1e-5])
@pytest.mark.filterwarnings("ignore:Optimal order is the largest")
def test_epsilon_is_opacus(rate, sigma, steps, delta):
    accountant = RDPAccountant()
    accountant.history = [(sigma, rate, steps)]
    assert tuple(RDPAccountant.DEFAULT_ALPHAS) == ORDERS
    ours = dp_sgd_epsilon(rate, sigma, steps, delta)
    assert ours == pytest.approx(accountant.get_epsilon(delta), rel=1e-9)
    whole = [2, 4, 8, 16]
    expected = accountant.get_epsilon(delta, alphas=whole)
    assert dp_sgd_epsilon(rate, sigma, steps, delta, orders=whole) == pytest.approx(expected, rel=1e-9)
    rdp = opacus.compute_rdp(q=rate, noise_multiplier=sigma, steps=steps, orders=whole)
    assert rdp_to_epsilon(rdp, whole, delta) == pytest.approx(expected, rel=1e-9)


def test_sampling_hides_by_more_than_its_rate():
    """q = 0.01, σ = 1. Order 2: q α/2σ² is 58 times too much; order 40: 76 times too little."""
    for order, factor in ((2, 58.2), (40, 0.01309)):
        printed = 0.01 * gaussian_rdp(1.0, order)
        assert printed / sampled_gaussian_rdp(0.01, 1.0, order) == pytest.approx(factor, rel=0.01)


def test_adding_epsilons_says_far_too_much():
    """A thousand steps at q = 0.01, σ = 1: 2.1 by the accounting, over a hundred times that added up."""
    one, thousand = (dp_sgd_epsilon(0.01, 1.0, steps, 1e-5) for steps in (1, 1000))
    assert thousand == pytest.approx(2.10, abs=0.01)
    assert 1000 * one / thousand > 100


@settings(max_examples=50, deadline=None)
@given(st.floats(0.001, 0.5), st.floats(0.5, 10), st.integers(2, 40))
def test_more_noise_and_rarer_sampling_cost_less(rate, sigma, order):
    rho = sampled_gaussian_rdp(rate, sigma, order)
    assert 0 < rho <= gaussian_rdp(sigma, order) * (1 + 1e-12)
    assert sampled_gaussian_rdp(rate, 1.1 * sigma, order) < rho
    assert sampled_gaussian_rdp(rate / 2, sigma, order) < rho


@pytest.mark.parametrize(("rate", "epsilon"), [(0.01, 2.0), (0.1, 8.0), (0.01, 0.3)])
def test_the_noise_found_is_the_least_that_keeps_the_promise(rate, epsilon):
    sigma = noise_for_epsilon(rate, epsilon, 200, 1e-5)
    assert dp_sgd_epsilon(rate, sigma, 200, 1e-5) <= epsilon < dp_sgd_epsilon(rate, sigma - 0.001, 200, 1e-5)
    rough = noise_for_epsilon(rate, epsilon, 200, 1e-5, tolerance=0.5)
    assert rough == math.ceil(2 * sigma) / 2  # to the half, and never below


def test_far_orders_do_not_overflow():
    rho = sampled_gaussian_rdp(0.01, 0.1, 63)
    assert math.isfinite(rho) and rho == pytest.approx(gaussian_rdp(0.1, 63), rel=0.01)
    assert rdp_to_epsilon(np.array([0.0]), [2], 0.9) == 0.0  # never below nothing


def test_what_has_no_meaning_is_refused():
    for call in (sampled_gaussian_rdp, sampled_gaussian_rdp_by_integral):
        for rate in (0.0, 1.0):
            with pytest.raises(ValueError, match=f"sampling rate between 0 and 1, got {rate}"):
                call(rate, 1.0, 2)
        for sigma in (0.0, -1.0):
            with pytest.raises(ValueError, match=f"noise σ above 0, got {sigma}"):
                call(0.5, sigma, 2)
    for order in (1, 2.5):
        with pytest.raises(ValueError, match=f"a whole order from 2, got {order}"):
            sampled_gaussian_rdp(0.5, 1.0, order)
    with pytest.raises(ValueError, match="an order above 1, got 1"):
        sampled_gaussian_rdp_by_integral(0.5, 1.0, 1)
    for delta in (0.0, 1.0):
        with pytest.raises(ValueError, match=f"δ between 0 and 1, got {delta}"):
            rdp_to_epsilon(np.ones(1), [2], delta)
