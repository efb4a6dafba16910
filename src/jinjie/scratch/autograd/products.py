"""The matrix product and its gradient, for any number of batch axes, stretched where they differ."""

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.autograd.broadcasting import broadcast_shape, unbroadcast


def matmul(a: Array, b: Array) -> Array:
    """Rows of a times columns of b: (..., N, K) and (..., K, M) → (..., N, M). A vector is a row or a column alone.

    Formula `matmul`: yₙₘ = Σₖ aₙₖ bₖₘ

    >>> matmul(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 10.0], [1.0, 100.0]]))
    array([[  3., 210.],
           [  7., 430.]])
    """
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[-2:][0]:
        raise ValueError(f"expected a (..., N, K) and b (..., K, M), got {a.shape} and {b.shape}")
    broadcast_shape(a.shape[:-2], b.shape[:-2])
    y: Array = a @ b
    return y


def matmul_backward(upstream: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """The gradients of a and b: `upstream` through the other factor, transposed.

    The shapes alone nearly say it: of (N, M) with (K, M) and (N, K) nothing else can become (N, K) and (K, M).

    Formula `matmul-backward`: ā = ȳ bᵀ;  b̄ = aᵀ ȳ

    >>> a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 10.0, 0.0], [1.0, 100.0, 1.0]])
    >>> da, db = matmul_backward(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), a, b)
    >>> da, db
    (array([[1., 1.],
           [0., 1.]]), array([[1., 0., 3.],
           [2., 0., 4.]]))
    """
    rows = a[np.newaxis, :] if a.ndim == 1 else a
    columns = b[:, np.newaxis] if b.ndim == 1 else b
    batch = broadcast_shape(rows.shape[:-2], columns.shape[:-2])
    u = upstream.reshape(*batch, rows.shape[-2], columns.shape[-1])
    da = u @ np.swapaxes(columns, -1, -2)
    db = np.swapaxes(rows, -1, -2) @ u
    return unbroadcast(da, rows.shape).reshape(a.shape), unbroadcast(db, columns.shape).reshape(b.shape)
