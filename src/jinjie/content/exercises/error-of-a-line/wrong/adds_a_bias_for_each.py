"""The bias added to every term of the sum."""

import numpy as np


def predict(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    return np.sum(X * w + b, axis=1)


def mean_squared_error(y_hat: np.ndarray, y: np.ndarray) -> float:
    errors = y_hat.ravel() - y
    return np.mean(errors**2)
