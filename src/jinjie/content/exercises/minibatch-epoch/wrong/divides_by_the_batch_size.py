"""A mean over `batch` examples, even where the last batch holds fewer."""

import numpy as np


def gradient(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 2 / len(y) * X.T @ (X @ theta - y)


def epoch(
    theta: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, rate: float, order: np.ndarray
) -> np.ndarray:
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        summed = 2 * X[rows].T @ (X[rows] @ theta - y[rows])
        theta = theta - rate * summed / batch
    return theta
