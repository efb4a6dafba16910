"""Balanced classes: who is drawn how often, and that each epoch is a function of (seed, epoch)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight

from jinjie.base.words import Text
from jinjie.data.balance import Balance, balanced, epoch_rows, weights
from jinjie.data.batching import Examples
from jinjie.data.dataset import About, Split
from jinjie.data.table import NumbersProcessor

ABOUT = About(title=Text(en="a", zh="a"), real=False, source="a", licence="a")
CLASSES = st.lists(st.integers(0, 3), min_size=1, max_size=80)


def data(y: list[int], balance: Balance) -> Examples:
    """Examples whose x is their own number."""
    arrays = {"x": np.arange(len(y), dtype=np.float32)[:, None], "y": np.array(y, np.int64)}
    splits: dict[Split, Any] = {split: dict(arrays) for split in ("train", "validation", "test")}
    return balanced(splits, ABOUT, NumbersProcessor(("x",)), {"inputs": 1}, balance)


def epoch(found: Examples, seed: int, number: int, size: int = 7) -> np.ndarray[Any, Any]:
    """Which rows an epoch is made of, in order."""
    steps = found.steps_per_epoch(size)
    return np.concatenate([found.batch(seed, number * steps + i, size)["x"][:, 0] for i in range(steps)])


@given(y=CLASSES)
def test_weights_are_scikit_learns_balanced_ones(y: list[int]) -> None:
    found = weights(np.array(y))
    assert found.dtype == np.float32
    assert np.allclose(found, compute_sample_weight("balanced", y), rtol=1e-6)  # float32
    assert found.mean(dtype=np.float64) == pytest.approx(1, rel=1e-6)


def test_weights_stand_beside_their_rows_and_in_training_alone() -> None:
    found = data([0] * 6 + [1] * 2, "weights")
    batch = found.batch(0, 0, 8)
    assert np.array_equal(batch["weight"], np.where(batch["y"] == 1, 2, 2 / 3).astype(np.float32))
    assert "weight" not in next(found.batches("validation", 8))


@given(y=CLASSES, seed=st.integers(0, 9), number=st.integers(0, 5))
def test_over_fills_every_class_to_the_largest_and_leaves_none_out(
    y: list[int], seed: int, number: int
) -> None:
    found = data(y, "over")
    rows = epoch(found, seed, number).astype(int)
    labels = np.array(y)
    largest = np.bincount(labels).max()
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        times = np.array([(rows == member).sum() for member in members])
        assert times.sum() == largest
        assert times.min() >= 1 and times.max() - times.min() <= 1
    assert len(rows) == epoch_rows(np.bincount(labels), "over") == found.facts["epoch"]


@given(y=CLASSES, seed=st.integers(0, 9), number=st.integers(0, 5))
def test_under_cuts_every_class_to_the_smallest_without_repeats(y: list[int], seed: int, number: int) -> None:
    found = data(y, "under")
    rows = epoch(found, seed, number).astype(int)
    assert len(set(rows)) == len(rows)
    counts = np.bincount(np.array(y)[rows], minlength=4)
    present = np.bincount(y, minlength=4)
    assert counts.tolist() == np.where(present > 0, present[present > 0].min(), 0).tolist()


def test_under_sees_all_rows_in_time() -> None:
    """20 of 100 rows an epoch: 200 epochs miss one with odds of 100 · 0.8^200 < 1e-17."""
    found = data([0] * 100 + [1] * 20, "under")
    seen = {int(row) for number in range(200) for row in epoch(found, 0, number)}
    assert seen == set(range(120))


@pytest.mark.parametrize("balance", ["over", "under"])
def test_epochs_are_a_function_of_seed_and_number_and_are_shuffled(balance: Balance) -> None:
    y = [0] * 60 + [1] * 20
    used, fresh = data(y, balance), data(y, balance)
    later = epoch(used, 3, 5)
    assert not np.array_equal(later, epoch(used, 3, 6))
    assert not np.array_equal(later, epoch(used, 4, 5))
    assert np.array_equal(epoch(used, 3, 5), epoch(fresh, 3, 5))
    classes = np.array(y)[later.astype(int)]
    # In order of the classes there would be one change; shuffled, 40 rows change class fewer than 10 times with odds
    # below 1e-3, and this draw is the same every time.
    assert np.count_nonzero(np.diff(classes)) > 9


@pytest.mark.parametrize("balance", ["none", "weights", "over", "under"])
def test_what_is_looked_at_is_not_balanced(balance: Balance) -> None:
    y = [0] * 9 + [1] * 3
    found = data(y, balance)
    for split in ("validation", "test"):
        assert np.concatenate([b["y"] for b in found.batches(split, 5)]).tolist() == y  # type: ignore[arg-type]
    assert found.count("train") == 12
