"""The diagonal is hidden too; the first row has nothing to share out and becomes nan."""

import numpy as np


def causal_weights(scores: np.ndarray) -> np.ndarray:
    seen = np.where(np.tri(len(scores), k=-1, dtype=bool), scores, -np.inf)
    with np.errstate(all="ignore"):
        weights = np.exp(seen - seen.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)
