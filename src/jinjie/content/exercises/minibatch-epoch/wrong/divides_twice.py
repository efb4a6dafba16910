"""Divides the mean gradient by the size of the batch once more."""

import numpy as np


def gradient(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 2 / len(y) * X.T @ (X @ theta - y)


def epoch(
    theta: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, rate: float, order: np.ndarray
) -> np.ndarray:
    for start in range(0, len(y), batch):
        rows = order[start : start + batch]
        theta = theta - rate * gradient(theta, X[rows], y[rows]) / len(rows)
    return theta
