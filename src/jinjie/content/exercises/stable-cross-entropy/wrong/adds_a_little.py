"""A small number added before the logarithm: no error any more, but a loss that ends at 20.7 and is wrong before."""

import numpy as np


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(z: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log(softmax(z)[np.arange(len(y)), y] + 1e-9).mean())


def gradient(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    delta = softmax(z)
    delta[np.arange(len(y)), y] -= 1
    return delta / len(y)
