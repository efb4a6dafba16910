"""Divides by N − 1, as a variance from a sample does."""

import numpy as np


def predict(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    return X @ w + b


def mean_squared_error(y_hat: np.ndarray, y: np.ndarray) -> float:
    errors = y_hat.ravel() - y
    return np.sum(errors**2) / max(len(y) - 1, 1)
