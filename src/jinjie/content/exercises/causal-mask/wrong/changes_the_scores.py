"""Minus infinity written into the caller's array."""

import numpy as np


def causal_weights(scores: np.ndarray) -> np.ndarray:
    scores[~np.tri(len(scores), dtype=bool)] = -np.inf
    seen = scores
    weights = np.exp(seen - seen.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)
