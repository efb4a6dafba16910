"""LoRA: adapt a large weight by learning a product of two thin matrices beside it (Hu et al. 2021, §4.1).

W (O, I) is frozen; A (r, I) and B (O, r) learn. x is (..., I), outputs (..., O).
"""

import numpy as np

from jinjie.scratch import Array


def lora_start(outputs: int, inputs: int, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A random, B zero: the adapted model begins as the old one, and still has a gradient (B's is not zero).

    Formula `lora-start`: A ~ N(0, 1/I),  B = 0

    >>> a, b = lora_start(outputs=2, inputs=3, rank=1, rng=np.random.default_rng(0))
    >>> a.round(2), b.T
    (array([[ 0.07, -0.08,  0.37]]), array([[0., 0.]]))
    """
    if not 1 <= rank <= min(outputs, inputs):
        raise ValueError(f"expected a rank from 1 to {min(outputs, inputs)}, got {rank}")
    a = rng.standard_normal((rank, inputs)) / np.sqrt(inputs)
    b = np.zeros((outputs, rank))
    return a, b


def lora(x: Array, w: Array, a: Array, b: Array, alpha: float) -> Array:
    """The frozen layer's output and the adapter's, scaled by α/r so that another rank needs no other learning rate.

    Formula `lora`: y = W x + (α / r) B A x

    >>> a, b = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 1.0]])
    >>> lora(np.array([[1.0, 2.0, 3.0]]), np.eye(3), a, b, alpha=4.0)
    array([[1., 5., 9.]])
    """
    r = len(a)
    return x @ w.T + alpha / r * (x @ a.T) @ b.T


def lora_backward(
    upstream: Array, x: Array, w: Array, a: Array, b: Array, alpha: float
) -> tuple[Array, Array, Array]:
    """The gradients for x, A and B. W is frozen and has none: no memory for it, nor for its Adam states.

    Formula `lora-backward`: dB = (α/r) dYᵀ X Aᵀ;  dA = (α/r) Bᵀ dYᵀ X;  dX = dY W + (α/r) dY B A

    >>> w, a, b = np.eye(2), np.array([[1.0, 1.0]]), np.zeros((2, 1))
    >>> dx, da, db = lora_backward(np.array([[1.0, -1.0]]), np.array([[1.0, 2.0]]), w, a, b, alpha=2.0)
    >>> da, db.T  # at the start A's gradient is zero and B's is not
    (array([[0., 0.]]), array([[ 6., -6.]]))
    """
    scale = alpha / len(a)
    rows, errors = x.reshape(-1, x.shape[-1]), upstream.reshape(-1, upstream.shape[-1])
    db = scale * errors.T @ (rows @ a.T)
    da = scale * (errors @ b).T @ rows
    dx = upstream @ w + scale * upstream @ b @ a
    return dx, da, db


def lora_merge(w: Array, a: Array, b: Array, alpha: float) -> Array:
    """One matrix in place of three: after training the adapter costs nothing, and subtracting it takes it off.

    Formula `lora-merge`: W′ = W + (α / r) B A

    >>> lora_merge(np.eye(2), a=np.array([[1.0, 1.0]]), b=np.array([[0.0], [0.5]]), alpha=2.0)
    array([[1., 0.],
           [1., 2.]])
    """
    r = len(a)
    return w + alpha / r * b @ a


def lora_parameters(outputs: int, inputs: int, rank: int) -> int:
    """How many numbers an adapter learns, in place of O · I.

    Formula `lora-parameters`: n = r (O + I)

    >>> lora_parameters(outputs=4096, inputs=4096, rank=8), 4096 * 4096
    (65536, 16777216)
    """
    return rank * (outputs + inputs)
