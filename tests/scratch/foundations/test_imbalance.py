"""Resampling and reweighting against scikit-learn and PyTorch, and what oversampling before the split pretends."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from jinjie.scratch.foundations.imbalance import (
    class_weights,
    members_of_classes,
    oversample,
    undersample,
    weighted_cross_entropy,
    weighted_cross_entropy_gradient,
    weights_of,
)
from jinjie.scratch.foundations.losses import cross_entropy, cross_entropy_gradient
from jinjie.scratch.foundations.validation import train_test_split
from scratch.gradients import check_gradient

LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=30).map(np.array)
RNG = np.random.default_rng(0)
Z, Y = RNG.normal(size=(7, 3)), np.array([0, 0, 0, 0, 1, 1, 2])


def test_all_members_of_a_class_are_drawn_alike():
    """Of 3 rare examples 27,000 copies: a third each, to 2 %; of 3 common ones each is kept a third of 3,000 times."""
    y = np.array([0] * 27003 + [1] * 3)
    copies = oversample(y, np.random.default_rng(0))[27006:]
    assert np.bincount(copies)[27003:] == pytest.approx([9000] * 3, rel=0.02)
    rng = np.random.default_rng(0)
    kept = np.concatenate([undersample(np.array([0, 0, 0, 1]), rng) for _ in range(3000)])
    assert np.bincount(kept) == pytest.approx([1000, 1000, 1000, 3000], rel=0.06)


def test_weighted_cross_entropy_is_pytorchs():
    weights = np.array([0.5, 1.0, 4.0])
    reference = torch.tensor(Z, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(reference, torch.tensor(Y), weight=torch.tensor(weights))
    loss.backward()
    assert weighted_cross_entropy(Z, Y, weights) == pytest.approx(loss.item(), rel=1e-9)
    assert weighted_cross_entropy_gradient(Z, Y, weights) == pytest.approx(
        reference.grad.numpy(), rel=1e-9, abs=1e-12
    )
    grid, labels = Z[:6].reshape(2, 3, 3), Y[:6].reshape(2, 3)
    assert weighted_cross_entropy(grid, labels, weights) == pytest.approx(
        weighted_cross_entropy(Z[:6], Y[:6], weights), rel=1e-12
    )
    assert weighted_cross_entropy_gradient(grid, labels, weights).reshape(6, 3) == pytest.approx(
        weighted_cross_entropy_gradient(Z[:6], Y[:6], weights), rel=1e-12
    )


def test_the_gradient_is_the_slope():
    weights = np.array([0.5, 1.0, 4.0])
    gradient = weighted_cross_entropy_gradient(Z, Y, weights)
    check_gradient(lambda z: weighted_cross_entropy(z, Y, weights), Z, gradient)


def test_equal_weights_change_nothing():
    for weights in (np.ones(3), np.full(3, 7.0)):
        assert weighted_cross_entropy(Z, Y, weights) == pytest.approx(cross_entropy(Z, Y), rel=1e-12)
        assert weighted_cross_entropy_gradient(Z, Y, weights) == pytest.approx(
            cross_entropy_gradient(Z, Y), rel=1e-12
        )


def test_weighing_is_seeing_copies():
    """A weight of 3 for the rare class is the same as two more copies of each of its examples."""
    with_copies = np.concatenate([np.arange(7), [6, 6]])
    assert weighted_cross_entropy(Z, Y, np.array([1.0, 1.0, 3.0])) == pytest.approx(
        cross_entropy(Z[with_copies], Y[with_copies]), rel=1e-12
    )


def test_weights_turned_upside_down_bury_the_rare_class():
    """One bias for all, 90 and 10 examples: the best constant answer is 50 % with our weights, 10 % with none, and
    with the printed ones, 0.9 and 0.1, the rare class gets 1.2 %.
    """
    y = np.array([0] * 90 + [1] * 10)

    def best_constant(weights):
        z = np.zeros(2)
        for _ in range(2000):
            z = z - weighted_cross_entropy_gradient(np.tile(z, (100, 1)), y, weights).sum(axis=0)
        return np.exp(z[1]) / np.exp(z).sum()

    assert class_weights(y, 2) == pytest.approx([100 / 180, 5.0])
    assert best_constant(class_weights(y, 2)) == pytest.approx(0.5, abs=1e-6)
    assert best_constant(np.ones(2)) == pytest.approx(0.1, abs=1e-6)
    assert best_constant(np.array([0.9, 0.1])) == pytest.approx(1 / 82, abs=1e-5)


def test_oversampled_before_the_split_noise_is_recognised():
    """Labels drawn by chance, one in ten positive, nearest neighbour: there is nothing to learn, and split first,
    it finds about a tenth of the positives. Copied first and then split, it finds all but a few: it has seen them.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    y = (rng.random(600) < 0.1).astype(np.int64)

    def recall_of_nearest(train, test):
        distances = ((X[test][:, None] - X[train][None]) ** 2).sum(axis=-1)
        called = y[train][distances.argmin(axis=1)]
        return called[y[test] == 1].mean()

    copied = oversample(y, rng)
    train, test = train_test_split(len(copied), 0.5, rng)
    assert recall_of_nearest(copied[train], copied[test]) > 0.98
    train, test = train_test_split(600, 0.5, rng)
    assert recall_of_nearest(train[oversample(y[train], rng)], test) < 0.25


def test_what_would_mislead_is_refused():
    assert [members.tolist() for members in members_of_classes(np.array([5, 2, 5]))] == [[1], [0, 2]]
    nothing = np.array([], dtype=np.int64)
    for draw in (lambda y: oversample(y, RNG), lambda y: undersample(y, RNG), members_of_classes):
        with pytest.raises(ValueError, match="at least one label, got none"):
            draw(nothing)
        draw(np.array([1]))
    with pytest.raises(ValueError, match="examples of all 3 classes, got none of class 1"):
        class_weights(np.array([0, 2, 2]), 3)
    with pytest.raises(ValueError, match="labels from 0 to 1, got labels from 0 to 2"):
        class_weights(np.array([0, 2]), 2)
    for loss in (weighted_cross_entropy, weighted_cross_entropy_gradient, weights_of):
        with pytest.raises(ValueError, match=r"one weight a class, got logits \(7, 3\) and weights \(2,\)"):
            loss(Z, Y, np.ones(2))
        with pytest.raises(ValueError, match="one label a row"):
            loss(Z, Y[:3], np.ones(3))
        with pytest.raises(ValueError, match="labels from 0 to 2, got labels from 1 to 3"):
            loss(Z, Y + 1, np.ones(3))


@settings(max_examples=50, deadline=None)
@given(LABELS, st.integers(0, 100))
def test_oversampling_keeps_all_and_levels_the_classes(y, seed):
    indices = oversample(y, np.random.default_rng(seed))
    _, before = np.unique(y, return_counts=True)
    kinds, after = np.unique(y[indices], return_counts=True)
    assert (after == before.max()).all() and len(kinds) == len(before)
    assert indices[: len(y)].tolist() == list(range(len(y))), "every example is there once before the copies"


@settings(max_examples=50, deadline=None)
@given(LABELS, st.integers(0, 100))
def test_undersampling_levels_the_classes_without_copies(y, seed):
    indices = undersample(y, np.random.default_rng(seed))
    _, before = np.unique(y, return_counts=True)
    kinds, after = np.unique(y[indices], return_counts=True)
    assert (after == before.min()).all() and len(kinds) == len(before)
    assert len(set(indices)) == len(indices)
    assert (np.diff(indices) > 0).all()


@settings(max_examples=50, deadline=None)
@given(LABELS.filter(lambda y: len(set(y)) == 4))
def test_class_weights_are_scikit_learns(y):
    ours = class_weights(y, 4)
    assert ours == pytest.approx(compute_class_weight("balanced", classes=np.arange(4), y=y), rel=1e-12)
    assert ours[y].mean() == pytest.approx(1, rel=1e-12)
