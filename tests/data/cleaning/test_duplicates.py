"""Rows seen before are found exactly, however they come in batches and however often the table of hashes grows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from jinjie.data.cleaning.duplicates import Seen


@pytest.mark.parametrize("seed", range(20))
def test_first_rows_are_those_that_polars_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(0, 20_000))
    values = random.integers(0, int(random.integers(2, 3000)), (count, 2))
    rows = pl.DataFrame(values, schema=["a", "b"]).with_columns(pl.when(pl.col("b") != 1).then(pl.col("b")))
    seen, came, at = Seen(1), [], 0
    while at < count:
        size = int(random.integers(1, 3000))
        came += seen.first(*Seen.hashes(rows[at : at + size])).tolist()
        at += size
    assert came == rows.select(pl.struct("a", "b").is_first_distinct()).to_series().to_list()
    assert seen.count == sum(came)


def test_rows_that_share_one_hash_are_told_apart_by_the_other() -> None:
    seen = Seen()
    keys, checks = np.array([5, 5, 5, 9], np.uint64), np.array([1, 2, 1, 1], np.uint32)
    assert seen.first(keys, checks).tolist() == [True, True, False, True]
    assert seen.first(keys, checks + np.uint32(1)).tolist() == [False, True, False, True]


def test_keys_that_crowd_the_end_of_the_table_go_round() -> None:
    """All hashes begin with ones, so every place asked for is the last."""
    keys = np.array([2**64 - 1 - i for i in range(3000)], np.uint64)
    checks = np.zeros(3000, np.uint32)
    seen = Seen(1)
    assert seen.first(keys, checks).all() and not seen.first(keys[::-1].copy(), checks).any()
