"""No column of ones: the line has to pass through the origin."""

import numpy as np


def fit(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    return w, 0.0
