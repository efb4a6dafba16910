"""F1 without its two twos."""

import numpy as np


def confusion(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    M = np.zeros((2, 2), dtype=int)
    np.add.at(M, (y, y_hat), 1)
    return M


def precision_recall_f1(M: np.ndarray) -> tuple[float, float, float]:
    (_, FP), (FN, TP) = M.tolist()
    precision = share(TP, TP + FP)
    recall = share(TP, TP + FN)
    return precision, recall, share(TP, TP + FP + FN)


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
