"""The graph of a computation, as something to look at: its tensors, what was made of what, and in which order.

`picture.py` draws it. Constants are in it too, though no gradient goes to them.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.autograd.tensor import Tensor, topological_order

Kind = Literal["leaf", "constant", "operation", "result"]


class Node(NamedTuple):
    """One tensor of the graph."""

    kind: Kind
    label: str
    """The operation, else the tensor's name; empty for a leaf without a name."""
    shape: tuple[int, ...]
    value: float | None
    """The value, where it is a single number."""
    gradient: float | None
    """∂L of a single number, the length ‖∂L‖ of an array's gradient; None before `backward`."""
    layer: int
    """0 at the top; every tensor is below all that it was made of."""
    cut: int
    """How many of its parents are left out."""


class Graph(NamedTuple):
    """The tensors, those before which something was made of them first, the result last."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    """Parent and child, as places in `nodes`; a parent that is used twice has two edges."""
    left_out: int
    """How many tensors are further from the result than those shown."""


def graph(result: Tensor, limit: int = 40) -> Graph:
    """What `result` was computed from: the `limit` tensors nearest to it, and how many there are besides.

    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> loss = x * x + 1
    >>> loss.backward()
    >>> shown = graph(loss)
    >>> [(node.label, node.layer, node.value, node.gradient) for node in shown.nodes]
    [('x', 0, 3.0, 6.0), ('×', 1, 9.0, 1.0), ('', 1, 1.0, None), ('+', 2, 10.0, 1.0)]
    >>> shown.edges
    ((0, 1), (0, 1), (1, 3), (2, 3))
    """
    if limit < 1:
        raise ValueError(f"expected to show at least the result, got the limit {limit}")
    order = with_constants(result)
    nearest = set(nearest_first(result)[:limit])
    shown = [tensor for tensor in order if tensor in nearest]
    place = {tensor: i for i, tensor in enumerate(shown)}
    edges = tuple(
        (place[parent], place[child]) for child in shown for parent in child.parents if parent in place
    )
    layer = layers(len(shown), edges)
    nodes = tuple(node(tensor, tensor is result, layer[i], nearest) for i, tensor in enumerate(shown))
    return Graph(nodes, edges, left_out=len(order) - len(shown))


def with_constants(result: Tensor) -> list[Tensor]:
    """Everything that `result` was made of, parents before children: what learns, and the constants with it."""
    order: dict[Tensor, None] = {}
    for tensor in topological_order(result):
        order |= dict.fromkeys(parent for parent in tensor.parents if not parent.requires_grad)
        order[tensor] = None
    return list(order)


def nearest_first(result: Tensor) -> list[Tensor]:
    """The result, its parents, their parents and so on: by the number of steps back."""
    found = {result: None}
    ring = [result]
    while ring:
        ring = list(
            dict.fromkeys(parent for child in ring for parent in child.parents if parent not in found)
        )
        found |= dict.fromkeys(ring)
    return list(found)


def layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each of `count` nodes in topological order: one below its lowest parent.

    A node without parents then sinks to just above the first that is made of it, so that a bias stands beside what it
    is added to and not at the very top.

    >>> layers(4, [(0, 1), (1, 3), (2, 3)])
    [0, 1, 1, 2]
    """
    parents: list[list[int]] = [[] for _ in range(count)]
    children: list[list[int]] = [[] for _ in range(count)]
    for parent, child in edges:
        parents[child].append(parent)
        children[parent].append(child)
    layer: list[int] = []
    for i in range(count):
        layer.append(max((layer[parent] + 1 for parent in parents[i]), default=0))
    for i in range(count):
        if not parents[i] and children[i]:
            layer[i] = min(layer[child] for child in children[i]) - 1
    return layer


def node(tensor: Tensor, is_result: bool, layer: int, shown: set[Tensor]) -> Node:
    """What a reader wants to know of a tensor."""
    kind: Kind = "operation" if tensor.operation else "leaf" if tensor.requires_grad else "constant"
    return Node(
        kind="result" if is_result else kind,
        label=tensor.name or tensor.operation,
        shape=tensor.shape,
        value=tensor.item() if tensor.data.size == 1 else None,
        gradient=None if tensor.grad is None else size_of(tensor.grad),
        layer=layer,
        cut=sum(parent not in shown for parent in tensor.parents),
    )


def size_of(gradient: Array) -> float:
    """A single number as it is, an array by its length √Σ g².

    >>> size_of(np.array([-2.0])), size_of(np.array([3.0, -4.0]))
    (-2.0, 5.0)
    """
    return float(gradient.item() if gradient.size == 1 else np.sqrt((gradient**2).sum()))
