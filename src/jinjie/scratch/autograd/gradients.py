"""Is a gradient right? The slope is measured by two steps, and compared: slow, but independent of any derivation."""

from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array


def central_differences(f: Callable[[Array], float], x: Array, h: float = 1e-6) -> Array:
    """The gradient of the scalar f at x of any shape, one element at a time: a step up, a step down, the slope between.

    What is left out falls with h², against h for a step to one side; but rounding grows as 1/h, so that h must not be
    too small: about 10⁻⁶ serves both. Source: Goodfellow, Bengio & Courville 2016, Deep Learning, §11.5.

    Formula `central-differences`: ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h

    >>> central_differences(lambda x: float(x[0] ** 2 * x[1]), np.array([3.0, 2.0])).round(6)
    array([12.,  9.])
    """
    if not h > 0:
        raise ValueError(f"expected a step h > 0, got {h}")
    slopes = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = 1
        slopes[i] = (f(x + h * e) - f(x - h * e)) / (2 * h)
    return slopes


def relative_error(gradient: Array, measured: Array) -> float:
    """How far apart two gradients are, for their size: 0 when equal, 1 when one is 0, 2 when they are opposite.

    Lengths of whole gradients are compared, so that an element near 0 does not make noise look like a mistake.

    Formula `gradient-relative-error`: ‖g − ĝ‖ / max(‖g‖, ‖ĝ‖)

    >>> relative_error(np.array([3.0, 4.0]), measured=np.array([3.0, 3.0]))
    0.2
    """
    size = max(np.sqrt((gradient**2).sum()), np.sqrt((measured**2).sum()))
    distance = np.sqrt(((gradient - measured) ** 2).sum())
    return float(distance / size) if size > 0 else 0.0


def check_gradient(
    f: Callable[[Array], float], x: Array, gradient: Array, h: float = 1e-6, tolerance: float = 1e-6
) -> float:
    """The relative error of `gradient` at x. Raises ValueError, naming the worst element, above the tolerance.

    In float64 a right gradient comes to 10⁻⁸ or so; a wrong sign or a missing factor is 10⁻² or more.

    >>> check_gradient(lambda x: float((x**2).sum()), np.array([1.0, -2.0]), gradient=np.array([2.0, -4.0])) < 1e-9
    True
    >>> check_gradient(lambda x: float((x**2).sum()), np.array([1.0, -2.0]), gradient=np.array([1.0, -2.0]))
    Traceback (most recent call last):
    ValueError: expected the gradient -4 at (1,), got -2 (relative error 0.5)
    """
    if gradient.shape != x.shape:
        raise ValueError(f"expected a gradient of the shape {x.shape} of x, got {gradient.shape}")
    measured = central_differences(f, x, h)
    error = relative_error(gradient, measured)
    if error > tolerance:
        worst = np.unravel_index(int(np.abs(gradient - measured).argmax()), x.shape)
        at = tuple(int(i) for i in worst)
        raise ValueError(
            f"expected the gradient {measured[at]:.6g} at {at}, got {gradient[at]:.6g} "
            f"(relative error {error:.2g})"
        )
    return error
