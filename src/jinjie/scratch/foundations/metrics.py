"""How good a classifier is: counts of right and wrong, and the shares made from them.

Everything but the ROC curve is read off the confusion matrix M (K, K): M_tk examples of class t called class k.
Where a share is 0 / 0 (a class never predicted, or never there) it is 0 unless `zero_division` says otherwise.
"""

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.foundations.encoding import check_labels


def confusion_matrix(y: Integers, y_hat: Integers, K: int) -> Integers:
    """How often each class (row) was called each class (column): (N,) and (N,) → (K, K).

    Formula `confusion-matrix`: M_tk = Σ_n 1[y_n = t] 1[ŷ_n = k]

    >>> confusion_matrix(np.array([0, 0, 1, 2, 2]), y_hat=np.array([0, 1, 1, 2, 0]), K=3)
    array([[1, 1, 0],
           [0, 1, 0],
           [1, 0, 1]])
    """
    if y.shape != y_hat.shape:
        raise ValueError(f"expected as many predictions as labels, got {y_hat.shape} and {y.shape}")
    check_labels(y, K)
    check_labels(y_hat, K)
    M = np.zeros((K, K), dtype=np.int64)
    np.add.at(M, (y, y_hat), 1)
    return M


def accuracy(M: Integers) -> float:
    """The share of examples that were called by their right class. With 99 % in one class, 0.99 is no achievement.

    Formula `accuracy`: accuracy = Σ_k M_kk / Σ_t Σ_k M_tk

    >>> accuracy(np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1]]))
    0.6
    """
    check_confusion(M)
    return float(np.trace(M) / M.sum())


def precision(M: Integers, zero_division: float = 0.0) -> Array:
    """For each class, of what was called so, the share that was so: (K,). For two classes look at [1].

    Source: Manning, Raghavan & Schütze, Introduction to Information Retrieval (2008), equation 8.1.

    Formula `precision`: precision_k = TP_k / (TP_k + FP_k);  TP_k = M_kk;  TP_k + FP_k = Σ_t M_tk

    >>> precision(np.array([[1, 1, 0], [0, 1, 0], [1, 0, 3]])).round(4)
    array([0.5, 0.5, 1. ])
    """
    check_confusion(M)
    TP = np.diag(M)
    called = M.sum(axis=0)
    return share(TP, called, zero_division)


def recall(M: Integers, zero_division: float = 0.0) -> Array:
    """For each class, of what was so, the share that was called so: (K,).

    Source: Manning, Raghavan & Schütze (2008), equation 8.2.

    Formula `recall`: recall_k = TP_k / (TP_k + FN_k);  TP_k = M_kk;  TP_k + FN_k = Σ_j M_kj

    >>> recall(np.array([[1, 1, 0], [0, 1, 0], [1, 0, 3]])).round(4)
    array([0.5 , 1.  , 0.75])
    """
    check_confusion(M)
    TP = np.diag(M)
    there = M.sum(axis=1)
    return share(TP, there, zero_division)


def f1(M: Integers, zero_division: float = 0.0) -> Array:
    """The harmonic mean of precision and recall, for each class: (K,). It is high only where both are.

    Source: van Rijsbergen, Information Retrieval (2nd ed. 1979), chapter 7; Manning et al. (2008), equation 8.6.

    Formula `f1`: F1_k = 2 P_k R_k / (P_k + R_k) = 2 TP_k / (2 TP_k + FP_k + FN_k)

    >>> f1(np.array([[1, 1, 0], [0, 1, 0], [1, 0, 3]])).round(4)
    array([0.5   , 0.6667, 0.8571])
    """
    check_confusion(M)
    TP = np.diag(M)
    called, there = M.sum(axis=0), M.sum(axis=1)
    return share(2 * TP, called + there, zero_division)


def macro_f1(M: Integers, zero_division: float = 0.0) -> float:
    """The mean over the classes: a rare class counts as much as a common one.

    Formula `macro-f1`: macro F1 = 1/K Σ_k F1_k

    >>> round(macro_f1(np.array([[1, 1, 0], [0, 1, 0], [1, 0, 3]])), 4)
    0.6746
    """
    return float(f1(M, zero_division).mean())


def micro_f1(M: Integers) -> float:
    """F1 of all classes' counts together. Where each example has one class it equals the accuracy.

    Source: Manning, Raghavan & Schütze (2008), §13.6.

    Formula `micro-f1`: micro F1 = 2 Σ_k TP_k / Σ_k (2 TP_k + FP_k + FN_k)

    >>> round(micro_f1(np.array([[1, 1, 0], [0, 1, 0], [1, 0, 3]])), 4)
    0.7143
    """
    check_confusion(M)
    TP = np.diag(M)
    FP, FN = M.sum(axis=0) - TP, M.sum(axis=1) - TP
    return float(2 * TP.sum() / (2 * TP + FP + FN).sum())


def roc_curve(y: Integers, scores: Array) -> tuple[Array, Array, Array]:
    """(false positive rates, true positive rates, thresholds): one point for every threshold that matters.

    Examples with equal scores are called positive together; the first point calls none (threshold ∞).
    Source: Fawcett 2006, An Introduction to ROC Analysis, algorithm 1.

    Formula `roc-curve`: TPR(s) = #{y = 1, score ≥ s} / #{y = 1};  FPR(s) = #{y = 0, score ≥ s} / #{y = 0}

    >>> fpr, tpr, thresholds = roc_curve(np.array([0, 1, 0, 1]), scores=np.array([0.1, 0.4, 0.4, 0.8]))
    >>> fpr, tpr, thresholds
    (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]), array([inf, 0.8, 0.4, 0.1]))
    """
    check_both_classes(y, scores)
    distinct, place = np.unique(-scores, return_inverse=True)
    positives = np.bincount(place, weights=y == 1)
    negatives = np.bincount(place, weights=y == 0)
    tpr = np.append(0, np.cumsum(positives)) / positives.sum()
    fpr = np.append(0, np.cumsum(negatives)) / negatives.sum()
    return fpr, tpr, np.append(np.inf, -distinct)


def area_under(x: Array, y: Array) -> float:
    """The area under the straight lines from point to point (the trapezoid rule): under the ROC curve, the AUC.

    Formula `trapezoid-area`: A = Σ_i (x_{i+1} − x_i) (y_i + y_{i+1}) / 2

    >>> area_under(np.array([0.0, 0.0, 0.5, 1.0]), y=np.array([0.0, 0.5, 1.0, 1.0]))
    0.875
    """
    widths = np.diff(x)
    heights = (y[:-1] + y[1:]) / 2
    return float(np.sum(widths * heights))


def roc_auc(y: Integers, scores: Array) -> float:
    """The chance that a positive example scores above a negative one; a tie counts half.

    It equals the area under `roc_curve`; here every pair is looked at. Source: Hanley & McNeil 1982.

    Formula `roc-auc`: AUC = 1/(P·Q) Σ_{y_i=1} Σ_{y_j=0} (1[s_i > s_j] + ½ 1[s_i = s_j])

    >>> roc_auc(np.array([0, 1, 0, 1]), scores=np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    check_both_classes(y, scores)
    positive, negative = scores[y == 1], scores[y == 0]
    above = positive[:, None] > negative[None, :]
    equal = positive[:, None] == negative[None, :]
    return float(np.mean(above + 0.5 * equal))


def share(part: Integers, whole: Integers, zero_division: float) -> Array:
    """part / whole, and `zero_division` where the whole is nothing.

    >>> share(np.array([1, 0]), whole=np.array([4, 0]), zero_division=0.5)
    array([0.25, 0.5 ])
    """
    undefined = np.full(part.shape, zero_division, dtype=np.float64)
    return np.divide(part, whole, out=undefined, where=whole != 0)


def check_confusion(M: Integers) -> None:
    """Raise ValueError unless M is square and counts something."""
    if M.ndim != 2 or M.shape[0] != M.shape[1] or M.sum() == 0:
        raise ValueError(f"expected a confusion matrix (K, K) of at least one example, got shape {M.shape}")


def check_both_classes(y: Integers, scores: Array) -> None:
    """Raise ValueError unless there is a score for each label and both classes occur."""
    if y.shape != scores.shape:
        raise ValueError(f"expected as many scores as labels, got {scores.shape} and {y.shape}")
    check_labels(y, 2)
    if y.min() == y.max():
        raise ValueError(f"expected examples of both classes, got only class {y.min()}")
