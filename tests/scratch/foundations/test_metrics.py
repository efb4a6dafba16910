"""The metrics against scikit-learn, and the properties that give printed mistakes away."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from jinjie.scratch.foundations.metrics import (
    accuracy,
    area_under,
    confusion_matrix,
    f1,
    macro_f1,
    micro_f1,
    precision,
    recall,
    roc_auc,
    roc_curve,
    share,
)

RNG = np.random.default_rng(0)
CALLS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)
SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda pairs: len({label for label, _ in pairs}) == 2
)


def arrays(pairs):
    first, second = np.array(pairs).T
    return first.astype(np.int64), second.astype(np.int64)


def test_the_second_class_of_two_is_the_positive_one():
    y, y_hat = RNG.integers(0, 2, (2, 30))
    M = confusion_matrix(y, y_hat, 2)
    assert precision(M)[1] == pytest.approx(sk.precision_score(y, y_hat))
    assert recall(M)[1] == pytest.approx(sk.recall_score(y, y_hat))
    assert f1(M)[1] == pytest.approx(sk.f1_score(y, y_hat))


def test_nothing_divided_by_nothing_is_0_unless_told_otherwise():
    never_called, never_there = np.array([[3, 0], [2, 0]]), np.array([[3, 2], [0, 0]])
    assert precision(never_called).tolist() == [0.6, 0.0]
    assert recall(never_there).tolist() == [0.6, 0.0]
    neither = np.array([[3, 0], [0, 0]])
    assert f1(neither).tolist() == [1.0, 0.0]
    assert macro_f1(neither) == 0.5
    for score in (precision, recall, f1):
        assert score(neither, zero_division=0.25).tolist() == [1.0, 0.25]
    assert macro_f1(neither, zero_division=0.25) == 0.625
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert share(np.array([0, 3]), np.array([0, 4]), 0.5).tolist() == [0.5, 0.75]


def test_the_area_is_that_of_the_trapezoids():
    x, y = np.sort(RNG.uniform(size=6)), RNG.uniform(size=6)
    assert area_under(x, y) == pytest.approx(sk.auc(x, y), rel=1e-12)
    assert area_under(np.array([0.0, 2.0]), np.array([1.0, 4.0])) == 5.0


def test_99_in_a_hundred_is_no_achievement():
    """One in a hundred is ill. Never saying so: accuracy 0.99, recall 0, F1 0, macro F1 0.4975."""
    y = np.array([1] + [0] * 99)
    M = confusion_matrix(y, np.zeros(100, dtype=np.int64), 2)
    assert accuracy(M) == 0.99
    assert recall(M)[1] == f1(M)[1] == 0
    assert macro_f1(M) == pytest.approx(0.4975, abs=5e-5)


def test_over_the_row_false_alarms_cost_nothing():
    """One ill, found; 99 well, all called ill. Precision 0.01; divided by the row it is 1, the recall."""
    M = np.array([[0, 99], [0, 1]])
    assert precision(M)[1] == 0.01
    assert M[1, 1] / M[1].sum() == 1 == recall(M)[1]


def test_the_arithmetic_mean_rewards_always_yes():
    """The same: F1 is 0.0198, the arithmetic mean of precision 0.01 and recall 1 is 0.505."""
    M = np.array([[0, 99], [0, 1]])
    assert f1(M)[1] == pytest.approx(0.0198, abs=5e-5)
    assert (precision(M)[1] + recall(M)[1]) / 2 == 0.505


def test_f1_of_averages_flatters_a_lopsided_classifier():
    """90 and 10 examples, 80 of the 90 called by the wrong class: each class's F1 is 0.2, and so is their mean.
    Precision and recall average 0.5556 each, and so their F1.
    """
    M = np.array([[10, 80], [0, 10]])
    assert f1(M) == pytest.approx([0.2, 0.2], abs=1e-12)
    assert macro_f1(M) == pytest.approx(0.2, abs=1e-12)
    P, R = precision(M).mean(), recall(M).mean()
    assert pytest.approx(0.5556, abs=5e-5) == 2 * P * R / (P + R)


def test_ties_counted_as_won_crown_a_constant():
    y, constant = np.array([0, 1, 0, 1, 1]), np.full(5, 0.7)
    assert roc_auc(y, constant) == 0.5
    assert np.mean(constant[y == 1][:, None] >= constant[y == 0]) == 1
    fpr, tpr, thresholds = roc_curve(y, constant)
    assert (fpr.tolist(), tpr.tolist(), thresholds.tolist()) == ([0, 1], [0, 1], [np.inf, 0.7])


def test_what_would_mislead_is_refused():
    good = np.array([0, 1, 1])
    with pytest.raises(ValueError, match=r"as many predictions as labels, got \(2,\) and \(3,\)"):
        confusion_matrix(good, good[:2], 2)
    for y, y_hat in ((good, good + 1), (good + 1, good)):
        with pytest.raises(ValueError, match="labels from 0 to 1, got labels from 1 to 2"):
            confusion_matrix(y, y_hat, 2)
    for score in (accuracy, precision, recall, f1, macro_f1, micro_f1):
        for M in (
            np.zeros((2, 2), dtype=np.int64),
            np.ones((2, 3), dtype=np.int64),
            np.ones(4, dtype=np.int64),
        ):
            with pytest.raises(ValueError, match=r"a confusion matrix \(K, K\) of at least one example, got"):
                score(M)
        score(np.eye(2, dtype=np.int64))
    for curve in (roc_curve, roc_auc):
        with pytest.raises(ValueError, match=r"as many scores as labels, got \(2,\) and \(3,\)"):
            curve(good, np.zeros(2))
        for only in (0, 1):
            with pytest.raises(ValueError, match=f"examples of both classes, got only class {only}"):
                curve(np.full(3, only), np.zeros(3))
        with pytest.raises(ValueError, match="labels from 0 to 1, got labels from 0 to 2"):
            curve(np.array([0, 1, 2]), np.zeros(3))


@settings(max_examples=50, deadline=None)
@given(CALLS)
def test_the_confusion_matrix_is_scikit_learns(calls):
    y, y_hat = arrays(calls)
    M = confusion_matrix(y, y_hat, 4)
    assert M.dtype == np.int64
    assert (sk.confusion_matrix(y, y_hat, labels=range(4)) == M).all()
    assert M.sum() == len(calls)


@settings(max_examples=50, deadline=None)
@given(CALLS, st.sampled_from([0.0, 1.0]))
def test_shares_are_scikit_learns(calls, zero_division):
    y, y_hat = arrays(calls)
    M = confusion_matrix(y, y_hat, 4)
    options = {"labels": range(4), "zero_division": zero_division}
    assert accuracy(M) == pytest.approx(sk.accuracy_score(y, y_hat))
    for ours, theirs in ((precision, sk.precision_score), (recall, sk.recall_score), (f1, sk.f1_score)):
        assert ours(M, zero_division) == pytest.approx(theirs(y, y_hat, average=None, **options))
    assert macro_f1(M, zero_division) == pytest.approx(sk.f1_score(y, y_hat, average="macro", **options))
    assert micro_f1(M) == pytest.approx(sk.f1_score(y, y_hat, average="micro", **options))
    assert micro_f1(M) == pytest.approx(accuracy(M))


@settings(max_examples=50, deadline=None)
@given(SCORED)
def test_the_roc_curve_is_scikit_learns(pairs):
    y, scores = arrays(pairs)
    ours = roc_curve(y, scores.astype(float))
    theirs = sk.roc_curve(y, scores.astype(float), drop_intermediate=False)
    for mine, reference in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(reference)


@settings(max_examples=50, deadline=None)
@given(SCORED)
def test_auc_is_scikit_learns_also_with_ties(pairs):
    y, scores = arrays(pairs)
    ours = roc_auc(y, scores.astype(float))
    assert ours == pytest.approx(sk.roc_auc_score(y, scores), abs=1e-12)
    fpr, tpr, _ = roc_curve(y, scores.astype(float))
    assert ours == pytest.approx(area_under(fpr, tpr), abs=1e-12)
    assert ours == pytest.approx(roc_auc(y, np.exp(scores / 2.0)), abs=1e-12), "only the order counts"
    assert ours == pytest.approx(1 - roc_auc(y, -scores.astype(float)), abs=1e-12)
