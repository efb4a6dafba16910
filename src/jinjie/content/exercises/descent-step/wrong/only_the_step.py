"""Hands out the step alone, and not where it leads."""

import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    errors = X @ theta - y
    return -rate * 2 / len(y) * X.T @ errors
