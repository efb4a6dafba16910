"""Rows that stand on both sides stay on both."""

import numpy as np


def split(
    X: np.ndarray, y: np.ndarray, order: np.ndarray, held: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    held_rows, train = order[:held], order[held:]
    mean, deviation = X[train].mean(axis=0), X[train].std(axis=0)
    deviation = np.where(np.ptp(X[train], axis=0) == 0, 1.0, deviation)
    scaled = (X - mean) / deviation
    return scaled[train], y[train], scaled[held_rows], y[held_rows]
