import numpy as np


def confusion(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    """Count the four cases.

    y (N,)      what is true: 1 in danger, 0 not
    y_hat (N,)  what was said: 1 alarm, 0 none

    Returns whole numbers, (2, 2): row what is true, column what was said.
    """
    raise NotImplementedError


def precision_recall_f1(M: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and F1 of class 1 from the counts (2, 2). A share of nothing, 0 / 0, is 0."""
    raise NotImplementedError
