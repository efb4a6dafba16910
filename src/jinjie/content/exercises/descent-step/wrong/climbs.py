"""The sign turned round: predictions minus targets, and then added."""

import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    return theta + rate * 2 / len(y) * X.T @ (X @ theta - y)
