"""Broadcasting and its gradient: what was stretched forward is added up backward.

NumPy stretches an axis of size 1, or puts axes before the first, until two shapes agree. Each copy of an element is one
use of it, so the element's gradient is the sum over its copies.
"""

import numpy as np

from jinjie.scratch import Array


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that all `shapes` stretch to: from the right, axes must be equal, or 1, or missing.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        got = " and ".join(str(shape) for shape in shapes)
        raise ValueError(
            f"expected shapes whose axes, from the right, are equal or 1 or missing, got {got}"
        ) from None


def unbroadcast(upstream: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of what had `shape` before it was stretched to the shape of `upstream`.

    A bias added to N examples is used N times: its gradient is the sum of theirs.

    Formula `broadcasting-backward`: b̄_c = Σₙ ȳₙ_c, where b (C) was stretched to y (N, C)

    >>> unbroadcast(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), shape=(3,))
    array([11., 22., 33.])
    """
    if upstream.shape == shape:
        return upstream
    if broadcast_shape(upstream.shape, shape) != upstream.shape:
        raise ValueError(f"expected an upstream that {shape} stretches to, got {upstream.shape}")
    added = upstream.ndim - len(shape)
    stretched = [added + axis for axis, size in enumerate(shape) if size == 1]
    total: Array = upstream.sum(axis=(*range(added), *stretched), keepdims=True)
    return total.reshape(shape)
