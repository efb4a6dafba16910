"""Texts in batches: every row once an epoch, alike in length, padded on the right, in an order that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.base.words import Text
from jinjie.data.dataset import SPLITS, About, Arrays
from jinjie.data.table import NumbersProcessor
from jinjie.data.texts import NOTHING, Hiding, Rows, Texts, in_order

ABOUT = About(title=Text(en="a", zh="a"), real=False, source="a", licence="a")
PAD = 9


def rows(lengths: Sequence[int], first: int = 100) -> Rows:
    """Rows whose every id is 100 and the row's own number; y is the number."""
    ids = [np.full(n, first + i) for i, n in enumerate(lengths)]
    return Rows.of(ids, each={"y": range(len(lengths))})


def texts(lengths: Sequence[int], **others: Rows) -> Texts:
    splits: Any = {"train": rows(lengths), "validation": rows([1]), "test": rows([1]), **others}
    return Texts(splits, ABOUT, NumbersProcessor(("x",)), {}, PAD)


def same(a: Arrays, b: Arrays) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=90)


@given(lengths=LENGTHS, size=st.integers(1, 100), seed=st.integers(0, 5), epoch=st.integers(0, 3))
def test_an_epoch_holds_every_row_once(lengths: list[int], size: int, seed: int, epoch: int) -> None:
    data = texts(lengths)
    steps = data.steps_per_epoch(size)
    batches = [data.batch(seed, epoch * steps + i, size) for i in range(steps)]
    assert sorted(np.concatenate([batch["y"] for batch in batches])) == list(range(len(lengths)))
    sizes = sorted(len(batch["y"]) for batch in batches)
    assert sizes[1:] == [size] * (steps - 1) and 0 < sizes[0] <= size
    for batch in batches:
        assert batch["x"].shape[1] == max(lengths[y] for y in batch["y"])
        for x, documents, types, y in zip(*(batch[n] for n in ("x", "documents", "types", "y")), strict=True):
            real = lengths[y]
            assert (x[:real] == 100 + y).all() and (x[real:] == PAD).all()
            assert (documents[:real] == 0).all() and (documents[real:] == 1).all()
            assert not types.any()


@given(seed=st.integers(0, 2**40), steps=st.lists(st.integers(0, 300), min_size=1, max_size=12))
def test_batches_do_not_depend_on_what_was_asked_before(seed: int, steps: list[int]) -> None:
    lengths = [1 + i * 7 % 13 for i in range(50)]
    used = texts(lengths)
    for step in steps:
        for size in (6, 7):
            assert same(used.batch(seed, step, size), texts(lengths).batch(seed, step, size))


def test_epochs_and_seeds_differ() -> None:
    data = texts([5] * 50)
    assert not same(data.batch(0, 0, 50), data.batch(0, 1, 50))
    assert not same(data.batch(0, 0, 50), data.batch(1, 0, 50))


def test_rows_of_a_batch_are_alike_in_length_and_batches_are_not_sorted() -> None:
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 129, 8 * 64 * 3 + 5).tolist()
    data = texts(lengths)
    batches = [data.batch(0, i, 8) for i in range(data.steps_per_epoch(8))]
    padding = np.concatenate([batch["documents"].ravel() for batch in batches]).mean()
    assert padding < 0.02  # shuffled alone, 43 % are padding
    longest = np.array([batch["x"].shape[1] for batch in batches])
    assert (
        abs(np.corrcoef(longest[:-1], longest[1:])[0, 1]) < 0.2
    )  # 193 in chance order: 3 deviations of 0.07


def test_which_rows_meet_is_chance() -> None:
    """Sorting all of an epoch at once would put the same rows together again and again."""
    data = texts(range(1, 1025))
    steps = data.steps_per_epoch(4)
    met = [{frozenset(data.rows(0, e * steps + i, 4).tolist()) for i in range(steps)} for e in (0, 1)]
    assert len(met[0] & met[1]) < 3
    # a stretch is 64 batches: what is asked for first are rows of one
    first = np.concatenate([data.rows(0, i, 4) for i in range(64)])
    by_length = np.sort(first).reshape(64, 4)
    assert {frozenset(rows.tolist()) for rows in by_length} == {
        frozenset(data.rows(0, i, 4).tolist()) for i in range(64)
    }


def test_the_smaller_batch_is_not_always_the_longest() -> None:
    lengths = list(range(1, 12))
    data = texts(lengths)
    steps = data.steps_per_epoch(4)
    short = {
        max(lengths[y] for y in batch["y"])
        for epoch in range(40)
        for batch in (data.batch(0, epoch * steps + i, 4) for i in range(steps))
        if len(batch["y"]) < 4
    }
    assert short == {3, 7, 11}


@given(lengths=LENGTHS, size=st.integers(1, 20), limit=st.none() | st.integers(1, 8))
def test_evaluation_is_by_length_and_can_be_put_back(
    lengths: list[int], size: int, limit: int | None
) -> None:
    data = texts([1], test=rows(lengths))
    batches = list(data.batches("test", size, limit))
    expected = len(lengths) if limit is None else min(limit * size, len(lengths))
    assert sum(len(batch["y"]) for batch in batches) == expected
    if limit is not None:
        assert len(batches) <= limit
    widths = [batch["x"].shape[1] for batch in batches]
    assert widths == sorted(widths, reverse=True)
    row = np.concatenate([batch["row"] for batch in batches])
    y = in_order(np.concatenate([batch["y"] for batch in batches]), row)
    assert y.tolist() == sorted(set(y.tolist())) and len(y) == expected
    if limit is None:
        assert y.tolist() == list(range(len(lengths)))


def test_a_limit_takes_rows_of_all_lengths() -> None:
    data = texts([1], test=rows(list(range(1, 101))))
    (only,) = data.batches("test", 10, 1)
    seen = (only["documents"] == 0).sum(1)
    assert seen.min() == 1 and seen.max() == 100 and abs(seen.mean() - 50.5) < 1


def test_classes_of_tokens_and_spans() -> None:
    made = Rows.of(
        [np.array([5, 6, 7]), np.array([8])],
        tokens={
            "y": [np.array([NOTHING, 2, NOTHING]), np.array([1])],
            "types": [np.array([0, 1, 1]), np.array([1])],
        },
        each={"first": [1, 0], "last": [2, 0]},
    )
    batch = made.batch(np.array([1, 0]), pad=3)
    assert batch["x"].tolist() == [[8, 3, 3], [5, 6, 7]]
    assert batch["y"].tolist() == [[1, -100, -100], [-100, 2, -100]]
    assert batch["types"].tolist() == [[1, 0, 0], [0, 1, 1]]
    assert batch["documents"].tolist() == [[0, 1, 1], [0, 0, 0]]
    assert batch["first"].tolist() == [0, 1] and batch["last"].tolist() == [0, 2]
    assert all(values.dtype == np.int64 for values in batch.values())


def test_a_part_of_a_batch_is_cut_to_its_own_longest() -> None:
    data = texts([2, 3, 7])
    batch = rows([2, 3, 7]).batch(np.array([0, 1, 2]), PAD)
    part = data.trimmed({name: values[:2] for name, values in batch.items()})
    assert {name: values.shape for name, values in part.items()} == {
        "x": (2, 3),
        "types": (2, 3),
        "documents": (2, 3),
        "y": (2,),
    }
    assert same(part, rows([2, 3, 7]).batch(np.array([0, 1]), PAD))
    assert same(data.trimmed(batch), batch)


def test_the_fingerprint_knows_ids_lengths_and_classes() -> None:
    made = [
        texts([2, 3]),
        texts([3, 2]),
        texts([2, 4]),
        texts([1], train=rows([2, 3], 101)),
        texts([1], train=Rows.of([np.full(2, 100), np.full(3, 101)], each={"y": [1, 1]})),
    ]
    prints = [data.fingerprint() for data in made]
    assert len(set(prints)) == len(prints)
    cut = [Rows.of([np.array(row) for row in ids]) for ids in ([[1, 2], [3]], [[1], [2, 3]])]
    assert texts([1], train=cut[0]).fingerprint() != texts([1], train=cut[1]).fingerprint()
    assert texts([2, 3]).fingerprint() == prints[0] == texts([2, 3], test=rows([7])).fingerprint()


def test_no_rows_give_no_batches() -> None:
    assert list(texts([1], test=rows([])).batches("test", 4)) == []
    assert list(texts([1], test=rows([])).batches("test", 4, 2)) == []


def test_arrays_of_another_length_are_a_fault() -> None:
    with pytest.raises(AssertionError):
        Rows.of([np.array([1, 2])], tokens={"y": [np.array([1])]})


def test_rare_classes_weigh_more_in_training_alone() -> None:
    """N / (K · N_class), of rows and of tokens; the mean weight over what is told is 1, and padding has none."""
    ids = [np.arange(n) + 1 for n in (3, 2, 4)]
    tags = [np.array([NOTHING, 0, 1]), np.array([NOTHING, 0]), np.array([NOTHING, 0, 0, 2])]
    of_tokens = Rows.of(ids, tokens={"y": tags})
    of_rows = Rows.of(ids, each={"y": [1, 1, 0]})
    for rows in (of_tokens, of_rows):
        splits: Any = dict.fromkeys(SPLITS, rows)
        weighed = Texts(splits, ABOUT, NumbersProcessor(("x",)), {}, weighed=True)
        batch = weighed.batch(0, 0, 3)
        assert batch["weight"].shape == batch["y"].shape and batch["weight"].dtype == np.float32
        told = batch["y"] != NOTHING
        assert batch["weight"][told].mean() == pytest.approx(1) and (batch["weight"][~told] == 0).all()
        counts = np.bincount(batch["y"][told])
        for kind, count in enumerate(counts):
            of_kind = batch["weight"][batch["y"] == kind]
            assert of_kind == pytest.approx(told.sum() / (len(counts) * count))
        assert "weight" not in next(iter(weighed.batches("validation", 3)))
        assert "weight" not in Texts(splits, ABOUT, NumbersProcessor(("x",)), {}).batch(0, 0, 3)


MASK = 7


def hiding(share: float, lengths: Sequence[int]) -> Texts:
    """Rows of special tokens (1) around ids of 100 and more, of which some are hidden in training."""
    special = np.zeros(200, bool)
    special[[1, MASK, PAD]] = True
    ids = [np.array([1, *[100 + i % 50] * (n - 2), 1]) for i, n in enumerate(lengths)]
    made = Rows.of(ids, each={"y": range(len(lengths))})
    splits: Any = dict.fromkeys(SPLITS, made)
    return Texts(splits, ABOUT, NumbersProcessor(("x",)), {}, PAD, hiding=Hiding(share, MASK, special))


def test_hidden_tokens_are_masks_and_nothing_else_changes() -> None:
    """Of ordinary tokens the share that was asked for (5,760 of them: 15 % ± 2 %), of special ones and padding none."""
    lengths = [5 + i % 60 for i in range(180)]
    seen, plain = hiding(0.15, lengths), hiding(0.0, lengths)
    hidden, ordinary = 0, 0
    for step in range(seen.steps_per_epoch(32)):
        made, as_it_is = seen.batch(0, step, 32), plain.batch(0, step, 32)
        for name in ("types", "documents", "y"):
            assert np.array_equal(made[name], as_it_is[name])
        text = as_it_is["x"] >= 100
        for name in ("x", "x_other"):
            changed = made[name] != as_it_is["x"]
            assert (made[name][changed] == MASK).all() and not (changed & ~text).any()
        assert not np.array_equal(made["x"], made["x_other"])
        hidden += int((made["x"] == MASK).sum())
        ordinary += int(text.sum())
    assert abs(hidden / ordinary - 0.15) < 0.02


def test_what_is_hidden_is_a_function_of_seed_and_step() -> None:
    lengths = [20] * 64
    again = hiding(0.3, lengths)
    again.batch(0, 1, 32)
    assert same(again.batch(0, 0, 32), hiding(0.3, lengths).batch(0, 0, 32))
    one, later, other = (hiding(0.3, lengths).batch(*at, 32)["x"] == MASK for at in ((0, 0), (0, 2), (1, 0)))
    assert not np.array_equal(one, later) and not np.array_equal(one, other)


def test_nothing_is_hidden_where_a_model_is_scored() -> None:
    data = hiding(0.5, [20] * 64)
    for split in SPLITS:
        for batch in data.batches(split, 32):
            assert "x_other" not in batch and not (batch["x"] == MASK).any()
