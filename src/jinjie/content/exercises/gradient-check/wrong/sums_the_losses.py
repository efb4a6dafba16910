"""The loss is added up over the examples."""

import numpy as np


def loss(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.sum((np.tanh(X @ W).sum(axis=1) - y) ** 2))


def measured(W: np.ndarray, X: np.ndarray, y: np.ndarray, h: float) -> np.ndarray:
    slopes = np.zeros(W.shape)
    for at in np.ndindex(W.shape):
        nudge = np.zeros(W.shape)
        nudge[at] = h
        slopes[at] = (loss(W + nudge, X, y) - loss(W - nudge, X, y)) / (2 * h)
    return slopes
