"""Functions of each element alone: a tensor of any shape goes in, one of the same shape comes out.

The gradient of such a function is the upstream times its slope, element by element: x̄ = ȳ ⊙ f′(x).
The activations and their slopes are those of `networks.activations`.
"""

from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array, Booleans
from jinjie.scratch.autograd.broadcasting import broadcast_shape, unbroadcast
from jinjie.scratch.autograd.tensor import Operand, Tensor, pair, record, tensor
from jinjie.scratch.networks import activations


def elementwise(operation: str, x: Operand, y: Array, slope: Callable[[], Array]) -> Tensor:
    """y = f(x) with the slope f′(x); the slope is only worked out when a gradient comes back.

    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> cube = elementwise("cube", x, x.data**3, slope=lambda: 3 * x.data**2)
    >>> cube.backward([1.0, 1.0, 10.0])
    >>> x.grad
    array([  3.,  12., 270.])
    """
    return record(operation, y, (tensor(x),), lambda upstream: (upstream * slope(),))


def exp(x: Operand) -> Tensor:
    """eˣ, which is its own slope.

    >>> exp([0.0, 1.0]).data.round(4)
    array([1.    , 2.7183])
    """
    y = np.exp(tensor(x).data)
    return elementwise("exp", x, y, lambda: y)


def log(x: Operand) -> Tensor:
    """The natural logarithm, with the slope 1 / x.

    >>> log([1.0, 10.0]).data.round(4)
    array([0.    , 2.3026])
    """
    x = tensor(x)
    data = x.data
    return elementwise("log", x, np.log(data), lambda: 1 / data)


def sqrt(x: Operand) -> Tensor:
    """The square root, with the slope 1 / 2√x: infinite at 0, which is why an ε stands under most roots.

    >>> sqrt([4.0, 9.0]).data
    array([2., 3.])
    """
    y = np.sqrt(tensor(x).data)
    return elementwise("sqrt", x, y, lambda: 1 / (2 * y))


def tanh(x: Operand) -> Tensor:
    """Squeezed between −1 and 1.

    >>> tanh([0.0, 1.0]).data.round(4)
    array([0.    , 0.7616])
    """
    x = tensor(x)
    data = x.data
    return elementwise("tanh", x, activations.tanh(data), lambda: activations.tanh_derivative(data))


def sigmoid(x: Operand) -> Tensor:
    """Squeezed between 0 and 1.

    >>> sigmoid([0.0, 2.0]).data.round(4)
    array([0.5   , 0.8808])
    """
    x = tensor(x)
    data = x.data
    return elementwise("sigmoid", x, activations.sigmoid(data), lambda: activations.sigmoid_derivative(data))


def relu(x: Operand) -> Tensor:
    """What is positive passes; the slope at 0 is taken as 0.

    >>> relu([-1.0, 2.0]).data
    array([0., 2.])
    """
    x = tensor(x)
    data = x.data
    return elementwise("relu", x, activations.relu(data), lambda: activations.relu_derivative(data))


def gelu(x: Operand) -> Tensor:
    """x Φ(x), the smooth ReLU of Transformers, exact.

    >>> gelu([-1.0, 1.0]).data.round(4)
    array([-0.1587,  0.8413])
    """
    x = tensor(x)
    data = x.data
    return elementwise("gelu", x, activations.gelu(data), lambda: activations.gelu_derivative(data))


def where(condition: Booleans, a: Operand, b: Operand) -> Tensor:
    """a where the condition holds, else b; each gets back the gradient of the places where it was taken.

    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = where(np.array([True, False, True]), x, 0.0)
    >>> y.backward([10.0, 20.0, 30.0])
    >>> y.data, x.grad
    (array([1., 0., 3.]), array([10.,  0., 30.]))
    """
    if condition.dtype != bool:
        raise ValueError(f"expected a condition of booleans, got {condition.dtype}")
    a, b = pair(a, b)
    broadcast_shape(condition.shape, a.shape, b.shape)

    def pull(upstream: Array) -> tuple[Array, Array]:
        taken, left = np.where(condition, upstream, 0.0), np.where(condition, 0.0, upstream)
        return unbroadcast(taken, a.shape), unbroadcast(left, b.shape)

    return record("where", np.where(condition, a.data, b.data), (a, b), pull)


def masked(x: Operand, seen: Booleans, value: float = -np.inf) -> Tensor:
    """x where it may be seen, else `value`: −∞, as softmax makes it a share of nothing.

    >>> masked([1.0, 2.0], seen=np.array([True, False])).data
    array([  1., -inf])
    """
    return where(seen, x, value)
