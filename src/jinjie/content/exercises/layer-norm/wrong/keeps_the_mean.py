"""RMSNorm: divided by the root of the mean square, the mean left in."""

import numpy as np


def layer_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    square = (x**2).mean(axis=-1, keepdims=True)
    return gamma * x / np.sqrt(square + eps) + beta
