"""Exponentials of the scores as they are."""

import numpy as np


def nucleus(logits: np.ndarray, T: float, p: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        q = np.exp(logits / T)
        q = q / q.sum()
    order = np.argsort(-q, kind="stable")
    before = np.cumsum(q[order]) - q[order]
    before[0] = 0.0
    kept = np.zeros_like(q)
    stays = order[before < p]
    kept[stays] = q[stays]
    with np.errstate(all="ignore"):
        return kept / kept.sum()
