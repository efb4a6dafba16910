"""All weights move together: one number, the sum of the slopes, for everyone."""

import numpy as np


def loss(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((np.tanh(X @ W).sum(axis=1) - y) ** 2))


def measured(W: np.ndarray, X: np.ndarray, y: np.ndarray, h: float) -> np.ndarray:
    return np.full(W.shape, (loss(W + h, X, y) - loss(W - h, X, y)) / (2 * h))
