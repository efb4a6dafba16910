"""Softmax over all keys first, zeros afterwards."""

import numpy as np


def causal_weights(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return np.tril(weights)
