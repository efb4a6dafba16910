"""Elements moved and not changed: their gradients are moved back the same way."""

import math
from collections.abc import Sequence
from types import EllipsisType

import numpy as np

from jinjie.scratch import Array, Booleans, Integers
from jinjie.scratch.autograd.tensor import Operand, Tensor, record, tensor

Part = int | slice | EllipsisType | None | Integers | Booleans
Index = Part | tuple[Part, ...]


def reshape(x: Operand, *shape: int) -> Tensor:
    """The same elements in another shape; a size of −1 is worked out.

    >>> reshape([1.0, 2.0, 3.0, 4.0], 2, -1).data
    array([[1., 2.],
           [3., 4.]])
    """
    x = tensor(x)
    before = x.shape
    if shape.count(-1) == 0 and math.prod(shape) != x.data.size:
        raise ValueError(f"expected a shape for {x.data.size} elements, got {shape}")
    return record("reshape", x.data.reshape(shape), (x,), lambda upstream: (upstream.reshape(before),))


def transpose(x: Operand, *axes: int) -> Tensor:
    """The axes in another order, `axes[i]` at the place i; backwards without any.

    >>> transpose(np.zeros((2, 3, 4)), 1, 2, 0).shape, transpose(np.zeros((2, 3, 4))).shape
    ((3, 4, 2), (4, 3, 2))
    """
    x = tensor(x)
    order = [axis % x.data.ndim for axis in axes] or list(reversed(range(x.data.ndim)))
    if sorted(order) != list(range(x.data.ndim)):
        raise ValueError(f"expected each of {x.data.ndim} axes once, got {axes}")
    back = np.argsort(order)
    return record("transpose", x.data.transpose(order), (x,), lambda upstream: (upstream.transpose(back),))


def swap_axes(x: Operand, one: int, other: int) -> Tensor:
    """Two axes change places; backward they change back.

    >>> swap_axes(np.zeros((2, 3, 4)), -1, -2).shape
    (2, 4, 3)
    """
    x = tensor(x)
    return record(
        "swap axes",
        np.swapaxes(x.data, one, other),
        (x,),
        lambda upstream: (np.swapaxes(upstream, one, other),),
    )


def index(x: Operand, at: Index) -> Tensor:
    """The elements that NumPy's x[at] picks, by slices, integers or booleans, also arrays of them.

    >>> x = Tensor([5.0, 6.0, 7.0], requires_grad=True)
    >>> y = index(x, np.array([2, 0, 2]))
    >>> y.backward([1.0, 10.0, 100.0])
    >>> y.data, x.grad  # the third was picked twice: its gradients add up
    (array([7., 5., 7.]), array([ 10.,   0., 101.]))
    """
    x = tensor(x)
    shape = x.shape

    def pull(upstream: Array) -> tuple[Array]:
        return (index_backward(upstream, shape, at),)

    return record("index", x.data[at], (x,), pull)


def index_backward(upstream: Array, shape: tuple[int, ...], at: Index) -> Array:
    """Each gradient back to the place that was picked; places picked several times get the sum, the others 0.

    `gradient[at] += upstream` would be wrong: NumPy then keeps only the last of several parts for one place.

    Formula `indexing-backward`: x̄ᵢ = Σ_{j: at_j = i} ȳⱼ

    >>> index_backward(np.array([1.0, 10.0, 100.0]), shape=(3,), at=np.array([2, 0, 2]))
    array([ 10.,   0., 101.])
    """
    gradient = np.zeros(shape)
    np.add.at(gradient, at, upstream)  # type: ignore[arg-type]  # NumPy's types are narrower than NumPy
    return gradient


def embedding(table: Operand, ids: Integers) -> Tensor:
    """The row of the table (V, C) for each id (...) → (..., C): a token's vector, learned as any weight.

    >>> embedding([[0.0, 0.0], [1.0, 2.0]], ids=np.array([[1, 0]])).data
    array([[[1., 2.],
            [0., 0.]]])
    """
    table = tensor(table)
    V = table.shape[0]
    if ids.dtype.kind not in "iu":
        raise ValueError(f"expected whole numbers as ids, got {ids.dtype}")
    if ids.size and not (ids.min() >= 0 and ids.max() < V):
        raise ValueError(f"expected ids from 0 to {V - 1}, got {ids.min()} to {ids.max()}")
    return index(table, ids)


def concatenate(parts: Sequence[Operand], axis: int = 0) -> Tensor:
    """Several tensors one behind the other along an axis; each gets back the stretch that was its own.

    >>> concatenate([np.zeros((2, 1)), np.ones((2, 2))], axis=1).data
    array([[0., 1., 1.],
           [0., 1., 1.]])
    """
    tensors = tuple(tensor(part) for part in parts)
    if not tensors:
        raise ValueError("expected at least one tensor to concatenate, got none")
    y = np.concatenate([part.data for part in tensors], axis=axis)
    ends = np.cumsum([part.shape[axis] for part in tensors])[:-1]
    return record("concatenate", y, tensors, lambda upstream: tuple(np.split(upstream, ends, axis=axis)))
