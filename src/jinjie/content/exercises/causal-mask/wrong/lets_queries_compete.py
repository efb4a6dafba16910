"""Softmax down the columns."""

import numpy as np


def causal_weights(scores: np.ndarray) -> np.ndarray:
    T = len(scores)
    seen = np.where(np.tri(T, dtype=bool), scores, -np.inf)
    weights = np.exp(seen - seen.max(axis=0, keepdims=True))
    return weights / weights.sum(axis=0, keepdims=True)
