import numpy as np


def gradient(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the mean squared error on the examples given, (F,). Yours to use."""
    return 2 / len(y) * X.T @ (X @ theta - y)


def epoch(
    theta: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, rate: float, order: np.ndarray
) -> np.ndarray:
    """One epoch of mini-batch gradient descent: every example is used exactly once.

    theta (F,)    the weights at the start
    X     (N, F)  the examples
    y     (N,)    their targets
    batch         how many examples a step uses; the last step takes those that are left
    rate          the learning rate
    order (N,)    the row numbers in the order in which they are to be used, as rng.permutation(N) gives them

    Returns the weights after the epoch, (F,), as a new array.
    """
    raise NotImplementedError
