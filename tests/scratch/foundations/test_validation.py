"""Splits and folds: their sizes as scikit-learn's, every example held out once, and what judging on training data
pretends.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

from jinjie.scratch.foundations.linear_regression import least_squares, predict, r_squared
from jinjie.scratch.foundations.validation import (
    bias_variance,
    cross_validation,
    folds_of,
    k_fold,
    stratified_k_fold,
    stratified_split,
    train_test_split,
)

FLOWERS, KINDS = load_iris(return_X_y=True)


def rng(seed=0):
    return np.random.default_rng(seed)


def rising(indices):
    return (np.diff(indices) > 0).all()


def test_a_split_is_drawn_anew_from_the_generator():
    generator = rng()
    first, second = (train_test_split(100, 0.3, generator)[1] for _ in range(2))
    assert first.tolist() != second.tolist()
    assert first.tolist() == train_test_split(100, 0.3, rng())[1].tolist()
    counts = sum(np.bincount(train_test_split(10, 0.2, rng(s))[1], minlength=10) for s in range(2000))
    assert counts == pytest.approx(np.full(10, 400), rel=0.15), "each example is held out equally often"
    assert [len(part) for part in train_test_split(2, 0.5, rng())] == [1, 1]
    for test_share in (0.0, 1.0, -0.5, 1.5):
        with pytest.raises(ValueError, match="a share that leaves at least one of 10 examples"):
            train_test_split(10, test_share, rng())


def test_a_stratified_split_takes_the_same_share_of_every_class():
    """Of 90, 45 and 10 flowers a fifth: 18, 9 and 2. A plain split loses the rare class now and then."""
    y = np.repeat([2, 0, 1], [90, 45, 10])[rng().permutation(145)]
    for seed in range(20):
        train, test = stratified_split(y, 0.2, rng(seed))
        assert np.bincount(y[test]).tolist() == [9, 2, 18]
        assert sorted([*train, *test]) == list(range(145))
        assert rising(train) and rising(test)
    rare = np.array([1] * 5 + [0] * 95)
    plain = [rare[train_test_split(100, 0.2, rng(seed))[1]].sum() for seed in range(100)]
    assert min(plain) == 0 and max(plain) >= 3


def test_folds_are_drawn_and_not_cut_in_order():
    """The 150 flowers stand sorted by kind: cut in order, three folds hold one kind each, and no model has seen it
    before.
    """
    assert [set(KINDS[validation]) for _, validation in KFold(3).split(FLOWERS)] == [{0}, {1}, {2}]
    assert all(set(KINDS[validation]) == {0, 1, 2} for _, validation in k_fold(150, 3, rng()))
    with pytest.raises(ValueError, match="from 2 to 5 folds, the number of examples, got 1"):
        k_fold(5, 1, rng())


def test_stratified_folds_have_scikit_learns_shares_and_are_drawn():
    theirs = [np.bincount(KINDS[v]).tolist() for _, v in StratifiedKFold(5).split(FLOWERS, KINDS)]
    folds = stratified_k_fold(KINDS, 5, rng())
    assert [np.bincount(KINDS[validation]).tolist() for _, validation in folds] == theirs == [[10] * 3] * 5
    assert folds[0][1].tolist() != stratified_k_fold(KINDS, 5, rng(1))[0][1].tolist()
    for k, y in ((1, KINDS), (2, np.array([], dtype=np.int64)), (3, np.array([0, 0, 0, 1, 1]))):
        with pytest.raises(ValueError, match=f"at least 2 folds and k = {k} examples of every class"):
            stratified_k_fold(y, k, rng())


def test_each_part_is_held_out_in_turn():
    folds = folds_of([np.array([4, 0]), np.array([1]), np.array([2, 3])])
    assert [(train.tolist(), validation.tolist()) for train, validation in folds] == [
        ([1, 2, 3], [4, 0]),
        ([0, 2, 3, 4], [1]),
        ([0, 1, 4], [2, 3]),
    ]


def test_cross_validation_is_scikit_learns():
    """Petal width from the other measurements, five folds: R² on each as scikit-learn's on the same folds."""
    X, y = FLOWERS[:, :3], FLOWERS[:, 3]
    folds = k_fold(150, 5, rng())

    def score(train, validation):
        return r_squared(y[validation], predict(X[validation], *least_squares(X[train], y[train])))

    theirs = cross_val_score(LinearRegression(), X, y, cv=folds)
    mean, error = cross_validation(score, folds)
    assert mean == pytest.approx(theirs.mean(), rel=1e-9)
    assert error == pytest.approx(theirs.std(ddof=1) / np.sqrt(5), rel=1e-9)
    assert 0.9 < mean < 0.95


def test_bias_and_variance_add_up_to_the_loss():
    made, y = rng().normal(2.0, 3.0, size=(7, 5)), rng(1).normal(size=5)
    bias, variance = bias_variance(made, y)
    assert bias + variance == pytest.approx(((made - y) ** 2).mean())
    assert variance == pytest.approx(made.var(axis=0).mean())
    assert bias_variance(np.repeat(made[:1], 7, axis=0), y)[1] == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match=r"\(7, 5\) and \(7,\)"):
        bias_variance(made, np.zeros(7))


def test_on_its_training_data_pure_memory_is_perfect():
    """Labels drawn by chance, a nearest neighbour that only remembers: 1.00 on what it was trained on, 0.5 held out."""
    generator = rng()
    X, y = generator.normal(size=(400, 3)), generator.integers(0, 2, 400)

    def score(train, validation):
        distances = ((X[validation][:, None] - X[train][None]) ** 2).sum(axis=-1)
        return float(np.mean(y[train][distances.argmin(axis=1)] == y[validation]))

    everyone = np.arange(400)
    assert score(everyone, everyone) == 1.0
    mean, error = cross_validation(score, k_fold(400, 5, generator))
    assert mean == pytest.approx(0.5, abs=0.08)
    assert error < 0.05


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 50), st.floats(0.1, 0.9), st.integers(0, 100))
def test_a_split_takes_the_share_and_loses_nobody(N, test_share, seed):
    held_out = round(test_share * N)
    if not 0 < held_out < N:
        with pytest.raises(ValueError, match=f"at least one of {N} examples on each side, got {test_share}"):
            train_test_split(N, test_share, rng(seed))
        return
    train, test = train_test_split(N, test_share, rng(seed))
    assert len(test) == held_out
    assert sorted([*train, *test]) == list(range(N))
    assert rising(train) and rising(test)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 40), st.integers(2, 10), st.integers(0, 100))
def test_every_example_is_held_out_once(N, k, seed):
    if k > N:
        with pytest.raises(ValueError, match=f"from 2 to {N} folds, the number of examples, got {k}"):
            k_fold(N, k, rng(seed))
        return
    folds = k_fold(N, k, rng(seed))
    theirs = [len(validation) for _, validation in KFold(k).split(np.zeros(N))]
    assert [len(validation) for _, validation in folds] == theirs
    assert sorted(np.concatenate([validation for _, validation in folds])) == list(range(N))
    for train, validation in folds:
        assert sorted([*train, *validation]) == list(range(N))
        assert rising(train) and rising(validation)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 2), min_size=4, max_size=40).map(np.array), st.integers(2, 5), st.integers(0, 99)
)
def test_stratified_folds_share_every_class(y, k, seed):
    kinds, counts = np.unique(y, return_counts=True)
    if counts.min() < k:
        with pytest.raises(ValueError, match=f"at least 2 folds and k = {k} examples of every class, got"):
            stratified_k_fold(y, k, rng(seed))
        return
    folds = stratified_k_fold(y, k, rng(seed))
    assert len(folds) == k
    for kind, count in zip(kinds, counts, strict=True):
        shares = [np.sum(y[validation] == kind) for _, validation in folds]
        assert sum(shares) == count and max(shares) - min(shares) <= 1
    sizes = [len(validation) for _, validation in folds]
    assert max(sizes) - min(sizes) <= 1
    for train, validation in folds:
        assert sorted([*train, *validation]) == list(range(len(y)))
        assert rising(train) and rising(validation)
