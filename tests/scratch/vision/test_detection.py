import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve

from jinjie.scratch.vision.detection import (
    average_precision,
    average_precisions,
    intersection_over_union,
    match,
    mean_average_precision,
    non_maximum_suppression,
    precision_recall,
)


def cells(box):
    """The unit squares of a box with whole coordinates."""
    left, top, right, bottom = (int(side) for side in box)
    return {(i, j) for i in range(left, right) for j in range(top, bottom)}


def whole_boxes(rng, count, size=9):
    corner = rng.integers(0, size, size=(count, 2))
    return np.concatenate([corner, corner + rng.integers(0, size, size=(count, 2))], axis=1).astype(float)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_iou_counts_the_squares(seed):
    rng = np.random.default_rng(seed)
    boxes, others = whole_boxes(rng, 4), whole_boxes(rng, 3)
    found = intersection_over_union(boxes, others)
    assert found.shape == (4, 3)
    for n, m in np.ndindex(4, 3):
        one, other = cells(boxes[n]), cells(others[m])
        expected = len(one & other) / len(one | other) if one | other else 0.0
        assert found[n, m] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 10), st.floats(-5, 5))
def test_iou_does_not_depend_on_scale_or_place(seed, scale, move):
    rng = np.random.default_rng(seed)
    boxes, others = whole_boxes(rng, 4), whole_boxes(rng, 3)
    np.testing.assert_allclose(
        intersection_over_union(boxes * scale + move, others * scale + move),
        intersection_over_union(boxes, others),
        atol=1e-9,
    )


def test_boxes_apart_in_both_directions_have_nothing_in_common():
    """Without max(0, ·) the two missing sides, −3 and −3, would multiply to an area of 9."""
    boxes, others = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[5.0, 5.0, 7.0, 7.0]])
    assert intersection_over_union(boxes, others).item() == 0.0
    sides = np.minimum(boxes[:, 2:], others[:, 2:]) - np.maximum(boxes[:, :2], others[:, :2])
    unclamped = sides.prod()
    assert unclamped == 9.0 and unclamped / (4 + 4 - unclamped) == -9.0
    farther = np.array([[3.0, 3.0, 5.0, 5.0]])  # one apart: 1 / 7, which even looks like a result
    assert intersection_over_union(boxes, farther).item() == 0.0


def test_the_union_counts_what_is_common_once():
    """A box and itself: 1. With |A| + |B| for the union it would be a half."""
    box = np.array([[1.0, 2.0, 4.0, 7.0]])
    assert intersection_over_union(box, box).item() == 1.0
    assert 15.0 / (15.0 + 15.0) == 0.5


def test_adding_one_to_the_sides_is_for_whole_pixels_alone():
    """Of boxes in parts of the picture, from 0 to 1, the added 1 is most of the area: apart looks like a fit."""
    boxes, others = np.array([[0.1, 0.1, 0.2, 0.2]]), np.array([[0.3, 0.3, 0.4, 0.4]])
    assert intersection_over_union(boxes, others).item() == 0.0
    common = (np.minimum(boxes[:, 2:], others[:, 2:]) - np.maximum(boxes[:, :2], others[:, :2]) + 1).prod()
    area = 1.1**2
    assert common / (2 * area - common) > 0.5


def test_boxes_without_area_and_boxes_turned_round():
    point = np.array([[1.0, 1.0, 1.0, 1.0]])
    assert intersection_over_union(point, point).item() == 0.0
    with pytest.raises(ValueError, match=r"boxes must be \(left, top, right, bottom\), but some end before"):
        intersection_over_union(np.array([[2.0, 0.0, 1.0, 1.0]]), point)
    with pytest.raises(ValueError, match="others must be"):
        intersection_over_union(point, np.array([[0.0, 2.0, 1.0, 1.0]]))
    with pytest.raises(ValueError, match="boxes must be"):
        intersection_over_union(np.array([[0.0, 2.0, 1.0, 1.0]]), point)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_suppression_is_its_definition(seed, threshold):
    """Going through the boxes by score: kept is what overlaps no box kept before by more than the threshold."""
    rng = np.random.default_rng(seed)
    boxes, scores = whole_boxes(rng, 8, size=5), rng.integers(0, 4, size=8).astype(float)
    overlap = intersection_over_union(boxes, boxes)
    expected = []
    for n in sorted(range(8), key=lambda n: (-scores[n], n)):
        if all(overlap[n, k] <= threshold for k in expected):
            expected.append(n)
    kept = non_maximum_suppression(boxes, scores, threshold)
    assert kept.tolist() == expected and kept.dtype == np.int64


def test_suppression_by_default_at_one_half_and_the_half_itself_stays():
    boxes = np.array([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.0], [0.0, 0.0, 2.0, 1.1]])
    assert non_maximum_suppression(boxes[:2], np.array([0.9, 0.8])).tolist() == [0, 1]  # overlap ½
    assert non_maximum_suppression(boxes[[0, 2]], np.array([0.9, 0.8])).tolist() == [0]  # 0.55
    assert non_maximum_suppression(np.zeros((0, 4)), np.zeros(0)).shape == (0,)


def test_a_true_box_is_found_once():
    """Counting the second detection of the same box as right as well would give a recall of 2."""
    truths = np.array([[0.0, 0.0, 4.0, 4.0]])
    boxes = np.array([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.0]])
    scores = np.array([0.6, 0.9])
    right = match(boxes, scores, truths)
    assert right.tolist() == [False, True]  # the surer one has it, though it fits less well
    naive = (intersection_over_union(boxes, truths).max(axis=1) >= 0.5).sum() / len(truths)
    _, recall = precision_recall(scores, right, len(truths))
    assert (recall[-1], naive) == (1.0, 2.0)


def test_a_detection_goes_to_the_box_it_fits_best_and_to_no_other():
    truths = np.array([[0.0, 0.0, 4.0, 4.0], [1.0, 0.0, 5.0, 4.0]])
    boxes = np.array([[0.0, 0.0, 4.0, 4.0], [0.1, 0.0, 4.1, 4.0]])
    assert match(boxes, np.array([0.9, 0.8]), truths, threshold=0.5).tolist() == [True, False]
    assert match(boxes, np.array([0.8, 0.9]), truths, threshold=0.5).tolist() == [False, True]
    assert match(np.array([[0.0, 0.0, 4.0, 4.0], [1.0, 0.0, 5.0, 4.0]]), np.array([0.5, 0.5]), truths).all()


def test_the_threshold_itself_counts_and_is_one_half_unless_told():
    truths = np.array([[0.0, 0.0, 4.0, 4.0]])
    half, less = np.array([[0.0, 0.0, 4.0, 2.0]]), np.array([[0.0, 0.0, 4.0, 1.9]])
    one = np.ones(1)
    assert match(half, one, truths).all() and not match(less, one, truths).any()
    assert match(less, one, truths, threshold=0.4).all()
    # A detection that does not fit takes nothing away from the one after it.
    both = np.concatenate([less, half])
    assert match(both, np.array([0.9, 0.8]), truths).tolist() == [False, True]
    assert match(half, one, np.zeros((0, 4))).tolist() == [False]
    assert match(np.zeros((0, 4)), np.zeros(0), truths).shape == (0,)


def test_of_equal_scores_the_first_comes_first():
    truths = np.array([[0.0, 0.0, 4.0, 4.0]])
    boxes = np.repeat(truths, 20, axis=0)
    assert match(boxes, np.zeros(20), truths).tolist() == [True] + 19 * [False]
    right = np.arange(20) < 3
    precision, _ = precision_recall(np.zeros(20), right, 3)
    assert precision[:4].tolist() == [1.0, 1.0, 1.0, 0.75]


def by_definition(scores, right, truths):
    """The area under max { precision at a recall of at least r }, over r, exactly."""
    ranked = [right[n] for n in sorted(range(len(scores)), key=lambda n: (-scores[n], n))]
    points = [
        (Fraction(sum(ranked[:n]), truths), Fraction(sum(ranked[:n]), n)) for n in range(1, len(ranked) + 1)
    ]
    area = Fraction(0)
    for k in range(1, truths + 1):
        reaching = [precision for recall, precision in points if recall >= Fraction(k, truths)]
        area += max(reaching, default=Fraction(0)) / truths
    return float(area)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=12), st.integers(1, 5))
def test_average_precision_is_its_definition(detections, unseen):
    scores = np.array([score for score, _ in detections], dtype=float)
    right = np.array([hit for _, hit in detections])
    truths = int(right.sum()) + unseen
    assert average_precision(scores, right, truths) == pytest.approx(
        by_definition(scores, right, truths), abs=1e-12
    )


def test_what_was_never_found_counts_against_the_detector():
    """One of a hundred found, and that one first: dividing by what was found would call it perfect."""
    scores, right = np.array([0.9, 0.8]), np.array([True, False])
    assert average_precision(scores, right, truths=100) == pytest.approx(0.01)
    precision, _ = precision_recall(scores, right, truths=100)
    assert precision[right].sum() / right.sum() == 1.0


def test_precision_and_recall_are_scikit_learns():
    rng = np.random.default_rng(0)
    scores, right = rng.permutation(30).astype(float), rng.random(30) < 0.4
    precision, recall = precision_recall(scores, right, truths=int(right.sum()))
    theirs_precision, theirs_recall, _ = precision_recall_curve(right, scores)
    np.testing.assert_allclose(precision, theirs_precision[:-1][::-1], rtol=1e-12)
    np.testing.assert_allclose(recall, theirs_recall[:-1][::-1], rtol=1e-12)


def test_average_precision_is_scikit_learns_where_the_envelope_adds_nothing_and_never_below():
    """scikit-learn sums the curve itself. Where precision only falls at each hit, the envelope is the curve there."""
    falling = np.array([True, True, False, True, False, False, True, False, False, False, True])
    scores = -np.arange(11.0)
    assert average_precision(scores, falling, 5) == pytest.approx(
        average_precision_score(falling, scores), abs=1e-12
    )
    rising = np.array([True, False, True, True, True])
    ours, theirs = (
        average_precision(-np.arange(5.0), rising, 4),
        average_precision_score(rising, -np.arange(5)),
    )
    assert (round(ours, 4), round(theirs, 4)) == (0.85, 0.8042)


def test_cocos_hundred_and_one_points_come_close():
    rng = np.random.default_rng(1)
    scores, right = rng.random(200), rng.random(200) < 0.5
    truths = 150
    precision, recall = precision_recall(scores, right, truths)
    sampled = [precision[recall >= r].max(initial=0.0) for r in np.linspace(0, 1, 101)]
    assert average_precision(scores, right, truths) == pytest.approx(np.mean(sampled), abs=0.01)


def test_counts_that_cannot_be():
    scores, right = np.array([0.5, 0.4]), np.array([True, True])
    with pytest.raises(
        ValueError, match="2 right detections need at least as many true boxes and one, not 1"
    ):
        precision_recall(scores, right, 1)
    with pytest.raises(ValueError, match="0 right detections need .* not 0"):
        average_precision(scores, ~right, 0)
    precision, recall = precision_recall(scores, right, 2)
    assert (precision.tolist(), recall.tolist()) == ([1, 1], [0.5, 1])


def scene(seed=0, pictures=6):
    rng = np.random.default_rng(seed)
    detections, truths = [], []
    for _ in range(pictures):
        true_boxes, true_kinds = whole_boxes(rng, 4, size=6), rng.integers(0, 3, size=4)
        near = true_boxes[rng.integers(0, 4, size=7)] + rng.integers(0, 2, size=(7, 4)) * [0, 0, 1, 1]
        detections.append((near, rng.permutation(700)[:7] / 700 + 0.0, rng.integers(0, 3, size=7)))
        truths.append((true_boxes, true_kinds))
    return detections, truths


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.75])
def test_average_precisions_pool_the_pictures_of_a_class(threshold):
    """Brute force: all detections of a class in one ranking, each true box of each picture taken once."""
    detections, truths = scene()
    found = average_precisions(detections, truths, threshold)
    assert set(found) == {0, 1, 2}
    assert all(type(kind) is int for kind in found)
    for kind in found:
        ranking = sorted(
            (-scores[n], picture, n)
            for picture, (_, scores, kinds) in enumerate(detections)
            for n in range(len(kinds))
            if kinds[n] == kind
        )
        taken, hits = set(), []
        for _, picture, n in ranking:
            true_boxes, true_kinds = truths[picture]
            overlaps = intersection_over_union(detections[picture][0][[n]], true_boxes)[0]
            candidates = [m for m in range(len(true_kinds)) if true_kinds[m] == kind]
            best = max(candidates, key=lambda m: (overlaps[m], -m), default=None)
            hit = best is not None and overlaps[best] >= threshold and (picture, best) not in taken
            hits.append(hit)
            taken |= {(picture, best)} if hit else set()
        count = sum(int((true_kinds == kind).sum()) for _, true_kinds in truths)
        expected = by_definition(-np.arange(len(hits)), hits, count)
        assert found[kind] == pytest.approx(expected, abs=1e-12)
    assert mean_average_precision(detections, truths, threshold) == pytest.approx(
        np.mean(list(found.values()))
    )


def test_at_one_half_unless_told():
    detections, truths = scene(4, pictures=12)
    assert average_precisions(detections, truths) == average_precisions(detections, truths, threshold=0.5)
    assert mean_average_precision(detections, truths) == mean_average_precision(detections, truths, 0.5)
    several = {mean_average_precision(detections, truths, t) for t in (0.3, 0.4, 0.5, 0.6)}
    assert len(several) == 4


def test_a_perfect_detector_has_one_and_classes_without_truths_do_not_count():
    _, truths = scene(1)
    truths = [(boxes + [0, 0, 1, 1], kinds) for boxes, kinds in truths]  # none without area
    truths = [(boxes[[0]], kinds[[0]]) for boxes, kinds in truths]
    perfect = [(boxes, np.ones(len(boxes)), kinds) for boxes, kinds in truths]
    assert mean_average_precision(perfect, truths) == 1.0
    stray = [*perfect, (np.array([[0.0, 0.0, 1.0, 1.0]]), np.ones(1), np.array([9]))]
    assert mean_average_precision(stray, [*truths, (np.zeros((0, 4)), np.zeros(0, dtype=int))]) == 1.0
    with pytest.raises(ValueError, match="detections of 7 pictures cannot be held against 6"):
        average_precisions(stray, truths)


def test_only_the_order_of_scores_counts():
    detections, truths = scene(2)
    squeezed = [(boxes, np.sqrt(scores), kinds) for boxes, scores, kinds in detections]
    assert average_precisions(detections, truths) == average_precisions(squeezed, truths)
    for order in itertools.islice(itertools.permutations(range(6)), 5, 8):
        shuffled = average_precisions([detections[n] for n in order], [truths[n] for n in order])
        assert shuffled == pytest.approx(average_precisions(detections, truths))
