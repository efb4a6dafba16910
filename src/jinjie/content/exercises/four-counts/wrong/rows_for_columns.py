"""What was said down, what is true across."""

import numpy as np


def confusion(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    M = np.zeros((2, 2), dtype=int)
    np.add.at(M, (y_hat, y), 1)
    return M


def precision_recall_f1(M: np.ndarray) -> tuple[float, float, float]:
    (_, FP), (FN, TP) = M.tolist()
    precision = share(TP, TP + FP)
    recall = share(TP, TP + FN)
    return precision, recall, share(2 * TP, 2 * TP + FP + FN)


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
