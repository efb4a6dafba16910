"""Attribution: how much each number of the input had to do with the output, told by gradients.

`gradient` is a function that gives ∇f at a point: f maps an input of any shape to one number (a class's logit, say).
Attributions have the input's shape.
"""

from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array

Gradient = Callable[[Array], Array]


def saliency(gradient: Gradient, x: Array) -> Array:
    """How strongly the output answers to a small change of each input (Simonyan et al. 2014, §3).

    Formula `saliency`: aᵢ = |∂f/∂xᵢ|

    >>> saliency(lambda x: np.array([2 * x[0], -3.0]), np.array([5.0, 7.0]))  # f = x₀² − 3 x₁
    array([10.,  3.])
    """
    return np.abs(gradient(x))


def gradient_times_input(gradient: Gradient, x: Array) -> Array:
    """Each input times its slope: exact where f is linear, blind where f is flat (Shrikumar et al. 2017).

    Formula `gradient-times-input`: aᵢ = xᵢ ∂f/∂xᵢ

    >>> gradient_times_input(lambda x: np.array([2 * x[0], -3.0]), np.array([5.0, 7.0]))
    array([ 50., -21.])
    """
    return x * gradient(x)


def integrated_gradients(gradient: Gradient, x: Array, baseline: Array, steps: int = 50) -> Array:
    """The gradient's mean on the straight way from a baseline to x, times the way (Sundararajan et al. 2017, eq. 1).

    The attributions add up to f(x) − f(baseline): nothing is lost (completeness). The integral is a sum over the
    midpoints of `steps` equal parts, with an error of order 1 / steps² where the gradient is smooth.

    Formula `integrated-gradients`: aᵢ = (xᵢ − x′ᵢ) · 1/S Σₖ ∂f/∂xᵢ at x′ + (k + ½)/S (x − x′),  k = 0 … S − 1

    >>> integrated_gradients(lambda x: np.array([2 * x[0], -3.0]), np.array([5.0, 7.0]), baseline=np.zeros(2), steps=2)
    array([ 25., -21.])
    """
    if x.shape != baseline.shape:
        raise ValueError(f"expected a baseline of the input's shape {x.shape}, got {baseline.shape}")
    way = x - baseline
    mean = np.zeros(x.shape)
    for k in range(steps):
        mean = mean + gradient(baseline + (k + 0.5) / steps * way) / steps
    return way * mean


def completeness_gap(f: Callable[[Array], float], attributions: Array, x: Array, baseline: Array) -> float:
    """What the attributions leave unexplained: near 0 for integrated gradients with enough steps.

    Formula `completeness`: gap = f(x) − f(x′) − Σᵢ aᵢ

    >>> f = lambda x: x[0] ** 2 - 3 * x[1]
    >>> completeness_gap(f, np.array([25.0, -21.0]), np.array([5.0, 7.0]), np.zeros(2))
    0.0
    """
    return float(f(x) - f(baseline) - np.sum(attributions))


def token_attributions(attributions: Array) -> Array:
    """One number a token: attributions of embeddings (..., T, C) summed over C, so that completeness remains.

    Formula `token-attribution`: aₜ = Σ_c aₜ_c

    >>> token_attributions(np.array([[0.5, 0.25], [-1.0, 0.5]]))
    array([ 0.75, -0.5 ])
    """
    total: Array = np.sum(attributions, axis=-1)
    return total
