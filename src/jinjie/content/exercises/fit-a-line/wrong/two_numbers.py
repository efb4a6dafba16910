"""Takes the first two entries for weight and bias, as if there were one measurement."""

import numpy as np


def fit(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    table = np.column_stack([X, np.ones(len(X))])
    theta = np.linalg.lstsq(table, y, rcond=None)[0]
    return theta[0], theta[1]
