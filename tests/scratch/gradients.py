"""The yardstick of every gradient: central differences over all elements."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray


def central_differences(
    f: Callable[[NDArray[np.float64]], float], x: NDArray[np.float64], step: float = 1e-6
) -> NDArray[np.float64]:
    """The gradient of the scalar `f` at `x`, element by element: (f(x + h) − f(x − h)) / 2h, error O(h²)."""
    slopes = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        slopes[at] = (f(up) - f(down)) / (2 * step)
    return slopes


def check_gradient(
    f: Callable[[NDArray[np.float64]], float], x: NDArray[np.float64], gradient: NDArray[np.float64]
) -> None:
    """Assert that `gradient` is the gradient of `f` at `x`.

    Tolerance: with h = 1e-6 rounding leaves about 1e-16 / 1e-6 = 1e-10 of f's size, truncation about 1e-12.
    """
    assert np.shape(gradient) == np.shape(x), "a gradient has the shape of what it is the gradient of"
    assert gradient == pytest.approx(central_differences(f, x), rel=1e-6, abs=1e-7)
