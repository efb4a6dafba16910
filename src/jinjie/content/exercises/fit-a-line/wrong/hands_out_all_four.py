"""Everything that lstsq returns, in place of the weights and the bias."""

import numpy as np


def fit(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    X_1 = np.column_stack([X, np.ones(len(X))])
    return np.linalg.lstsq(X_1, y, rcond=None)
