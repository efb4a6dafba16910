"""The network that reads handwritten digits, trained with automatic differentiation alone.

The same network as in `networks.mlp`, the same Adam and the same losses; but there the gradient was derived by hand,
and here only the forward pass is written down. x is (N, 784) from 0 to 1, y (N) holds the digits.
"""

import numpy as np

from jinjie.scratch import Array, Booleans, Integers
from jinjie.scratch.autograd.layers import cross_entropy, dropout
from jinjie.scratch.autograd.operations import relu
from jinjie.scratch.autograd.shaping import transpose
from jinjie.scratch.autograd.tensor import Operand, Tensor, tensor, value_and_gradient
from jinjie.scratch.networks.mlp import Network, Training
from jinjie.scratch.networks.optimizers import adam


def scores(
    x: Operand,
    W1: Operand,
    b1: Operand,
    W2: Operand,
    b2: Operand,
    kept: Booleans | None = None,
    p: float = 0.2,
) -> Tensor:
    """The network forward: x (N, 784) → scores (N, 10). `kept` (N, 128) says what dropout leaves; None leaves all.

    >>> W1, b1, W2, b2 = np.array([[1.0, 0.0], [-1.0, 1.0]]), np.array([0.5, 0.0]), np.eye(2), np.array([0.0, 1.0])
    >>> scores(np.array([[1.0, 3.0]]), W1, b1, W2, b2, kept=np.array([[True, False]]), p=0.5).data
    array([[3., 1.]])
    """
    h = relu(tensor(x) @ transpose(W1) + b1)
    if kept is not None:
        h = dropout(h, kept, p)
    return h @ transpose(W2) + b2


def loss_gradient(
    x: Array, y: Integers, network: Network, kept: Booleans | None = None, p: float = 0.2
) -> tuple[float, Network]:
    """The loss of a batch and its gradient: the forward pass, and the tape run back.

    >>> network = Network(np.array([[1.0, 0.0], [-1.0, 1.0]]), np.array([0.5, 0.0]), np.eye(2), np.array([0.0, 1.0]))
    >>> before, gradient = loss_gradient(np.array([[1.0, 3.0]]), np.array([1]), network)
    >>> round(before, 4), gradient.b2.round(4)
    (0.2014, array([ 0.1824, -0.1824]))
    """

    def loss(W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> Tensor:
        return cross_entropy(scores(x, W1, b1, W2, b2, kept, p), y)

    before, gradient = value_and_gradient(loss, *network)
    return before, Network(*gradient)


def train_step(
    training: Training, x: Array, y: Integers, kept: Booleans | None = None, p: float = 0.2, lr: float = 1e-3
) -> tuple[Training, float]:
    """One step of Adam on one batch; the loss is the one before the step.

    >>> network = Network(np.eye(2), np.zeros(2), np.eye(2), np.zeros(2))
    >>> zero = Network(*(np.zeros_like(parameter) for parameter in network))
    >>> after, before = train_step(Training(network, zero, zero, 0), np.array([[1.0, 0.0]]), np.array([1]), lr=0.1)
    >>> after.t, after.network.b2  # Adam's first step has the size of the rate
    (1, array([-0.1,  0.1]))
    """
    t = training.t + 1
    before, gradient = loss_gradient(x, y, training.network, kept, p)
    steps = [
        adam(theta, grad, m, v, t, lr)
        for theta, grad, m, v in zip(training.network, gradient, training.m, training.v, strict=True)
    ]
    network, m, v = (Network(*parts) for parts in zip(*steps, strict=True))
    return Training(network, m, v, t), before


def accuracy(x: Array, y: Integers, network: Network) -> float:
    """The share of digits that get the highest score. Plain arrays go in, so no tape is written.

    >>> network = Network(np.eye(2), np.zeros(2), np.eye(2), np.zeros(2))
    >>> accuracy(np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 2.0]]), np.array([0, 1, 0]), network)
    0.6666666666666666
    """
    return float(np.mean(scores(x, *network).data.argmax(axis=1) == y))
