"""Takes 1 off in every row of a class's column."""

import numpy as np


def pool(h: np.ndarray, real: np.ndarray) -> np.ndarray:
    weight = real[:, :, None]
    return (weight * h).sum(axis=1) / weight.sum(axis=1)


def gradients(
    m: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    z = m @ W + b
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    texts = np.arange(len(y))
    d = np.exp(log_p)
    d[:, y] -= 1
    d /= len(y)
    return float(-log_p[texts, y].mean()), m.T @ d, d.sum(axis=0)
