"""Each weight stays where its step down has left it while the next one is measured."""

import numpy as np


def loss(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((np.tanh(X @ W).sum(axis=1) - y) ** 2))


def measured(W: np.ndarray, X: np.ndarray, y: np.ndarray, h: float) -> np.ndarray:
    W = W.astype(float)
    slopes = np.zeros(W.shape)
    for at in np.ndindex(W.shape):
        W[at] += h
        up = loss(W, X, y)
        W[at] -= 2 * h
        slopes[at] = (up - loss(W, X, y)) / (2 * h)
    return slopes
