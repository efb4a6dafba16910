"""Adds in place with repeated row numbers: only the last one arrives."""

import numpy as np


def embed(ids: np.ndarray, E: np.ndarray) -> np.ndarray:
    return E[ids]


def gradient(ids: np.ndarray, dx: np.ndarray, V: int) -> np.ndarray:
    dE = np.zeros((V, dx.shape[1]))
    dE[ids] += dx
    return dE
