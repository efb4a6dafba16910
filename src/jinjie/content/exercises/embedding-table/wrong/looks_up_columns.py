"""Takes columns of the table."""

import numpy as np


def embed(ids: np.ndarray, E: np.ndarray) -> np.ndarray:
    return E[:, ids % E.shape[1]].T.copy()


def gradient(ids: np.ndarray, dx: np.ndarray, V: int) -> np.ndarray:
    dE = np.zeros((V, dx.shape[1]))
    np.add.at(dE, ids, dx)
    return dE
