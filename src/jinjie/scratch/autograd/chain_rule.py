"""The chain rule in the order that makes it cheap: from the loss backward, one vector at a time.

A Jacobian ∂y/∂x (M, N) has a row for each output and a column for each input. x̄ is short for ∂L/∂x, the gradient of the
loss L with respect to x. A whole network's Jacobian is never made: each step only needs x̄ = ȳᵀ ∂y/∂x.
"""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array


def chain_rule(dy_du: Array, du_dx: Array) -> Array:
    """The Jacobian of y(u(x)): (M, K) and (K, N) → (M, N). Every way from x to y counts, and the ways are added up.

    Source: Goodfellow, Bengio & Courville 2016, Deep Learning, §6.5.2.

    Formula `chain-rule`: ∂yᵢ/∂xⱼ = Σₖ ∂yᵢ/∂uₖ · ∂uₖ/∂xⱼ

    >>> x = np.array([2.0, 3.0])
    >>> du_dx = np.array([[x[1], x[0]], [1.0, 1.0]])  # u = (x₀ x₁, x₀ + x₁) = (6, 5)
    >>> chain_rule(dy_du=np.array([[5.0, 6.0]]), du_dx=du_dx)  # y = u₀ u₁
    array([[21., 16.]])
    """
    if dy_du.shape[-1] != du_dx.shape[0]:
        raise ValueError(f"expected Jacobians (M, K) and (K, N), got {dy_du.shape} and {du_dx.shape}")
    dy_dx: Array = dy_du @ du_dx
    return dy_dx


def vector_jacobian_product(upstream: Array, jacobian: Array) -> Array:
    """One step back: how the loss feels y (M), through ∂y/∂x (M, N), becomes how it feels x (N).

    Formula `vector-jacobian-product`: x̄ⱼ = Σᵢ ȳᵢ ∂yᵢ/∂xⱼ

    >>> vector_jacobian_product(np.array([1.0, 10.0]), jacobian=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    array([41., 52., 63.])
    """
    if upstream.shape != jacobian.shape[:1]:
        raise ValueError(
            f"expected upstream (M) and a Jacobian (M, N), got {upstream.shape} and {jacobian.shape}"
        )
    gradient: Array = upstream @ jacobian
    return gradient


def through_layers(upstream: Array, jacobians: Sequence[Array]) -> tuple[Array, int]:
    """The gradient of the input of a chain of layers, and how many multiplications it took.

    `jacobians` stand in the order of the forward pass, the first layer first; going back begins with the last. The same
    product begun at the input multiplies matrices by matrices (`forward_multiplications`).

    >>> gradient, count = through_layers(np.ones(1), [np.ones((50, 100)), np.ones((50, 50)), np.ones((1, 50))])
    >>> gradient.shape, count, forward_multiplications([(50, 100), (50, 50), (1, 50)])
    ((100,), 7550, 255000)
    """
    multiplications = 0
    for jacobian in reversed(jacobians):
        multiplications += jacobian.size
        upstream = vector_jacobian_product(upstream, jacobian)
    return upstream, multiplications


def forward_multiplications(shapes: Sequence[tuple[int, int]]) -> int:
    """How many multiplications the same chain takes from the input on, as forward mode would do it.

    >>> forward_multiplications([(3, 5), (2, 3)])
    30
    """
    inputs = shapes[0][1]
    return sum(rows * columns * inputs for rows, columns in shapes[1:])


def hidden_delta(delta_next: Array, W_next: Array, slope: Array) -> Array:
    """The gradient at a hidden layer's z from that at the next one's: back through the weights, then the bend.

    delta_next (N, K), W_next (K, C), slope f′(z) (N, C) → (N, C). The slope is taken at z, before the activation.
    Source: Rumelhart, Hinton & Williams 1986.

    Formula `layer-backpropagation`: δˡ = (Wˡ⁺¹ᵀ δˡ⁺¹) ⊙ f′(zˡ)

    >>> W_next, slope = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]), np.array([[1.0, 0.5, 0.0]])
    >>> hidden_delta(np.array([[10.0, 1.0]]), W_next, slope)
    array([[10. , 10.5,  0. ]])
    """
    delta: Array = (delta_next @ W_next) * slope
    return delta


def accumulate(upstreams: Array, jacobians: Array) -> Array:
    """The gradient of an x that is used K times: each use sends its part back, and the parts are added up.

    upstreams (K, M) and jacobians (K, M, N): of each use, ȳ and ∂y/∂x. Result (N).

    Formula `gradient-accumulation`: x̄ = Σₖ ȳ⁽ᵏ⁾ᵀ ∂y⁽ᵏ⁾/∂x

    >>> upstreams = np.array([[1.0, 1.0], [1.0, 0.0]])
    >>> jacobians = np.array([[[1.0, 0.0], [0.0, 1.0]], [[5.0, 6.0], [7.0, 8.0]]])
    >>> accumulate(upstreams, jacobians)  # (1, 1) from the first use, (5, 6) from the second
    array([6., 7.])
    """
    gradient = np.zeros(jacobians.shape[-1])
    for upstream, jacobian in zip(upstreams, jacobians, strict=True):
        gradient = gradient + vector_jacobian_product(upstream, jacobian)
    return gradient
