"""Divides by N · F, the numbers in the table, in place of the N examples."""

import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    errors = X @ theta - y
    return theta - rate * 2 / X.size * X.T @ errors
