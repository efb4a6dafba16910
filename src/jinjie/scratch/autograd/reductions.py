"""Many elements become one: sum, mean and max, over all axes, one axis or several.

`axis=None` means all. With `keepdims` an axis stays with the size 1, so that the result stretches back to x.
Use them by the module's name, `reductions.sum(x)`: their names are Python's and NumPy's.
"""

import math

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.autograd.tensor import Operand, Tensor, record, tensor

Axis = int | tuple[int, ...] | None


def sum(x: Operand, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum: every element moves it by as much as itself, so that each gets the upstream unchanged.

    >>> x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    >>> total = sum(x, axis=1)
    >>> total.backward([1.0, 10.0])
    >>> total.data, x.grad
    (array([ 6., 15.]), array([[ 1.,  1.,  1.],
           [10., 10., 10.]]))
    """
    x = tensor(x)
    axes, shape = every(axis, x.data.ndim), x.shape

    def pull(upstream: Array) -> tuple[Array]:
        return (np.broadcast_to(kept(upstream, axes, shape), shape),)

    return record("sum", x.data.sum(axis=axes, keepdims=keepdims), (x,), pull)


def mean(x: Operand, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean: the sum, with each element's part divided by how many there are.

    >>> x = Tensor([[1.0, 2.0], [3.0, 6.0]], requires_grad=True)
    >>> average = mean(x)
    >>> average.backward()
    >>> average.item(), x.grad
    (3.0, array([[0.25, 0.25],
           [0.25, 0.25]]))
    """
    x = tensor(x)
    axes, shape = every(axis, x.data.ndim), x.shape
    count = math.prod(shape[i] for i in axes)
    if count == 0:
        raise ValueError(f"expected something to take the mean of, got the shape {shape}")

    def pull(upstream: Array) -> tuple[Array]:
        return (np.broadcast_to(kept(upstream, axes, shape), shape) / count,)

    return record("mean", x.data.mean(axis=axes, keepdims=keepdims), (x,), pull)


def max(x: Operand, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element: it alone gets the upstream; several that are equally large share it evenly.

    >>> x = Tensor([[1.0, 5.0, 3.0], [4.0, 4.0, 2.0]], requires_grad=True)
    >>> largest = max(x, axis=-1)
    >>> largest.backward([1.0, 1.0])
    >>> largest.data, x.grad
    (array([5., 4.]), array([[0. , 1. , 0. ],
           [0.5, 0.5, 0. ]]))
    """
    x = tensor(x)
    axes, data = every(axis, x.data.ndim), x.data
    if any(data.shape[i] == 0 for i in axes):
        raise ValueError(f"expected something to take the largest of, got the shape {data.shape}")
    largest: Array = data.max(axis=axes, keepdims=True)

    def pull(upstream: Array) -> tuple[Array]:
        winners = np.where(data == largest, 1.0, 0.0)
        shares = winners / winners.sum(axis=axes, keepdims=True)
        return (kept(upstream, axes, data.shape) * shares,)

    return record("max", data.max(axis=axes, keepdims=keepdims), (x,), pull)


def every(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` means, counted from the left.

    >>> every(None, ndim=3), every(-1, ndim=3), every((0, -2), ndim=3)
    ((0, 1, 2), (2,), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for i in axes:
        if not -ndim <= i < ndim:
            raise ValueError(f"expected an axis from {-ndim} to {ndim - 1}, got {i}")
    return tuple(i % ndim for i in axes)


def kept(upstream: Array, axes: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """The upstream with each reduced axis back in its place with the size 1, whether it was kept or not."""
    return upstream.reshape([1 if i in axes else size for i, size in enumerate(shape)])
