"""Gradient descent three ways: all examples a step, one example a step, a few examples a step.

`gradient(theta, X, y)` is the mean gradient over the examples it is given; θ may have any shape. Each of the
three functions is one epoch: every example is used exactly once. How many examples a step sees is the whole
difference: 1 epoch is 1 step, N steps, or ⌈N / n⌉ steps.
"""

from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array

Gradient = Callable[[Array, Array, Array], Array]


def batch_gradient_descent(theta: Array, gradient: Gradient, X: Array, y: Array, lr: float = 0.1) -> Array:
    """One step against the exact gradient, the mean over all N examples.

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), §4.3 and §8.1.3.

    Formula `batch-gradient-descent`: θ ← θ − η 1/N Σ_{i=1..N} ∇L_i(θ)

    >>> half_squares = lambda theta, X, y: np.mean(theta - X, axis=0)  # the gradient of ½(θ − x)²: θ seeks the mean
    >>> X = np.array([[1.0], [2.0], [6.0]])
    >>> batch_gradient_descent(np.zeros(1), half_squares, X, y=X, lr=0.5)
    array([1.5])
    """
    check_pairs(X, y)
    return theta - lr * gradient(theta, X, y)


def stochastic_gradient_descent(
    theta: Array, gradient: Gradient, X: Array, y: Array, rng: np.random.Generator, lr: float = 0.1
) -> Array:
    """N steps, each against the gradient of *one* example, in a new random order.

    Source: Robbins & Monro 1951; Bottou, Curtis & Nocedal 2018, equation 3.7.

    Formula `stochastic-gradient-descent`: for i in a random order of 1..N: θ ← θ − η ∇L_i(θ)

    >>> half_squares = lambda theta, X, y: np.mean(theta - X, axis=0)
    >>> X = np.array([[1.0], [2.0], [6.0]])
    >>> stochastic_gradient_descent(np.zeros(1), half_squares, X, y=X, rng=np.random.default_rng(0), lr=0.5)
    array([2.])
    """
    check_pairs(X, y)
    for i in rng.permutation(len(X)):
        theta = theta - lr * gradient(theta, X[i : i + 1], y[i : i + 1])
    return theta


def minibatch_gradient_descent(
    theta: Array,
    gradient: Gradient,
    X: Array,
    y: Array,
    batch_size: int,
    rng: np.random.Generator,
    lr: float = 0.1,
) -> Array:
    """⌈N / n⌉ steps, each against the mean gradient of n examples; the last step takes those that are left.

    Source: Goodfellow, Bengio & Courville (2016), algorithm 8.1.

    Formula `minibatch-gradient-descent`: for B in a random split into batches of n: θ ← θ − η 1/n Σ_{i∈B} ∇L_i(θ)

    >>> half_squares = lambda theta, X, y: np.mean(theta - X, axis=0)
    >>> X = np.array([[1.0], [2.0], [6.0]])
    >>> rng = np.random.default_rng(0)
    >>> minibatch_gradient_descent(np.zeros(1), half_squares, X, y=X, batch_size=2, rng=rng, lr=0.5)
    array([1.875])
    """
    check_pairs(X, y)
    if not 1 <= batch_size <= len(X):
        raise ValueError(
            f"expected a batch size from 1 to {len(X)}, the number of examples, got {batch_size}"
        )
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        batch = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, X[batch], y[batch])
    return theta


def minibatch_variance(gradients: Array, n: int, replacement: bool = False) -> Array:
    """How far the mean of n of the N gradients (N, F) strays from the mean of all: its variance, (F,).

    The mean is right on average for every n (unbiased); quadruple the batch, and the error halves. Without
    replacement there is a little less noise, and none at n = N.
    Source: Cochran, Sampling Techniques (3rd ed. 1977), theorem 2.2.

    Formula `minibatch-variance`: Var[ĝ] = σ²/n · (N − n)/(N − 1), with replacement σ²/n;  σ² = 1/N Σ_i (g_i − ḡ)²

    >>> minibatch_variance(np.array([[1.0, 0.0], [2.0, 0.0], [6.0, 3.0]]), n=2)
    array([1.16666667, 0.5       ])
    """
    N = len(gradients)
    if n < 1 or (n > N and not replacement):
        raise ValueError(f"expected a batch of 1 to {N} of the {N} gradients, got {n}")
    sigma_squared = gradients.var(axis=0)
    correction = 1 if replacement or N == 1 else (N - n) / (N - 1)
    variance: Array = sigma_squared / n * correction
    return variance


def descend(
    epoch: Callable[[Array], Array],
    slope: Callable[[Array], Array],
    theta: Array,
    budget: int = 1000,
    tolerance: float = 1e-6,
) -> tuple[Array, int, bool]:
    """Epoch after epoch until the slope is small or the budget is spent: (θ, epochs used, was the slope small?).

    "Until the minimum" is no rule that can end: see `quadratic_descent` and `noise_floor`.

    Formula `stopping-rule`: stop at the first t with ‖∇L(θ_t)‖ ≤ tolerance, and at t = budget

    >>> descend(lambda theta: 0.5 * theta, lambda theta: theta, theta=np.array([1.0]), budget=100, tolerance=0.1)
    (array([0.0625]), 4, True)
    """
    for t in range(budget):
        if np.linalg.norm(slope(theta)) <= tolerance:
            return theta, t, True
        theta = epoch(theta)
    return theta, budget, bool(np.linalg.norm(slope(theta)) <= tolerance)


def quadratic_descent(theta_0: float, a: float, lr: float, t: int) -> float:
    """Where descent on ½ a θ² stands after t steps: nearer by one factor each time, and never there.

    Only the one rate η = 1/a arrives; from η = 2/a on the factor's size is 1 or more and descent diverges.
    Source: Goodfellow, Bengio & Courville (2016), §4.3.1; Nocedal & Wright, Numerical Optimization (2006), §3.3.

    Formula `gradient-descent-on-a-quadratic`: θ_t = (1 − η a)ᵗ θ₀

    >>> quadratic_descent(theta_0=8.0, a=2.0, lr=0.25, t=10)
    0.0078125
    """
    return (1 - lr * a) ** t * theta_0


def noise_floor(a: float, lr: float, sigma: float) -> float:
    """The mean square distance at which noisy descent on ½ a θ² hovers for ever: gradient a θ + noise of deviation σ.

    It follows from E[θ²] = (1 − η a)² E[θ²] + η² σ²: only a falling rate, or larger batches, take it to zero.
    Source: Bottou, Curtis & Nocedal 2018, Optimization Methods for Large-Scale Machine Learning, theorem 4.6 bounds it
    for other losses.

    Formula `sgd-noise-floor`: E[θ²] = η σ² / (a (2 − η a))

    >>> round(noise_floor(a=1.0, lr=0.1, sigma=2.0), 4)
    0.2105
    """
    if not 0 < lr * a < 2:
        raise ValueError(
            f"expected 0 < η a < 2, outside of which descent goes nowhere or diverges, got {lr * a}"
        )
    return lr * sigma**2 / (a * (2 - lr * a))


def check_pairs(X: Array, y: Array) -> None:
    """Raise ValueError unless X and y hold the same number of examples, at least one."""
    if len(X) != len(y) or len(X) == 0:
        raise ValueError(f"expected as many targets as examples, at least one, got {len(X)} and {len(y)}")
