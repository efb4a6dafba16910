"""The network that reads handwritten digits: 784 pixels, 128 hidden units with dropout, 10 scores, trained by Adam.

Everything is put together from functions of other files; `mlp_fast.py` is the same network for speed.
x is (N, 784) from 0 to 1, y (N) holds the digits.
"""

from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array, Booleans, Integers
from jinjie.scratch.foundations.losses import cross_entropy, cross_entropy_gradient
from jinjie.scratch.networks.activations import relu, relu_derivative
from jinjie.scratch.networks.initialization import he_uniform, xavier_uniform
from jinjie.scratch.networks.layer import linear, linear_backward
from jinjie.scratch.networks.optimizers import adam
from jinjie.scratch.networks.regularization import draw_kept, dropout, dropout_backward


class Network(NamedTuple):
    """The parameters; also anything that has their shapes: their gradients, Adam's moments."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array


class Training(NamedTuple):
    """Where a training stands: the network, Adam's two moments of it and the number of steps so far."""

    network: Network
    m: Network
    v: Network
    t: int


def new_network(rng: np.random.Generator, inputs: int = 784, hidden: int = 128, outputs: int = 10) -> Network:
    """Weights of He's size before the ReLU and of Glorot's before the softmax; biases 0.

    >>> [parameter.shape for parameter in new_network(np.random.default_rng(0))]
    [(128, 784), (128,), (10, 128), (10,)]
    """
    return Network(
        he_uniform(rng, inputs, hidden),
        np.zeros(hidden),
        xavier_uniform(rng, hidden, outputs),
        np.zeros(outputs),
    )


def new_training(network: Network) -> Training:
    """The start: no step taken, both moments 0.

    >>> new_training(new_network(np.random.default_rng(0), 2, 3, 2)).m.b1
    array([0., 0., 0.])
    """
    zero = Network(*(np.zeros_like(parameter) for parameter in network))
    return Training(network, m=zero, v=zero, t=0)


def scores(
    x: Array, W1: Array, b1: Array, W2: Array, b2: Array, kept: Booleans | None = None, p: float = 0.2
) -> Array:
    """The network forward: x (N, 784) → scores (N, 10). `kept` (N, 128) says what dropout leaves; None leaves all.

    Formula `digits-network`: z = W₂ (k max(0, W₁ x + b₁) / (1 − p)) + b₂

    >>> W1, b1, W2, b2 = np.array([[1.0, 0.0], [-1.0, 1.0]]), np.array([0.5, 0.0]), np.eye(2), np.array([0.0, 1.0])
    >>> scores(np.array([[1.0, 3.0]]), W1, b1, W2, b2, kept=np.array([[True, False]]), p=0.5)
    array([[3., 1.]])
    """
    h = relu(linear(x, W1, b1))
    if kept is not None:
        h = dropout(h, kept, p)
    return linear(h, W2, b2)


def loss_gradient(
    x: Array,
    y: Integers,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    kept: Booleans | None = None,
    p: float = 0.2,
) -> tuple[float, Network]:
    """The cross-entropy, and its gradient by hand: forward with every step kept, then back through the same steps.

    Formula `digits-network-backward`: δ₂ = (softmax(z₂) − onehot(y)) / N;  ∂L/∂W₂ = Σₙ δ₂ hᵀ;  ∂L/∂b₂ = Σₙ δ₂;
    δ₁ = (W₂ᵀ δ₂) k / (1 − p) ⊙ [z₁ > 0];  ∂L/∂W₁ = Σₙ δ₁ xᵀ;  ∂L/∂b₁ = Σₙ δ₁

    >>> W1, b1, W2, b2 = np.array([[1.0, 0.0], [-1.0, 1.0]]), np.array([0.5, 0.0]), np.eye(2), np.array([0.0, 1.0])
    >>> before, gradient = loss_gradient(np.array([[1.0, 3.0]]), np.array([1]), W1, b1, W2, b2)
    >>> round(before, 4), gradient.b2.round(4)
    (0.2014, array([ 0.1824, -0.1824]))
    """
    z1 = linear(x, W1, b1)
    a = relu(z1)
    h = a if kept is None else dropout(a, kept, p)
    z2 = linear(h, W2, b2)

    delta2 = cross_entropy_gradient(z2, y)
    dh, dW2, db2 = linear_backward(delta2, h, W2, b2)
    da = dh if kept is None else dropout_backward(dh, kept, p)
    delta1 = da * relu_derivative(z1)
    _, dW1, db1 = linear_backward(delta1, x, W1, b1)
    return cross_entropy(z2, y), Network(dW1, db1, dW2, db2)


def train_step(
    training: Training, x: Array, y: Integers, kept: Booleans | None = None, p: float = 0.2, lr: float = 1e-3
) -> tuple[Training, float]:
    """One step of Adam on one batch; the loss is the one before the step.

    >>> start = new_training(new_network(np.random.default_rng(0), 2, 3, 2))
    >>> after, before = train_step(start, np.array([[1.0, 0.0]]), np.array([1]), lr=0.1)
    >>> after.t, after.network.b2  # Adam's first step has the size of the rate
    (1, array([-0.1,  0.1]))
    """
    t = training.t + 1
    before, gradient = loss_gradient(x, y, *training.network, kept, p)
    moved = [adam(training.network[i], gradient[i], training.m[i], training.v[i], t, lr) for i in range(4)]
    network, m, v = (Network(*(one[i] for one in moved)) for i in range(3))
    return Training(network, m, v, t), before


def train_epoch(
    training: Training,
    x: Array,
    y: Integers,
    rng: np.random.Generator,
    batch: int = 32,
    p: float = 0.2,
    lr: float = 1e-3,
) -> tuple[Training, float]:
    """Once through the data in mini-batches of a new random order, each with new dropout; the mean loss with it.

    >>> rng = np.random.default_rng(0)
    >>> x, y = np.eye(4), np.array([0, 1, 0, 1])
    >>> training, mean = train_epoch(new_training(new_network(rng, 4, 8, 2)), x, y, rng, batch=3)
    >>> training.t  # a batch of three and one of the example left over
    2
    """
    order = rng.permutation(len(y))
    hidden = len(training.network.b1)
    total: float = 0
    for start in range(0, len(y), batch):
        rows = order[start : start + batch]
        kept = draw_kept(rng, (len(rows), hidden), p)
        training, before = train_step(training, x[rows], y[rows], kept, p, lr)
        total += before * len(rows)
    return training, total / len(y)


def accuracy(x: Array, y: Integers, network: Network) -> float:
    """The share of digits that get the highest score, without dropout.

    >>> network = Network(np.eye(2), np.zeros(2), np.eye(2), np.zeros(2))
    >>> accuracy(np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 2.0]]), np.array([0, 1, 0]), network)
    0.6666666666666666
    """
    return float(np.mean(scores(x, *network).argmax(axis=1) == y))
