"""Exponentials of the scores as they are."""

import numpy as np


def pool(h: np.ndarray, real: np.ndarray) -> np.ndarray:
    weight = real[:, :, None]
    return (weight * h).sum(axis=1) / weight.sum(axis=1)


def gradients(
    m: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    with np.errstate(all="ignore"):
        p = np.exp(m @ W + b)
        p /= p.sum(axis=1, keepdims=True)
        texts = np.arange(len(y))
        loss = float(-np.log(p[texts, y]).mean())
    d = p.copy()
    d[texts, y] -= 1
    d /= len(y)
    return loss, m.T @ d, d.sum(axis=0)
