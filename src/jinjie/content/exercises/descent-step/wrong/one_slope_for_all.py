"""One number for all features: the mean is taken over the features as well."""

import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    errors = X @ theta - y
    return theta - rate * np.mean(2 * errors[:, None] * X)
