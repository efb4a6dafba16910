"""Scores, held to their definitions, to scikit-learn and to the course's own mathematics."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
)

from jinjie.analyse import measures
from jinjie.scratch.foundations import metrics as course

EXACT = 1e-12
"""Sums in fp64 over a few hundred numbers, added up in another order."""


def case(K, N, seed, ties=False, only=None):
    """Predictions that know something of the truth; `ties` rounds them, `only` are the classes that occur."""
    generator = np.random.default_rng(seed)
    y = generator.choice(np.arange(K) if only is None else only, N)
    logits = generator.normal(size=(N, K)) + 1.5 * (y[:, None] == np.arange(K))
    return (np.round(logits) if ties else logits), y


CASES = {
    "two": case(2, 200, 0),
    "three": case(3, 150, 1),
    "ten": case(10, 300, 2),
    "ties": case(2, 120, 3, ties=True),
    "ties of ten": case(10, 300, 4, ties=True),
    "all alike": (np.zeros((50, 3)), case(3, 50, 5)[1]),
    "a class absent": case(4, 80, 6, only=[0, 2, 3]),
    "one class only": case(3, 40, 7, only=[1]),
    "one class of two": case(2, 40, 8, only=[0]),
    "two examples": case(2, 2, 9, only=[1]),
    "one example": case(10, 1, 10),
}


@pytest.fixture(params=CASES, ids=list(CASES))
def drawn(request):
    logits, y = CASES[request.param]
    return logits, y, measures.predictions(logits, y)


def scored(made):
    whole, each = measures.classification(made, np.ones((1, len(made.y))))
    return {n: v[0] for n, v in whole.items()}, {n: v[0] for n, v in each.items()}


def test_means_over_classes_are_scikit_learns_over_the_classes_that_occur(drawn):
    logits, y, made = drawn
    whole, _ = scored(made)
    guess = logits.argmax(1)
    assert whole["accuracy"] == pytest.approx(accuracy_score(y, guess), abs=EXACT)
    for mean in ("macro", "weighted"):
        expected = precision_recall_fscore_support(
            y, guess, labels=np.unique(y), average=mean, zero_division=0
        )
        found = [whole[f"{name}_{mean}"] for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected[:3], abs=EXACT)


def test_each_class_is_as_the_course_defines_it(drawn):
    logits, y, made = drawn
    K = logits.shape[1]
    _, each = scored(made)
    M = course.confusion_matrix(y, logits.argmax(1), K)
    occurs = M.sum(1) > 0
    for name, of in (("precision", course.precision), ("recall", course.recall), ("f1", course.f1)):
        assert each[name][occurs] == pytest.approx(of(M)[occurs], abs=EXACT)
        assert np.isnan(each[name][~occurs]).all()


def test_the_area_looks_at_every_pair_and_is_unknown_without_both_sorts(drawn):
    logits, y, made = drawn
    whole, each = scored(made)
    others = [np.exp(np.delete(logits, k, 1)).sum(1) for k in range(logits.shape[1])]
    odds = (logits - np.log(others).T).round(9)  # equal logits are equal odds, whatever the last bit
    areas = []
    for k in range(logits.shape[1]):
        if 0 < (y == k).sum() < len(y):
            areas.append(course.roc_auc((y == k).astype(int), odds[:, k]))
            assert each["auc"][k] == pytest.approx(areas[-1], abs=1e-9)
        else:
            assert np.isnan(each["auc"][k])
    if areas:
        assert whole["auc"] == pytest.approx(np.mean(areas), abs=1e-9)
    else:
        assert np.isnan(whole["auc"])


def test_areas_of_probabilities_are_scikit_learns():
    for name in ("two", "three", "ten"):
        logits, y = CASES[name]
        shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        expected = roc_auc_score(y, shares[:, 1] if shares.shape[1] == 2 else shares, multi_class="ovr")
        assert scored(measures.predictions(logits, y))[0]["auc"] == pytest.approx(expected, abs=EXACT)


def test_sure_predictions_still_have_an_order():
    """A softmax gives 1.0 to both of the surest and makes a tie of them; their log-odds differ."""
    logits = np.array([[0.0, 90.0], [0.0, 60.0], [0.0, 50.0]])
    assert scored(measures.predictions(logits, np.array([1, 1, 0])))[0]["auc"] == 1.0


def test_log_loss_is_finite_and_scikit_learns(drawn):
    logits, y, made = drawn
    whole, _ = scored(made)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = log_loss(y, shares, labels=np.arange(logits.shape[1]))
    assert whole["log_loss"] == pytest.approx(expected, rel=1e-9)
    far = measures.predictions(np.array([[2000.0, -2000.0]]), np.array([1]))
    assert scored(far)[0]["log_loss"] == 4000.0


def test_calibration_error_is_the_mean_gap_of_its_bins(drawn):
    logits, _, made = drawn
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    sure, right = shares.max(1), made.hit
    total = 0.0
    for b in range(15):
        inside = (sure > b / 15) & (sure <= (b + 1) / 15)
        if inside.any():
            total += inside.sum() / len(sure) * abs(right[inside].mean() - sure[inside].mean())
    assert scored(made)[0]["ece"] == pytest.approx(total, abs=1e-9)


def test_a_weight_counts_an_example_so_often(drawn):
    logits, y, made = drawn
    weights = np.random.default_rng(0).integers(0, 4, (3, len(y)))
    weights[:, 0] += 1
    whole, each = measures.classification(made, weights.astype(float))
    for row, counts in enumerate(weights):
        again = scored(measures.predictions(np.repeat(logits, counts, 0), np.repeat(y, counts)))
        for found, expected in ((whole, again[0]), (each, again[1])):
            for name, value in expected.items():
                assert found[name][row] == pytest.approx(value, abs=1e-9, nan_ok=True), name


@pytest.mark.parametrize("name", ["two", "ties"])
def test_no_threshold_has_a_higher_f1(name):
    made = measures.predictions(*CASES[name])
    found = measures.best_threshold(made)
    score = made.margins[:, 1]
    reached = f1_score(made.y, score >= found)
    assert reached == max(f1_score(made.y, score >= cut) for cut in score)
    moved = measures.at_threshold(made, found, np.ones((1, len(made.y))))
    assert moved["f1"][0] == pytest.approx(reached, abs=EXACT)
    assert np.abs(score - found).min() > 0, "halfway between two scores, not on one"


def test_a_threshold_needs_the_class_it_calls():
    assert measures.best_threshold(measures.predictions(*CASES["one class of two"])) is None
    every = measures.best_threshold(measures.predictions(np.zeros((3, 2)), np.array([0, 1, 1])))
    assert every == 0.0, "all scores alike: call all of them, from that score on"


def test_regression_is_scikit_learns_and_large_targets_lose_no_digits():
    generator = np.random.default_rng(1)
    for offset in (0.0, 1e7):
        target = offset + generator.normal(size=200)
        predicted = target + 0.3 * generator.normal(size=200)
        found = measures.regression(predicted, target, np.ones((1, 200)))
        assert found["mae"][0] == pytest.approx(mean_absolute_error(target, predicted), rel=1e-9)
        assert found["rmse"][0] == pytest.approx(np.sqrt(mean_squared_error(target, predicted)), rel=1e-9)
        assert found["r2"][0] == pytest.approx(r2_score(target, predicted), rel=1e-7)
    still = measures.regression(np.ones(5), np.full(5, 3.0), np.ones((1, 5)))
    assert still["mae"][0] == 2 and np.isnan(still["r2"][0])
