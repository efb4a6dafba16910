import numpy as np


def column_means(X: np.ndarray) -> np.ndarray:
    return X.mean(axis=0)
