"""Detection: how well boxes fit, which of many overlapping boxes to keep, and one number for a whole detector.

A box is (left, top, right, bottom) in continuous coordinates, so its width is right − left and no 1 is added.
"""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array, Booleans, Integers


def intersection_over_union(boxes: Array, others: Array) -> Array:
    """How much each of N boxes agrees with each of M others: 1 the same box, 0 nothing in common; (N, M).

    Two boxes without any area count as 0. Also called the Jaccard index.

    Formula `intersection-over-union`: IoU = |A ∩ B| / |A ∪ B|,  |A ∪ B| = |A| + |B| − |A ∩ B|

    >>> boxes = np.array([[0, 0, 2, 2], [5, 5, 6, 8]])
    >>> intersection_over_union(boxes, others=np.array([[1, 0, 3, 2]]))
    array([[0.33333333],
           [0.        ]])
    """
    for name, given in (("boxes", boxes), ("others", others)):
        if (given[:, 2:] < given[:, :2]).any():
            raise ValueError(f"{name} must be (left, top, right, bottom), but some end before they begin")
    left_top = np.maximum(boxes[:, None, :2], others[:, :2])
    right_bottom = np.minimum(boxes[:, None, 2:], others[:, 2:])
    # Boxes apart in both directions would give minus times minus: an area that is not there.
    sides = np.maximum(0, right_bottom - left_top)
    intersection = sides[:, :, 0] * sides[:, :, 1]
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    area_others = np.prod(others[:, 2:] - others[:, :2], axis=1)
    union = area[:, None] + area_others - intersection
    iou: Array = np.divide(intersection, union, out=np.zeros(union.shape), where=union > 0)
    return iou


def non_maximum_suppression(boxes: Array, scores: Array, threshold: float = 0.5) -> Integers:
    """Of boxes that overlap by more than the threshold keep the surest: indices, surest first.

    Formula `non-maximum-suppression`: keep b if IoU(b, k) ≤ τ for every k kept before, in the order of scores

    >>> boxes = np.array([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [8.0, 8.0, 9.0, 9.0]])
    >>> non_maximum_suppression(boxes, scores=np.array([0.6, 0.9, 0.3]))
    array([1, 2])
    """
    waiting = np.argsort(-scores, kind="stable")
    kept = []
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        overlap = intersection_over_union(boxes[[best]], boxes[waiting])[0]
        waiting = waiting[overlap <= threshold]
    return np.array(kept, dtype=np.int64)


def match(boxes: Array, scores: Array, truths: Array, threshold: float = 0.5) -> Booleans:
    """Which of a picture's detections are right, surest first: each true box can be found once.

    A detection is right if the true box it fits best fits by the threshold and nobody surer took it
    (Everingham et al. 2010, PASCAL VOC §4.2.2); a second detection of the same thing is a false alarm.

    Formula `detection-match`: right(b) = [IoU(b, t*) ≥ τ and t* is free],  t* = argmax_t IoU(b, t)

    >>> truths = np.array([[0.0, 0.0, 4.0, 4.0], [6.0, 0.0, 9.0, 4.0]])
    >>> boxes = np.array([[0.0, 0.0, 4.0, 3.0], [0.0, 0.0, 4.0, 4.0], [6.0, 1.0, 9.0, 4.0]])
    >>> match(boxes, np.array([0.7, 0.9, 0.8]), truths)
    array([False,  True,  True])
    """
    right = np.zeros(len(boxes), dtype=np.bool_)
    if len(truths) == 0:
        return right
    overlaps = intersection_over_union(boxes, truths)
    free = np.ones(len(truths), dtype=np.bool_)
    for n in np.argsort(-scores, kind="stable"):
        best = overlaps[n].argmax()
        right[n] = overlaps[n, best] >= threshold and free[best]
        if right[n]:
            free[best] = False
    return right


def precision_recall(scores: Array, right: Booleans, truths: int) -> tuple[Array, Array]:
    """The curve: precision and recall if one kept only the surest detection, the surest two, and so on.

    Formula `precision-recall-curve`: P_n = TP_n / n,  R_n = TP_n / (number of true boxes)

    >>> precision_recall(np.array([0.9, 0.5, 0.7]), np.array([True, True, False]), truths=4)
    (array([1.        , 0.5       , 0.66666667]), array([0.25, 0.25, 0.5 ]))
    """
    if truths < right.sum() or truths == 0:
        raise ValueError(
            f"{right.sum()} right detections need at least as many true boxes and one, not {truths}"
        )
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(right[order])
    precision = found / np.arange(1, len(found) + 1)
    recall = found / truths
    return precision, recall


def average_precision(scores: Array, right: Booleans, truths: int) -> float:
    """The area under the precision–recall curve, at every point of recall (as PASCAL VOC since 2010).

    Where recall could be had with better precision further on, the better one counts: the envelope. COCO reads
    the same envelope at 101 recalls; scikit-learn's average_precision_score takes the curve without the envelope.

    Formula `average-precision`: AP = Σ_n (R_n − R_{n−1}) max over m ≥ n of P_m

    >>> average_precision(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, True]), truths=4)
    0.625
    """
    precision, recall = precision_recall(scores, right, truths)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(recall, prepend=0)
    return float((steps * envelope).sum())


def average_precisions(
    detections: Sequence[tuple[Array, Array, Integers]],
    truths: Sequence[tuple[Array, Integers]],
    threshold: float = 0.5,
) -> dict[int, float]:
    """The average precision of each class that occurs among the truths.

    `detections` holds for each picture boxes, scores and classes; `truths` boxes and classes.

    >>> detections = [(np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([0.8]), np.array([3]))]
    >>> truths = [(np.array([[0.0, 0.0, 1.0, 1.0], [2.0, 2.0, 4.0, 3.0]]), np.array([3, 5]))]
    >>> average_precisions(detections, truths)
    {3: 1.0, 5: 0.0}
    """
    if len(detections) != len(truths):
        raise ValueError(f"detections of {len(detections)} pictures cannot be held against {len(truths)}")
    result = {}
    for kind in np.unique(np.concatenate([classes for _, classes in truths])):
        surest, right, count = [], [], 0
        for picture, (true_boxes, true_classes) in enumerate(truths):
            boxes, scores, classes = detections[picture]
            ours, theirs = classes == kind, true_classes == kind
            surest.append(scores[ours])
            right.append(match(boxes[ours], scores[ours], true_boxes[theirs], threshold))
            count += int(theirs.sum())
        result[int(kind)] = average_precision(np.concatenate(surest), np.concatenate(right), count)
    return result


def mean_average_precision(
    detections: Sequence[tuple[Array, Array, Integers]],
    truths: Sequence[tuple[Array, Integers]],
    threshold: float = 0.5,
) -> float:
    """mAP: the mean over the classes of their average precisions at one threshold of overlap.

    COCO's headline number is the mean of this over thresholds 0.50, 0.55, …, 0.95.

    Formula `mean-average-precision`: mAP = 1/K Σ_k AP_k

    >>> detections = [(np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([0.8]), np.array([3]))]
    >>> truths = [(np.array([[0.0, 0.0, 1.0, 1.0], [2.0, 2.0, 4.0, 3.0]]), np.array([3, 5]))]
    >>> mean_average_precision(detections, truths)
    0.5
    """
    by_class = average_precisions(detections, truths, threshold)
    return sum(by_class.values()) / len(by_class)
