"""The nudge is put into a copy of W: where W holds whole numbers it is cut off."""

import numpy as np


def loss(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((np.tanh(X @ W).sum(axis=1) - y) ** 2))


def measured(W: np.ndarray, X: np.ndarray, y: np.ndarray, h: float) -> np.ndarray:
    slopes = np.zeros(W.shape)
    for at in np.ndindex(W.shape):
        up, down = W.copy(), W.copy()
        up[at] += h
        down[at] -= h
        slopes[at] = (loss(up, X, y) - loss(down, X, y)) / (2 * h)
    return slopes
