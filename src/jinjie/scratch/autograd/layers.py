"""Layers put together from the operations: their gradients come from the tape, none is derived by hand.

Softmax alone keeps its own gradient, that of `networks.activations`: it is stable for large scores and one node
instead of five.
"""

import numpy as np

from jinjie.scratch import Booleans, Integers
from jinjie.scratch.autograd import operations, reductions, shaping
from jinjie.scratch.autograd.tensor import Operand, Tensor, record, tensor
from jinjie.scratch.networks import activations


def softmax(z: Operand) -> Tensor:
    """Probabilities from scores, along the last axis.

    >>> softmax([1.0, 2.0, 3.0]).data.round(4)
    array([0.09  , 0.2447, 0.6652])
    """
    z = tensor(z)
    data = z.data
    return record(
        "softmax", activations.softmax(data), (z,), lambda u: (activations.softmax_backward(u, data),)
    )


def log_softmax(z: Operand) -> Tensor:
    """The logarithms of those probabilities, without ever making one that is rounded to 0.

    >>> log_softmax([1.0, 2.0, 3.0]).data.round(4)
    array([-2.4076, -1.4076, -0.4076])
    """
    z = tensor(z)
    data = z.data
    return record(
        "log softmax",
        activations.log_softmax(data),
        (z,),
        lambda u: (activations.log_softmax_backward(u, data),),
    )


def cross_entropy(logits: Operand, labels: Integers) -> Tensor:
    """How improbable the right classes were: the mean of −log p over all places. logits (..., K), labels (...).

    From the logits: a softmax before this would be a second one.

    >>> logits = Tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(logits, np.array([0, 1]))
    >>> loss.backward()
    >>> round(loss.item(), 4), logits.grad.round(4)  # (p − one-hot) / N
    (0.41, array([[-0.0596,  0.0596],
           [ 0.25  , -0.25  ]]))
    """
    logits = tensor(logits)
    K = logits.shape[-1]
    if labels.shape != logits.shape[:-1] or labels.size == 0:
        raise ValueError(f"expected a label for each row of logits {logits.shape}, got {labels.shape}")
    if not (labels.min() >= 0 and labels.max() < K):
        raise ValueError(f"expected labels from 0 to {K - 1}, got {labels.min()} to {labels.max()}")
    log_p = shaping.reshape(log_softmax(logits), -1, K)
    right = shaping.index(log_p, (np.arange(labels.size), labels.reshape(-1)))
    return -reductions.mean(right)


def linear(x: Operand, W: Operand, b: Operand) -> Tensor:
    """x W + b with x (..., C_in), W (C_in, C_out), b (C_out).

    >>> linear([[1.0, 2.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [0.0, 0.0, 0.5]).data
    array([[1. , 2. , 3.5]])
    """
    return tensor(x) @ W + b


def layer_norm(x: Operand, gamma: Operand, beta: Operand, eps: float = 1e-5) -> Tensor:
    """Mean 0 and variance 1 over the channels of each place (..., C), then a learned scale and shift.

    >>> layer_norm([[1.0, 3.0], [10.0, 50.0]], gamma=[1.0, 2.0], beta=[0.0, 5.0]).data.round(4)
    array([[-1.,  7.],
           [-1.,  7.]])
    """
    x = tensor(x)
    centred = x - reductions.mean(x, axis=-1, keepdims=True)
    var = reductions.mean(centred**2, axis=-1, keepdims=True)
    x_hat = centred / operations.sqrt(var + eps)
    return x_hat * gamma + beta


def dropout(x: Operand, kept: Booleans, p: float) -> Tensor:
    """x where it is kept, else 0, made larger by what is missing on average: `kept` is drawn with the chance 1 − p.

    >>> dropout([1.0, 2.0], kept=np.array([True, False]), p=0.5).data
    array([2., 0.])
    """
    if not 0 <= p < 1:
        raise ValueError(f"expected a chance p from 0 up to 1, got {p}")
    return operations.where(kept, tensor(x) / (1 - p), 0.0)


def attention(Q: Operand, K: Operand, V: Operand, seen: Booleans | None = None) -> Tensor:
    """softmax(Q Kᵀ / √D) V with Q (..., T, D), K (..., S, D), V (..., S, E); `seen` (..., T, S) hides the rest.

    >>> Q, K, V = np.eye(2), np.eye(2), np.array([[1.0], [3.0]])
    >>> attention(Q, K, V, seen=np.array([[True, False], [True, True]])).data.round(4)
    array([[1.    ],
           [2.3395]])
    """
    Q = tensor(Q)
    D = Q.shape[-1]
    Z = Q @ shaping.swap_axes(K, -1, -2) / np.sqrt(D)
    A = softmax(Z if seen is None else operations.masked(Z, seen))
    return A @ V
