"""The residual connection: a layer learns what to add to its input, and gradients have a way around it.

Vectors are (N, C): N examples, C channels; the branch widens them to M and brings them back.
"""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array


def residual(x: Array, w1: Array, w2: Array) -> Array:
    """The input plus what a small network makes of it (He et al. 2016, equation 1); (N, C).

    With weights at zero the block passes its input through unchanged: depth can do no harm at the start.

    Formula `residual`: y = x + F(x),  F(x) = max(0, x W₁) W₂

    >>> x, w1 = np.array([[1.0, -2.0]]), np.array([[1.0, 0.5, -1.0], [1.0, -1.0, 0.0]])
    >>> residual(x, w1, w2=np.array([[1.0, 0.0], [0.2, 0.4], [1.0, 1.0]]))
    array([[ 1.5, -1. ]])
    """
    hidden = np.maximum(0, x @ w1)
    branch = hidden @ w2
    if branch.shape != x.shape:
        raise ValueError(
            f"what is added must have the input's shape {x.shape}, but the branch gave {branch.shape}"
        )
    return x + branch


def residual_backward(upstream: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    """The gradients for x, W₁ and W₂: x's is `upstream` itself plus what comes back through the branch.

    Formula `residual-gradient`: ∂L/∂x = g + ((g W₂ᵀ) ⊙ [x W₁ > 0]) W₁ᵀ

    >>> x, w1 = np.array([[1.0, -2.0]]), np.array([[1.0, 0.5, -1.0], [1.0, -1.0, 0.0]])
    >>> grad_x, _, _ = residual_backward(np.array([[10.0, 0.0]]), x, w1, np.array([[1.0, 0.0], [0.2, 0.4], [1.0, 1.0]]))
    >>> grad_x
    array([[11., -2.]])
    """
    z = x @ w1
    hidden = np.maximum(0, z)
    grad_w2 = hidden.T @ upstream
    grad_z = (upstream @ w2.T) * (z > 0)
    grad_w1 = x.T @ grad_z
    grad_x = upstream + grad_z @ w1.T
    return grad_x, grad_w1, grad_w2


def gradient_through_depth(jacobians: Sequence[Array], upstream: Array, skip: bool = True) -> Array:
    """The gradient's length at the output and after each layer on its way back, from branches' Jacobians ∂F/∂x.

    Without the skip connection the way is a product of Jacobians, which vanishes when they are small. With it each
    factor is I + J: multiplied out, the 1 remains whatever the Js are (He et al. 2016, Identity Mappings, equation 5).

    Formula `residual-depth`: ∂L/∂x₀ = g (I + J_L) (I + J_{L−1}) ⋯ (I + J_1)

    >>> small = [np.array([[0.1, 0.0], [0.2, 0.1]])] * 20
    >>> with_skip = gradient_through_depth(small, upstream=np.array([1.0, 0.0]))
    >>> without = gradient_through_depth(small, upstream=np.array([1.0, 0.0]), skip=False)
    >>> with_skip[-1].round(3), without[-1].round(22)
    (np.float64(6.727), np.float64(1e-20))
    """
    grad = upstream
    lengths = [np.linalg.norm(grad)]
    for jacobian in reversed(jacobians):
        through = grad @ jacobian
        grad = grad + through if skip else through
        lengths.append(np.linalg.norm(grad))
    return np.array(lengths)
