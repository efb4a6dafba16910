"""The special ones get the last word tag: -1 counts from the end."""

import numpy as np


def spread(tags: np.ndarray, word: np.ndarray) -> np.ndarray:
    before = np.concatenate([[-2], word[:-1]])
    return np.where(word != before, tags[word], -100)


def loss(z: np.ndarray, y: np.ndarray) -> float:
    asked = y != -100
    z, y = z[asked], y[asked]
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(y)), y].mean())
