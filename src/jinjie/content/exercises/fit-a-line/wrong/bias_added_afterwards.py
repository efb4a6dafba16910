"""The slope of a line through the origin, then moved up until the mean error is zero."""

import numpy as np


def fit(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    return w, np.mean(y - X @ w)
