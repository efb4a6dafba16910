"""Accounting: the ε that DP-SGD has cost after all its steps, by Rényi differential privacy.

An example is in a step with probability q, the noise is σ times the clipping length. The Rényi divergence of order α
between "with one example" and "without" adds up over steps; at the end it is turned into (ε, δ).
"""

import math
from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array

ORDERS = (*(1 + i / 10 for i in range(1, 100)), *range(12, 64))
"""The orders that are tried: each gives a true ε, the least is the one to state."""


def gaussian_rdp(sigma: float, order: float) -> float:
    """The Rényi divergence of a step that all examples are in (Mironov 2017, corollary 3).

    Formula `gaussian-rdp`: ρ(α) = α / (2 σ²)

    >>> gaussian_rdp(sigma=2.0, order=8)
    1.0
    """
    return order / (2 * sigma**2)


def sampled_gaussian_rdp(rate: float, sigma: float, order: int) -> float:
    """The same when an example is in a step with probability q, for whole α: sampling hides it a second time.

    Worked out in logarithms, for the last terms may be beyond a float (Mironov, Talwar & Zhang 2019, §3.3).

    Formula `sampled-gaussian-rdp`: ρ(α) = 1/(α − 1) ln Σₖ (α over k) (1 − q)^(α−k) q^k exp((k² − k) / (2 σ²))

    >>> round(sampled_gaussian_rdp(rate=0.01, sigma=1.0, order=8), 6), gaussian_rdp(sigma=1.0, order=8)
    (0.000894, 4.0)
    """
    _check(rate, sigma)
    if order < 2 or order != int(order):
        raise ValueError(f"expected a whole order from 2, got {order}")
    k = np.arange(order + 1)
    binomials = np.array([math.log(math.comb(order, i)) for i in k])
    terms = binomials + (order - k) * np.log1p(-rate) + k * np.log(rate) + (k**2 - k) / (2 * sigma**2)
    return _log_sum_exp(terms) / (order - 1)


def sampled_gaussian_rdp_by_integral(rate: float, sigma: float, order: float) -> float:
    """The same for any α > 1, from the definition, by the trapezium rule.

    The density at z is e^ℓ, ℓ = ln N(z; 0, σ²). Raised to α, the ratio of densities pulls z as far as α. For so smooth
    a function the rule's error falls exponentially with the step: half a σ (or σ²/2, if less) leaves rounding alone.

    Formula `sampled-gaussian-renyi`: ρ(α) = 1/(α − 1) ln E[(1 − q + q exp((2 z − 1) / (2 σ²)))^α],  z ~ N(0, σ²)

    >>> round(sampled_gaussian_rdp_by_integral(rate=0.01, sigma=1.0, order=8), 6)
    0.000894
    """
    _check(rate, sigma)
    if order <= 1:
        raise ValueError(f"expected an order above 1, got {order}")
    step = 0.5 * sigma * min(1.0, sigma)
    reach = 10.0 * sigma
    z = np.arange(-reach, order + reach, step)
    log_density = -(z**2) / (2 * sigma**2) - np.log(sigma * np.sqrt(2 * np.pi))
    log_ratio = np.logaddexp(np.log1p(-rate), np.log(rate) + (2 * z - 1) / (2 * sigma**2))
    return (_log_sum_exp(log_density + order * log_ratio) + math.log(step)) / (order - 1)


def rdp_to_epsilon(rdp: Array, orders: Sequence[float], delta: float) -> float:
    """The least ε, over the orders, that a Rényi divergence guarantees except with probability δ.

    Source: Balle et al. 2020, theorem 21.

    Formula `rdp-to-epsilon`: ε = min over α of ρ(α) + ln((α − 1) / α) − (ln δ + ln α) / (α − 1)

    >>> round(rdp_to_epsilon(np.array([0.5, 1.0, 4.0]), orders=[4, 8, 32], delta=1e-5), 4)
    2.2141
    """
    if not 0 < delta < 1:
        raise ValueError(f"expected δ between 0 and 1, got {delta}")
    alpha = np.asarray(orders, dtype=np.float64)
    epsilons = rdp + np.log((alpha - 1) / alpha) - (np.log(delta) + np.log(alpha)) / (alpha - 1)
    return float(max(np.min(epsilons), 0))


def dp_sgd_epsilon(
    rate: float, sigma: float, steps: int, delta: float, orders: Sequence[float] = ORDERS
) -> float:
    """The ε of `steps` steps of DP-SGD: divergences add up, then the best order is taken (Abadi et al. 2016).

    Formula `dp-sgd-epsilon`: ε = min over α of (steps · ρ(α) + ln((α − 1) / α) − (ln δ + ln α) / (α − 1))

    >>> [round(dp_sgd_epsilon(rate=0.01, sigma=sigma, steps=1000, delta=1e-5), 2) for sigma in (4.0, 2.0, 1.0)]
    [0.3, 0.69, 2.1]
    """
    rdp = np.array([_one_step(rate, sigma, order) for order in orders])
    return rdp_to_epsilon(steps * rdp, orders, delta)


def noise_for_epsilon(
    rate: float, epsilon: float, steps: int, delta: float, tolerance: float = 1e-3
) -> float:
    """The least σ, to the tolerance and never below, with which `steps` steps cost no more than ε: by bisection.

    >>> sigma = noise_for_epsilon(rate=0.01, epsilon=2.0, steps=1000, delta=1e-5)
    >>> round(sigma, 2), dp_sgd_epsilon(0.01, sigma, 1000, 1e-5) <= 2.0
    (1.02, True)
    """
    sigma = 1.0
    while dp_sgd_epsilon(rate, sigma, steps, delta) > epsilon:
        sigma = 2 * sigma
    width = sigma
    while width > tolerance:
        width = width / 2
        if dp_sgd_epsilon(rate, sigma - width, steps, delta) <= epsilon:
            sigma = sigma - width
    return sigma


def _one_step(rate: float, sigma: float, order: float) -> float:
    if rate == 1:
        return gaussian_rdp(sigma, order)
    if order == int(order):
        return sampled_gaussian_rdp(rate, sigma, int(order))
    return sampled_gaussian_rdp_by_integral(rate, sigma, order)


def _log_sum_exp(terms: Array) -> float:
    largest = np.max(terms)  # the others are taken beside it: no sum of them overflows
    return float(largest + np.log(np.sum(np.exp(terms - largest))))


def _check(rate: float, sigma: float) -> None:
    if not 0 < rate < 1:
        raise ValueError(f"expected a sampling rate between 0 and 1, got {rate}")
    if sigma <= 0:
        raise ValueError(f"expected a noise σ above 0, got {sigma}")
