"""Batches of nearly equal size, as array_split makes them, in place of full ones and a rest."""

import numpy as np


def gradient(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 2 / len(y) * X.T @ (X @ theta - y)


def epoch(
    theta: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, rate: float, order: np.ndarray
) -> np.ndarray:
    for rows in np.array_split(order, int(np.ceil(len(order) / batch))):
        theta = theta - rate * gradient(theta, X[rows], y[rows])
    return theta
