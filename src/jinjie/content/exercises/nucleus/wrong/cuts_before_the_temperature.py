"""The nucleus is chosen at T = 1, the temperature applied to what is left."""

import numpy as np


def nucleus(logits: np.ndarray, T: float, p: float) -> np.ndarray:
    q = np.exp(logits - logits.max())
    q = q / q.sum()
    order = np.argsort(-q, kind="stable")
    before = np.cumsum(q[order]) - q[order]
    before[0] = 0.0
    kept = np.zeros_like(q)
    stays = order[before < p]
    kept[stays] = np.exp((logits[stays] - logits.max()) / T)
    return kept / kept.sum()
