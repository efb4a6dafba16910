"""The step written into the caller's array."""

import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    theta -= rate * 2 / len(y) * X.T @ (X @ theta - y)
    return theta
