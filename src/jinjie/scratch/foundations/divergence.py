"""How uncertain a distribution is, and how far another one is from it."""

import numpy as np

from jinjie.scratch import Array


def entropy(p: Array) -> float:
    """How uncertain the outcome of p is: the mean surprise, in nats. What never happens surprises nobody.

    p: (K), the probabilities of K outcomes. Source: Shannon 1948, A Mathematical Theory of Communication, §6.

    Formula `entropy`: H(p) = −Σ_k p_k log p_k

    >>> round(entropy(np.array([0.5, 0.25, 0.25])), 4)  # in bits 1.5
    1.0397
    """
    check_distribution(p)
    happens = p[p > 0]
    return float(-np.sum(happens * np.log(happens)))


def kl_divergence(p: Array, q: Array) -> float:
    """What it costs to take q for p: the extra surprise on average, in nats. Never negative, 0 for q = p alone.

    p, q: (K). It is no distance: from p to q it is another number than from q to p. Infinite where q excludes
    what p knows to happen. Source: Kullback & Leibler 1951, On Information and Sufficiency, equation 2.1.

    Formula `kl-divergence`: D(p ‖ q) = Σ_k p_k log(p_k / q_k)

    >>> round(kl_divergence(np.array([0.5, 0.25, 0.25]), q=np.array([0.25, 0.25, 0.5])), 4)
    0.1733
    """
    check_distribution(p)
    check_distribution(q)
    if p.shape != q.shape:
        raise ValueError(f"expected two distributions over the same outcomes, got {p.shape} and {q.shape}")
    happens = p > 0
    with np.errstate(divide="ignore"):
        return float(np.sum(p[happens] * np.log(p[happens] / q[happens])))


def check_distribution(p: Array) -> None:
    """Raise ValueError unless p (K) is not negative and sums to one."""
    if p.ndim != 1 or p.size == 0 or p.min() < 0 or not np.isclose(p.sum(), 1):
        raise ValueError(f"expected probabilities (K) that sum to 1, got {p.shape} with the sum {p.sum()}")
