"""Softmax over probabilities, where the zeros come back."""

import numpy as np


def nucleus(logits: np.ndarray, T: float, p: float) -> np.ndarray:
    q = np.exp((logits - logits.max()) / T)
    q = q / q.sum()
    order = np.argsort(-q, kind="stable")
    before = np.cumsum(q[order]) - q[order]
    before[0] = 0.0
    kept = np.zeros_like(q)
    stays = order[before < p]
    kept[stays] = q[stays]
    again = np.exp(kept)
    return again / again.sum()
