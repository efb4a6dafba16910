"""A row for each place instead of one for each token."""

import numpy as np


def embed(ids: np.ndarray, E: np.ndarray) -> np.ndarray:
    return E[ids]


def gradient(ids: np.ndarray, dx: np.ndarray, V: int) -> np.ndarray:
    return dx.copy()
