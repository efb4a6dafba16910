"""The mean error times the mean feature, in place of the mean of their products."""

import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    return theta - rate * 2 * np.mean(X @ theta - y) * X.mean(axis=0)
