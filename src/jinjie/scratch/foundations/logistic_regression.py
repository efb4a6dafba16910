"""Logistic regression: the probability of class 1 from a weighted sum of features.

X holds N examples of F features (N, F), y their N labels 0 and 1, w the F weights and b the bias.
"""

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.foundations import linear_regression
from jinjie.scratch.foundations.encoding import check_labels
from jinjie.scratch.networks.activations import sigmoid


def predict_probability(X: Array, w: Array, b: float) -> Array:
    """The probability of class 1 for each row: (N, F) → (N,).

    Source: Bishop, Pattern Recognition and Machine Learning (2006), equation 4.87.

    Formula `logistic-regression`: p_n = σ(z_n) = 1 / (1 + e^(−z_n));  z_n = Σ_f X_nf w_f + b

    >>> predict_probability(np.array([[0.0], [1.0], [4.0]]), w=np.array([1.0]), b=-1.0).round(4)
    array([0.2689, 0.5   , 0.9526])
    """
    z = linear_regression.predict(X, w, b)
    return sigmoid(z)


def loss(X: Array, y: Integers, w: Array, b: float, l2: float = 0.0) -> float:
    """The mean surprise at the labels, plus λ/2 ‖w‖²: convex, so every way down ends at the same bottom.

    scikit-learn's C is 1 / (λ N). Source: Bishop (2006), equation 4.90, here the mean.

    Formula `logistic-loss`: L(w, b) = 1/N Σ_n [log(1 + e^(z_n)) − y_n z_n] + λ/2 Σ_f w_f²

    >>> round(loss(np.array([[0.0], [1.0], [4.0]]), np.array([0, 1, 1]), w=np.array([1.0]), b=-1.0, l2=0.2), 4)
    0.4517
    """
    check_targets(X, y)
    z = linear_regression.predict(X, w, b)
    surprise = np.logaddexp(0, z) - y * z
    return float(np.mean(surprise) + l2 / 2 * np.sum(w**2))


def loss_gradient(X: Array, y: Integers, w: Array, b: float, l2: float = 0.0) -> tuple[Array, float]:
    """(∂L/∂w, ∂L/∂b): linear regression's shape, with p in place of ŷ, because σ′ cancels against the logarithm.

    Source: Bishop (2006), equation 4.91.

    Formula `logistic-gradient`: ∂L/∂w_f = 1/N Σ_n (p_n − y_n) X_nf + λ w_f;  ∂L/∂b = 1/N Σ_n (p_n − y_n)

    >>> X, y = np.array([[0.0], [1.0], [4.0]]), np.array([0, 1, 1])
    >>> grad_w, grad_b = loss_gradient(X, y, w=np.array([1.0]), b=-1.0, l2=0.2)
    >>> grad_w.round(4), round(grad_b, 4)
    (array([-0.0299]), -0.0928)
    """
    check_targets(X, y)
    N = len(y)
    p = predict_probability(X, w, b)
    grad_w = X.T @ (p - y) / N + l2 * w
    grad_b = float(np.sum(p - y) / N)
    return grad_w, grad_b


def newton_step(X: Array, y: Integers, w: Array, b: float, l2: float = 0.0) -> tuple[Array, float]:
    """Jump to the bottom of the parabola that fits the loss best here: near the end each step doubles the digits.

    The bias is the last entry of θ and of the gradient; it is not penalised.
    Source: Bishop (2006), equations 4.92 and 4.97 (iteratively reweighted least squares).

    Formula `logistic-newton-step`: θ ← θ − H⁻¹ ∇L;  H = 1/N X̃ᵀ diag(p (1 − p)) X̃ + λ diag(1, …, 1, 0)

    >>> X, y = np.array([[0.0], [1.0], [4.0], [2.0]]), np.array([0, 1, 1, 0])
    >>> w, b = newton_step(X, y, w=np.zeros(1), b=0.0)
    >>> w.round(4), round(b, 4)
    (array([0.6857]), -1.2)
    """
    grad_w, grad_b = loss_gradient(X, y, w, b, l2)
    N, F = X.shape
    gradient = np.append(grad_w, grad_b)
    p = predict_probability(X, w, b)
    X_1 = np.column_stack([X, np.ones(N)])
    H = (X_1.T * (p * (1 - p))) @ X_1 / N + l2 * np.diag(np.append(np.ones(F), 0))
    try:
        theta = np.append(w, b) - np.linalg.solve(H, gradient)
    except np.linalg.LinAlgError:
        raise ValueError("expected independent features, got a singular H: drop one, or use l2 > 0") from None
    return theta[:-1], float(theta[-1])


def fit(
    X: Array, y: Integers, l2: float = 0.0, tolerance: float = 1e-10, budget: int = 100
) -> tuple[Array, float]:
    """The (w, b) of least loss by Newton's method, until no slope exceeds the tolerance.

    Where a plane separates the classes and λ = 0 there is no least loss, only ever larger weights: ValueError, as
    when the budget of steps runs out.

    >>> X, y = np.array([[0.0], [1.0], [4.0], [2.0], [3.0]]), np.array([0, 1, 1, 0, 1])
    >>> w, b = fit(X, y)
    >>> w.round(4), round(b, 4)
    (array([1.0904]), -1.5582)
    """
    check_targets(X, y)
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(budget):
        grad_w, grad_b = loss_gradient(X, y, w, b, l2)
        if np.abs(np.append(grad_w, grad_b)).max() <= tolerance:
            return w, b
        z = linear_regression.predict(X, w, b)
        if l2 == 0 and np.where(y == 1, z, -z).min() > 0:
            raise ValueError("expected classes that overlap, got some that a plane separates: use l2 > 0")
        w, b = newton_step(X, y, w, b, l2)
    raise ValueError(
        f"expected slopes of at most {tolerance} within {budget} steps: give more, or use l2 > 0"
    )


def fit_by_descent(
    X: Array, y: Integers, lr: float = 0.1, steps: int = 1000, l2: float = 0.0
) -> tuple[Array, float]:
    """The same by plain gradient descent: more and cheaper steps, each against the gradient of all examples.

    >>> X, y = np.array([[0.0], [1.0], [4.0], [2.0], [3.0]]), np.array([0, 1, 1, 0, 1])
    >>> w, b = fit_by_descent(X, y, lr=0.5, steps=2000)
    >>> w.round(4), round(b, 4)
    (array([1.0904]), -1.5582)
    """
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        grad_w, grad_b = loss_gradient(X, y, w, b, l2)
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b


def check_targets(X: Array, y: Integers) -> None:
    """Raise ValueError unless X is (N, F) and y holds N labels 0 and 1."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"expected X (N, F) and y (N,), got {X.shape} and {y.shape}")
    check_labels(y, 2)
