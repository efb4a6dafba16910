"""A tensor that remembers how it was made, so that a gradient finds its way back: reverse-mode differentiation.

Every operation makes a new `Tensor` that holds its value, the tensors it was made of (its parents) and `pull`: a
function from the gradient of the result to those of the parents. The tensors and their parents are a graph;
`backward` walks it from the result to the leaves, each tensor once, after all that were made of it. Whatever needs no
gradient remembers nothing. The operators + − × / ** @ are here; the rest is in the files beside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from jinjie.scratch import Array
from jinjie.scratch.autograd.broadcasting import broadcast_shape, unbroadcast
from jinjie.scratch.autograd.products import matmul, matmul_backward

Pull = Callable[[Array], tuple[Array, ...]]
"""From the gradient of a result to the gradients of its parents, in their order and of their shapes."""


class Tensor:
    """An array with a gradient, and the operation and the parents that made it.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x) @ np.array([1.0, 10.0])
    >>> y.backward()
    >>> y.item(), x.grad
    (41.0, array([ 2., 40.]))
    """

    __array_ufunc__ = (
        None  # array + tensor is then left to __radd__, instead of NumPy going through the elements
    )

    def __init__(self, data: ArrayLike, requires_grad: bool = False, name: str = "") -> None:
        self.data: Array = np.asarray(data, dtype=np.float64)
        self.requires_grad = requires_grad
        self.name = name
        self.grad: Array | None = None
        """∂L/∂self, None before `backward`; of a leaf, the sum over all calls of `backward` so far."""
        self.operation = ""
        self.parents: tuple[Tensor, ...] = ()
        self.pull: Pull | None = None

    def __repr__(self) -> str:
        called = self.name or self.operation
        return f"Tensor({self.data}, {called})" if called else f"Tensor({self.data})"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    def item(self) -> float:
        """The value of a tensor with one element, as a number."""
        return float(self.data.item())

    def detach(self) -> Tensor:
        """The same values without a past: no gradient flows through.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x.detach()).backward()  # as if the second factor were a constant
        >>> x.grad
        array(3.)
        """
        return Tensor(self.data)

    def zero_grad(self) -> None:
        """Forget the gradient: the next `backward` starts from nothing. Forgetting to forget adds up the steps."""
        self.grad = None

    def backward(self, upstream: ArrayLike | None = None) -> None:
        """Send the gradient of this result back to everything that it was made of: backpropagation.

        Each tensor adds its part to the `grad` of each parent. Its own is complete by then, as all that were made of
        it come first. Leaves add to what earlier calls left there. `upstream` is the gradient of this result itself, 1
        for a single number. Source: Linnainmaa 1970; Baydin et al. 2018, Automatic Differentiation in Machine
        Learning: a Survey, §3.2.

        Formula `backpropagation`: v̄ = Σ_{w made of v} w̄ᵀ ∂w/∂v, from L̄ = 1 back to the leaves

        >>> x = Tensor(3.0, requires_grad=True, name="x")
        >>> u = x * x
        >>> loss = u * u + x
        >>> loss.backward()
        >>> u.grad, x.grad  # 2 u = 18; 4 x³ + 1 = 109
        (array(18.), array(109.))
        """
        self._begin(upstream)
        for node in reversed(topological_order(self)):
            for parent, part in zip(node.parents, node._parts(), strict=True):
                if parent.requires_grad:
                    parent._receive(part)

    def _begin(self, upstream: ArrayLike | None) -> None:
        """Forget what an earlier call left between the result and the leaves, and give the result its own gradient."""
        if not self.requires_grad:
            raise ValueError("expected a result of something with requires_grad=True, got one without")
        if upstream is None and self.data.size != 1:
            raise ValueError(f"expected a single number, or its upstream gradient, got a result {self.shape}")
        given = np.ones_like(self.data) if upstream is None else np.array(upstream, dtype=np.float64)
        if given.shape != self.shape:
            raise ValueError(f"expected an upstream gradient of the shape {self.shape}, got {given.shape}")
        for node in topological_order(self):
            if node.parents:
                node.grad = None
        self._receive(given)

    def _receive(self, part: Array) -> None:
        self.grad = np.asarray(part if self.grad is None else self.grad + part)

    def _parts(self) -> tuple[Array, ...]:
        """What goes to each parent."""
        return () if self.pull is None or self.grad is None else self.pull(self.grad)

    def __add__(self, other: Operand) -> Tensor:
        a, b = pair(self, other)
        return record(
            "+", a.data + b.data, (a, b), lambda u: (unbroadcast(u, a.shape), unbroadcast(u, b.shape))
        )

    def __mul__(self, other: Operand) -> Tensor:
        a, b = pair(self, other)

        def pull(u: Array) -> tuple[Array, Array]:
            return unbroadcast(u * b.data, a.shape), unbroadcast(u * a.data, b.shape)

        return record("×", a.data * b.data, (a, b), pull)

    def __pow__(self, exponent: float) -> Tensor:
        """A fixed power of each element. An exponent that is learned would be exp(exponent · log(x))."""
        if not isinstance(exponent, (int, float)):
            raise ValueError(f"expected a number as exponent, got {type(exponent).__name__}")
        power = float(exponent)
        x = self.data
        return record(f"^{exponent:g}", x**power, (self,), lambda u: (u * power * x ** (power - 1),))

    def __matmul__(self, other: Operand) -> Tensor:
        a, b = tensor(self), tensor(other)
        y = matmul(a.data, b.data)
        return record("@", y, (a, b), lambda u: matmul_backward(u, a.data, b.data))

    def __neg__(self) -> Tensor:
        return record("neg", -self.data, (self,), lambda u: (-u,))

    def __sub__(self, other: Operand) -> Tensor:
        a, b = pair(self, other)
        return record(
            "−", a.data - b.data, (a, b), lambda u: (unbroadcast(u, a.shape), unbroadcast(-u, b.shape))
        )

    def __truediv__(self, other: Operand) -> Tensor:
        a, b = pair(self, other)

        def pull(u: Array) -> tuple[Array, Array]:
            return unbroadcast(u / b.data, a.shape), unbroadcast(-u * a.data / b.data**2, b.shape)

        return record("/", a.data / b.data, (a, b), pull)

    def __radd__(self, other: ArrayLike) -> Tensor:
        return tensor(other) + self

    def __rsub__(self, other: ArrayLike) -> Tensor:
        return tensor(other) - self

    def __rmul__(self, other: ArrayLike) -> Tensor:
        return tensor(other) * self

    def __rtruediv__(self, other: ArrayLike) -> Tensor:
        return tensor(other) / self

    def __rmatmul__(self, other: ArrayLike) -> Tensor:
        return tensor(other) @ self


Operand = Tensor | ArrayLike


def tensor(x: Operand) -> Tensor:
    """x as a tensor: a number or an array becomes a constant, a tensor stays the one it is."""
    return x if isinstance(x, Tensor) else Tensor(x)


def pair(a: Operand, b: Operand) -> tuple[Tensor, Tensor]:
    """Both as tensors whose shapes stretch to one another. Raises ValueError, naming the shapes, when they do not."""
    a, b = tensor(a), tensor(b)
    broadcast_shape(a.shape, b.shape)
    return a, b


def record(operation: str, data: Array, parents: tuple[Tensor, ...], pull: Pull) -> Tensor:
    """The result of an operation, with its past if anything in it needs a gradient.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> doubled = record("double", 2 * x.data, (x,), lambda u: (2 * u,))
    >>> doubled.backward([1.0, 10.0])
    >>> x.grad
    array([ 2., 20.])
    """
    result = Tensor(data)
    if any(parent.requires_grad for parent in parents):
        result.requires_grad = True
        result.operation, result.parents, result.pull = operation, parents, pull
    return result


def topological_order(result: Tensor) -> list[Tensor]:
    """Everything that `result` was made of and that needs a gradient, parents before children, `result` last.

    A stack in place of recursion: a loop of ten thousand operations is as deep as it is long.

    >>> x = Tensor(2.0, requires_grad=True, name="x")
    >>> [node.operation or node.name for node in topological_order(-(x * x) + x)]
    ['x', '×', 'neg', '+']
    """
    order: list[Tensor] = []
    entered: set[Tensor] = set()
    stack = [(result, False)]
    while stack:
        node, parents_are_done = stack.pop()
        if parents_are_done:
            order.append(node)
        elif node not in entered:
            entered.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in reversed(node.parents) if parent.requires_grad)
    return order


def value_and_gradient(f: Callable[..., Tensor], *arrays: Array) -> tuple[float, list[Array]]:
    """f of the arrays, and its gradient with respect to each: what an optimiser asks for, as one pure function.

    >>> value_and_gradient(lambda w, x: (w @ x) ** 2, np.array([1.0, 2.0]), np.array([3.0, 1.0]))
    (25.0, [array([30., 10.]), array([10., 20.])])
    """
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    value = f(*tensors)
    value.backward()
    return value.item(), [np.zeros_like(x.data) if x.grad is None else x.grad for x in tensors]
