"""The word's tag at each of its pieces."""

import numpy as np


def spread(tags: np.ndarray, word: np.ndarray) -> np.ndarray:
    return np.where(word >= 0, tags[word], -100)


def loss(z: np.ndarray, y: np.ndarray) -> float:
    asked = y != -100
    z, y = z[asked], y[asked]
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(y)), y].mean())
