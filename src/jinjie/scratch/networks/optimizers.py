"""Optimisers: from a gradient to a step. Each is one pure function from parameters and state to the next ones.

θ may have any shape; the gradient and every state share it. States start at zero and t counts from 1.
"""

import numpy as np

from jinjie.scratch import Array


def sgd(theta: Array, grad: Array, lr: float = 0.01) -> Array:
    """Go a little downhill. How many examples the gradient came from is not this rule's business.

    Formula `sgd`: θ ← θ − η g

    >>> sgd(np.array([1.0, -2.0]), grad=np.array([0.5, -4.0]), lr=0.1)
    array([ 0.95, -1.6 ])
    """
    return theta - lr * grad


def momentum(
    theta: Array, grad: Array, velocity: Array, lr: float = 0.01, beta: float = 0.9
) -> tuple[Array, Array]:
    """A heavy ball: the velocity remembers earlier gradients and forgets them by a factor β each step (Polyak 1964).

    Formula `momentum`: u ← β u + g;  θ ← θ − η u

    >>> theta, velocity = momentum(np.array([1.0]), grad=np.array([2.0]), velocity=np.array([3.0]), lr=0.1)
    >>> velocity, theta
    (array([4.7]), array([0.53]))
    """
    velocity = beta * velocity + grad
    theta = theta - lr * velocity
    return theta, velocity


def adagrad(
    theta: Array, grad: Array, squares: Array, lr: float = 0.01, eps: float = 1e-10
) -> tuple[Array, Array]:
    """A rate for each coordinate, smaller the more it has moved (Duchi, Hazan & Singer 2011).

    `squares` is the *sum* of all squared gradients so far: without the sum, g / √(g² + ε) is only the sign
    of g, and the steps never shrink. ε keeps the division away from zero; it regularises nothing.

    Formula `adagrad`: s ← s + g²;  θ ← θ − η g / (√s + ε)

    >>> theta, squares = adagrad(np.array([1.0]), grad=np.array([4.0]), squares=np.array([9.0]), lr=0.1)
    >>> squares, theta
    (array([25.]), array([0.92]))
    """
    squares = squares + grad**2
    theta = theta - lr * grad / (np.sqrt(squares) + eps)
    return theta, squares


def rmsprop(
    theta: Array, grad: Array, squares: Array, lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8
) -> tuple[Array, Array]:
    """AdaGrad that forgets: a moving average in place of the sum (Hinton, lecture 6e, 2012).

    Formula `rmsprop`: s ← α s + (1 − α) g²;  θ ← θ − η g / (√s + ε)

    >>> theta, squares = rmsprop(np.array([1.0]), np.array([4.0]), squares=np.array([9.0]), lr=0.1, alpha=0.5)
    >>> squares, theta.round(4)
    (array([12.5]), array([0.8869]))
    """
    squares = alpha * squares + (1 - alpha) * grad**2
    theta = theta - lr * grad / (np.sqrt(squares) + eps)
    return theta, squares


def adam(
    theta: Array,
    grad: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """Momentum over RMSProp, both corrected for their start at zero (Kingma & Ba 2015, algorithm 1).

    m is the first moment of the gradient and v the second: v is not a velocity. Their ratio makes the step
    independent of the gradient's scale.

    Formula `adam`: m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
    m̂ = m / (1 − β₁ᵗ);  v̂ = v / (1 − β₂ᵗ);  θ ← θ − η m̂ / (√v̂ + ε)

    >>> theta, grad, zero = np.array([1.0, -2.0]), np.array([0.5, -100.0]), np.zeros(2)
    >>> theta, m, v = adam(theta, grad, m=zero, v=zero, t=1, lr=0.1)
    >>> theta.round(4)  # the first step is η in the direction of the sign, for small and large gradients alike
    array([ 0.9, -1.9])
    """
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)
    return theta, m, v


def adamw(
    theta: Array,
    grad: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Array, Array, Array]:
    """Adam whose weight decay does not pass through the moments (Loshchilov & Hutter 2019, algorithm 2).

    Formula `adamw`: θ ← (1 − η λ) θ, then the step of `adam`

    >>> theta, m, v = adamw(np.array([2.0]), np.array([1.0]), np.zeros(1), np.zeros(1), t=1, lr=0.1, weight_decay=0.5)
    >>> theta.round(4)  # 2 · (1 − 0.1 · 0.5) − 0.1
    array([1.8])
    """
    theta = theta - lr * weight_decay * theta
    return adam(theta, grad, m, v, t, lr, beta1, beta2, eps)
