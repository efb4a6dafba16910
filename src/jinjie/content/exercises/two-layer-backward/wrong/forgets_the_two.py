"""The slope of a square without its factor of 2."""

import numpy as np


def forward(
    X: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    h = np.tanh(X @ W1 + b1)
    return h, h @ W2 + b2


def gradients(
    X: np.ndarray, Y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    h, p = forward(X, W1, b1, W2, b2)
    p_bar = (p - Y) / p.size
    z_bar = (p_bar @ W2.T) * (1 - h**2)
    return X.T @ z_bar, z_bar.sum(axis=0), h.T @ p_bar, p_bar.sum(axis=0)
