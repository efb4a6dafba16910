import numpy as np


def loss(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """The mean squared error of a model with a bend. Yours to use; it knows nothing of gradients."""
    return float(np.mean((np.tanh(X @ W).sum(axis=1) - y) ** 2))


def measured(W: np.ndarray, X: np.ndarray, y: np.ndarray, h: float) -> np.ndarray:
    """The slope of the loss along each weight, measured with central differences.

    W (F, H)  the weights; they may be whole numbers
    X (N, F)  the examples
    y (N,)    their targets
    h         how far a weight is moved, up and down

    Returns the slopes, (F, H), as a new array; W stays as it is.
    """
    raise NotImplementedError
