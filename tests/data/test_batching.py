"""Batches are a pure function of (seed, step), go through everything once an epoch, and are quick."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.base.words import Text
from jinjie.data.batching import Examples, Tokens, digest, split_evenly, spread
from jinjie.data.dataset import About, Split
from jinjie.data.table import NumbersProcessor

ABOUT = About(title=Text(en="a", zh="a"), real=False, source="a", licence="a")
PROCESSOR = NumbersProcessor(("x",))


def numbered(train: int, other: int = 3) -> Examples:
    """Examples whose x is their own number."""
    sizes: dict[Split, int] = {"train": train, "validation": other, "test": other}
    splits = {s: {"x": np.arange(n, dtype=np.float32)[:, None], "y": np.arange(n)} for s, n in sizes.items()}
    return Examples(splits, ABOUT, PROCESSOR, {})  # type: ignore[arg-type]


def stream(length: int, block: int, starts: Any = None) -> Tokens:
    ids = np.arange(length, dtype=np.uint16)
    return Tokens({"train": ids, "validation": ids, "test": ids}, block, ABOUT, PROCESSOR, {}, starts)


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@given(train=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers(0, 5), epoch=st.integers(0, 3))
def test_an_epoch_holds_every_example_once(train: int, size: int, seed: int, epoch: int) -> None:
    data = numbered(train)
    steps = data.steps_per_epoch(size)
    batches = [data.batch(seed, epoch * steps + i, size) for i in range(steps)]
    assert sorted(np.concatenate([batch["y"] for batch in batches])) == list(range(train))
    assert all(len(batch["y"]) == size for batch in batches[:-1])
    assert all(np.array_equal(batch["x"][:, 0], batch["y"]) for batch in batches)  # rows stay together


@given(seed=st.integers(0, 2**40), steps=st.lists(st.integers(0, 500), min_size=1, max_size=20))
def test_batches_do_not_depend_on_what_was_asked_before(seed: int, steps: list[int]) -> None:
    used, tokens = numbered(20), stream(90, 7)
    for step in steps:
        assert same(used.batch(seed, step, 6), numbered(20).batch(seed, step, 6))
        assert same(tokens.batch(seed, step, 6), stream(90, 7).batch(seed, step, 6))


def test_epochs_and_seeds_differ() -> None:
    data, tokens = numbered(50), stream(1000, 5)
    assert not same(data.batch(0, 0, 50), data.batch(0, 1, 50))
    assert not same(data.batch(0, 0, 50), data.batch(1, 0, 50))
    assert not same(tokens.batch(0, 0, 50), tokens.batch(0, 1, 50))
    assert not same(tokens.batch(0, 0, 50), tokens.batch(1, 0, 50))


@given(length=st.integers(3, 80), block=st.integers(1, 20), size=st.integers(1, 9), step=st.integers(0, 50))
def test_windows_and_what_follows_them(length: int, block: int, size: int, step: int) -> None:
    block = min(block, length - 1)
    batch = stream(length, block).batch(0, step, size)
    assert batch["x"].shape == batch["y"].shape == (size, block)
    assert batch["x"].dtype == batch["y"].dtype == np.int64
    assert np.array_equal(batch["y"], batch["x"] + 1)  # ids are their own places here
    assert np.array_equal(np.diff(batch["x"]), np.ones((size, block - 1)))
    assert batch["y"].max() < length


def test_every_place_can_begin_a_window() -> None:
    tokens = stream(12, 4)
    begins = {int(x) for step in range(200) for x in tokens.batch(0, step, 4)["x"][:, 0]}
    assert begins == set(range(8))  # a false alarm needs 800 draws of 8 to miss one: 8 · (7/8)^800 < 1e-45


def test_windows_begin_at_documents_when_they_are_given() -> None:
    tokens = stream(40, 5, starts=np.array([0, 11, 20, 37]))
    begins = {int(x) for step in range(100) for x in tokens.batch(0, step, 4)["x"][:, 0]}
    assert begins == {0, 11, 20}  # 37 + 5 has nothing behind it


@given(length=st.integers(3, 200), block=st.integers(1, 20), size=st.integers(1, 9))
def test_evaluation_goes_through_consecutive_windows(length: int, block: int, size: int) -> None:
    block = min(block, length - 1)
    tokens = stream(length, block)
    batches = list(tokens.batches("test", size))
    assert len(batches) == tokens.steps_per_epoch(size)
    seen = np.concatenate([batch["x"] for batch in batches]).flatten()
    assert np.array_equal(seen, np.arange(len(seen)))
    assert 0 <= length - 1 - len(seen) < block  # only a shorter last window is left out


@given(other=st.integers(1, 40), size=st.integers(1, 12))
def test_evaluation_holds_every_example_once(other: int, size: int) -> None:
    batches = list(numbered(5, other).batches("validation", size))
    assert np.concatenate([batch["y"] for batch in batches]).tolist() == list(range(other))


@given(count=st.integers(1, 200), limit=st.integers(1, 50))
def test_a_limit_spreads_from_first_to_last(count: int, limit: int) -> None:
    chosen = spread(count, limit)
    assert len(set(chosen)) == len(chosen) == min(count, limit)
    assert (
        chosen == sorted(chosen) and chosen[0] == 0 and chosen[-1] in ((0,) if limit == 1 else (count - 1,))
    )
    gaps = np.diff(chosen)
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1


@given(labels=st.lists(st.integers(0, 3), min_size=10, max_size=120))
def test_splits_are_exact_disjoint_and_even(labels: list[int]) -> None:
    y = np.array(labels)
    shares: dict[Split, int] = {
        "train": len(y) - 2 * (len(y) // 5),
        "validation": len(y) // 5,
        "test": len(y) // 5,
    }
    parts = split_evenly(y, shares, seed=3)
    assert {split: len(rows) for split, rows in parts.items()} == shares
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(y)))
    for split, rows in parts.items():
        for label in np.unique(y):
            ideal = (y == label).mean() * shares[split]
            assert abs((y[rows] == label).sum() - ideal) <= 4  # one place a class may shift another


def test_fingerprints_tell_training_data_apart() -> None:
    assert numbered(9).fingerprint() == numbered(9).fingerprint() != numbered(10).fingerprint()
    assert numbered(9, other=3).fingerprint() == numbered(9, other=4).fingerprint()
    assert stream(50, 5).fingerprint() != stream(51, 5).fingerprint()
    assert stream(50, 5).fingerprint() != stream(50, 5, np.array([0, 3])).fingerprint()
    assert digest(np.zeros(4, np.int32)) != digest(np.zeros(2, np.int64))  # equal bytes


@pytest.mark.parametrize("size", [32])
def test_a_batch_of_pictures_costs_microseconds(size: int) -> None:
    """3 µs where it was written; what it guards against, a permutation a batch or a Python loop, takes 100."""
    pixels = np.zeros((7000, 784), np.float32)
    data = Examples({"train": {"x": pixels, "y": np.zeros(7000, np.int64)}}, ABOUT, PROCESSOR, {})
    data.batch(0, 0, size)
    times = []
    for step in range(1, 200):
        begin = time.perf_counter()
        data.batch(0, step, size)
        times.append(time.perf_counter() - begin)
    assert float(np.median(times)) < 60e-6
