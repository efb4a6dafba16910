import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    errors = X @ theta - y
    gradient = 2 / len(y) * X.T @ errors
    return theta - rate * gradient
