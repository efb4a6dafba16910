"""The deletion test: an attribution is faithful if taking out what it calls important makes the output fall."""

from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array


def deletion_curve(f: Callable[[Array], float], x: Array, attributions: Array, baseline: Array) -> Array:
    """f as the inputs are replaced by the baseline's one after another, the highest attribution first.

    x, attributions and baseline have one shape of n numbers; the curve has n + 1, from f(x) to f(baseline) (Samek et
    al. 2017; Petsiuk et al. 2018).

    Formula `deletion-curve`: cₖ = f(x with the k highest aᵢ replaced by x′ᵢ),  k = 0 … n

    >>> weights = np.array([1.0, 5.0, 2.0])
    >>> deletion_curve(lambda x: float(weights @ x), np.ones(3), attributions=weights, baseline=np.zeros(3))
    array([8., 3., 1., 0.])
    """
    if not x.shape == attributions.shape == baseline.shape:
        raise ValueError(
            f"expected input, attributions and baseline of one shape, got {x.shape}, {attributions.shape} and "
            f"{baseline.shape}"
        )
    order = np.argsort(-attributions, axis=None, kind="stable")
    left = x.ravel().copy()
    curve = [f(x)]
    for i in order:
        left[i] = baseline.ravel()[i]
        curve.append(f(left.reshape(x.shape)))
    return np.array(curve)


def deletion_area(curve: Array) -> float:
    """The area under a deletion curve over the fraction deleted, by trapezia: low where the attribution is faithful.

    Compare it with the area of a random order, on the same model and inputs: alone it says nothing.

    Formula `deletion-area`: A = 1/n Σₖ (cₖ + cₖ₊₁) / 2

    >>> deletion_area(np.array([8.0, 3.0, 1.0, 0.0])), deletion_area(np.array([8.0, 7.0, 5.0, 0.0]))
    (2.6666666666666665, 5.333333333333333)
    """
    return float(np.mean((curve[:-1] + curve[1:]) / 2))


def comprehensiveness(curve: Array, k: int) -> float:
    """How far the output falls when the k most important inputs go (DeYoung et al. 2020).

    Formula `comprehensiveness`: f(x) − f(x without the k highest) = c₀ − cₖ

    >>> comprehensiveness(np.array([8.0, 3.0, 1.0, 0.0]), k=2)
    7.0
    """
    return float(curve[0] - curve[k])
