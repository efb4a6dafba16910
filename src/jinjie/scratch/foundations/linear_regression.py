"""Linear regression: a number predicted as a weighted sum of features, with the weights that err least.

X holds N examples of F features (N, F), y the N targets, w the F weights and b the bias.
"""

import numpy as np

from jinjie.scratch import Array


def predict(X: Array, w: Array, b: float) -> Array:
    """The prediction for each row of X: (N, F) → (N,).

    Source: Bishop, Pattern Recognition and Machine Learning (2006), equation 3.1.

    Formula `linear-model`: ŷ_n = Σ_f X_nf w_f + b

    >>> predict(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), w=np.array([10.0, 1.0]), b=0.5)
    array([12.5, 34.5, 56.5])
    """
    if X.shape[1:] != w.shape:
        raise ValueError(f"expected one weight a feature, got X of shape {X.shape} and w of shape {w.shape}")
    return X @ w + b


def loss(X: Array, y: Array, w: Array, b: float) -> float:
    """The mean squared error of the line: a bowl over w and b, with one bottom.

    Formula `linear-regression-loss`: L(w, b) = 1/N Σ_n (Σ_f X_nf w_f + b − y_n)²

    >>> round(loss(np.array([[0.0], [1.0], [2.0]]), y=np.array([1.0, 3.0, 5.0]), w=np.array([1.0]), b=1.0), 4)
    1.6667
    """
    check_targets(X, y)
    errors = predict(X, w, b) - y
    return float(np.mean(errors**2))


def loss_gradient(X: Array, y: Array, w: Array, b: float) -> tuple[Array, float]:
    """(∂L/∂w, ∂L/∂b): each feature answers for the errors in proportion to its value.

    Formula `linear-regression-gradient`: ∂L/∂w_f = 2/N Σ_n (ŷ_n − y_n) X_nf;  ∂L/∂b = 2/N Σ_n (ŷ_n − y_n)

    >>> grad_w, grad_b = loss_gradient(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]), np.array([1.0]), 1.0)
    >>> grad_w.round(4), round(grad_b, 4)
    (array([-3.3333]), -2.0)
    """
    check_targets(X, y)
    N = len(y)
    errors = predict(X, w, b) - y
    grad_w = 2 / N * (X.T @ errors)
    grad_b = 2 / N * float(errors.sum())
    return grad_w, grad_b


def normal_equations(X: Array, y: Array) -> tuple[Array, float]:
    """The (w, b) of least loss, where the gradient is zero, in one step.

    A column of ones makes the bias one more weight. The product X̃ᵀX̃ squares the condition number: of
    sixteen digits, features that are nearly copies of one another leave few. Then `least_squares` is better.
    Source: Bishop (2006), equation 3.15.

    Formula `normal-equations`: (X̃ᵀ X̃) θ = X̃ᵀ y;  X̃ = [X, 1];  θ = (w, b)

    >>> w, b = normal_equations(np.array([[0.0], [1.0], [3.0]]), y=np.array([1.0, 3.0, 7.0]))
    >>> w.round(4), round(b, 4)
    (array([2.]), 1.0)
    """
    check_targets(X, y)
    X_1 = np.column_stack([X, np.ones(len(X))])
    rank, unknowns = np.linalg.matrix_rank(X_1), X_1.shape[1]
    if rank < unknowns:
        raise ValueError(
            f"expected {unknowns} independent columns (the constant one too), got {rank}: "
            "many weights fit equally well; drop a feature, or use least_squares or ridge"
        )
    theta = np.linalg.solve(X_1.T @ X_1, X_1.T @ y)
    return theta[:-1], float(theta[-1])


def least_squares(X: Array, y: Array) -> tuple[Array, float]:
    """The same (w, b) by singular values, without forming X̃ᵀX̃; of many equally good ones, the smallest.

    Source: Golub & Van Loan, Matrix Computations (4th ed. 2013), §5.5.

    Formula `least-squares`: θ = X̃⁺ y = V Σ⁺ Uᵀ y;  X̃ = [X, 1] = U Σ Vᵀ

    >>> w, b = least_squares(np.array([[0.0], [1.0], [3.0]]), y=np.array([1.0, 3.0, 7.0]))
    >>> w.round(4), round(b, 4)
    (array([2.]), 1.0)
    """
    check_targets(X, y)
    X_1 = np.column_stack([X, np.ones(len(X))])
    U, sigma, Vt = np.linalg.svd(X_1, full_matrices=False)
    # A singular value of rounding size stands for a direction in which the examples do not differ.
    real = sigma > max(X_1.shape) * np.finfo(np.float64).eps * sigma[0]
    theta = Vt[real].T @ ((U[:, real].T @ y) / sigma[real])
    return theta[:-1], float(theta[-1])


def ridge(X: Array, y: Array, l2: float = 1.0) -> tuple[Array, float]:
    """Least squares that pays for large weights, not for the bias: steady where features are nearly copies.

    Source: Hoerl & Kennard 1970; Hastie, Tibshirani & Friedman (2009), equation 3.44, on centred data.

    Formula `ridge-regression`: (X̄ᵀ X̄ + λ I) w = X̄ᵀ ȳ, X̄ and ȳ less their means;  b = mean(y) − mean(X)·w

    >>> w, b = ridge(np.array([[0.0], [1.0], [2.0]]), y=np.array([1.0, 3.0, 5.0]), l2=2.0)
    >>> w.round(4), round(b, 4)  # half the slope, and still through the middle of the data
    (array([1.]), 2.0)
    """
    check_targets(X, y)
    x_mean, y_mean = X.mean(axis=0), y.mean()
    X_c, y_c = X - x_mean, y - y_mean
    w = np.linalg.solve(X_c.T @ X_c + l2 * np.eye(X.shape[1]), X_c.T @ y_c)
    b = float(y_mean - x_mean @ w)
    return w, b


def r_squared(y: Array, y_hat: Array) -> float:
    """The share of the targets' variance that the predictions explain: 1 perfect, 0 no better than the mean.

    On examples that were not trained on it can fall below zero without bound.
    Source: Draper & Smith, Applied Regression Analysis (3rd ed. 1998), chapter 1.

    Formula `r-squared`: R² = 1 − Σ_n (y_n − ŷ_n)² / Σ_n (y_n − ȳ)²

    >>> round(r_squared(np.array([1.0, 2.0, 3.0, 4.0]), y_hat=np.array([1.5, 2.0, 2.5, 4.0])), 4)
    0.9
    """
    if y.shape != y_hat.shape:
        raise ValueError(f"expected as many predictions as targets, got {y_hat.shape} and {y.shape}")
    residual = np.sum((y - y_hat) ** 2)
    total = np.sum((y - y.mean()) ** 2)
    if total == 0:
        raise ValueError("expected targets that differ: where all are equal there is no variance to explain")
    return float(1 - residual / total)


def check_targets(X: Array, y: Array) -> None:
    """Raise ValueError unless X is (N, F) and y (N,), N at least 1."""
    if X.ndim != 2 or y.shape != X.shape[:1] or y.size == 0:
        raise ValueError(f"expected X (N, F) and y (N,), N at least 1, got {X.shape} and {y.shape}")
