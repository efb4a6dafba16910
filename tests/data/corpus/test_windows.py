"""Every token is predicted once, no document sees another, and a batch is a function of (seed, step)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.words import Text
from jinjie.data.corpus.permutation import permuted
from jinjie.data.corpus.shards import Stream, begins_file, dtype_of, shard_file
from jinjie.data.corpus.windows import IGNORED, Packed
from jinjie.data.dataset import About, Processor

BEGIN, END = 999, 0
ABOUT = About(title=Text(en="", zh=""), real=False, source="", licence="")

lengths = st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=5).filter(
    lambda shards: any(shards)
)
"""Lengths of the documents of each shard, ends included."""


def written(folder: Path, shards: list[list[int]], dtype: Any = np.uint16) -> tuple[Stream, list[list[int]]]:
    """A stream of documents whose tokens are all different but for the ends, and the documents."""
    number, documents = 1, []
    for k, sizes in enumerate(shards):
        made = []
        for size in sizes:
            made.append([*range(number, number + size - 1), END])
            number += size - 1
        documents += made
        np.save(shard_file(folder, k), np.array([i for d in made for i in d], dtype))
        np.save(begins_file(folder, k), np.cumsum([0, *sizes])[:-1].astype(np.uint32))
    return Stream(folder, [(0, sum(sizes)) for sizes in shards]), documents


def packed(stream: Stream, block: int) -> Packed:
    named: dict[Any, Stream] = {"train": stream, "validation": stream, "test": stream}
    return Packed(
        named, block, BEGIN, END, ABOUT, Processor, {}, documents={}, sizes={}, dropped={}, fingerprint=""
    )  # type: ignore[arg-type]


def stretches(batch: dict[str, Any]) -> list[tuple[list[int], list[int]]]:
    """x and y of every document of every row, padding left out."""
    found = []
    for x, y, documents in zip(batch["x"], batch["y"], batch["documents"], strict=True):
        assert documents[0] == 0
        assert set(np.diff(documents)) <= {0, 1}
        for number in range(documents[-1] + 1):
            mine = documents == number
            if (y[mine] == IGNORED).any():
                assert (y[mine] == IGNORED).all() and number == documents[-1]
                continue
            found.append((x[mine].tolist(), y[mine].tolist()))
    return found


def check(found: list[tuple[list[int], list[int]]], documents: list[list[int]]) -> None:
    """Each stretch lies in one document, x is what stands before y there, and together they are all documents."""
    position = {token: (i, k) for i, d in enumerate(documents) for k, token in enumerate(d) if token != END}
    ends = 0
    seen: Counter[int] = Counter()
    for x, y in found:
        assert y[:-1] == x[1:]
        assert END not in y[:-1]  # nothing follows an end within a stretch
        ends += y[-1] == END
        seen.update(token for token in y if token != END)
        inside = [position[token] for token in y if token != END]
        assert len({i for i, _ in inside}) <= 1
        if inside:
            i, k = inside[0]
            assert [token for token in y if token != END] == documents[i][k : k + len(inside)]
            assert x[0] == (BEGIN if k == 0 else documents[i][k - 1])
    assert ends == len(documents)
    assert seen == Counter(token for d in documents for token in d if token != END)


@settings(max_examples=100, deadline=None)
@given(lengths, st.integers(1, 12), st.integers(1, 4), st.integers(0, 1000))
def test_every_token_is_predicted_once(shards: list[list[int]], block: int, size: int, seed: int) -> None:
    with TemporaryDirectory() as folder:
        stream, documents = written(Path(folder), shards)
        data = packed(stream, block)
        total = sum(map(sum, shards))
        assert data.count("train") == total
        windows = -(-total // block)

        evaluated = list(data.batches("test", size))
        assert sum(len(batch["x"]) for batch in evaluated) == windows
        check([s for batch in evaluated for s in stretches(batch)], documents)
        # in order: what is not padding, row by row, is the stream
        y = np.concatenate([batch["y"].ravel() for batch in evaluated])
        assert y[y != IGNORED].tolist() == [token for d in documents for token in d]

        trained = [data.batch(seed, step, size) for step in range(2 * windows)]
        assert all(
            a.shape == (size, block) and a.dtype == np.int64 for batch in trained for a in batch.values()
        )
        rows = [{name: a[i : i + 1] for name, a in batch.items()} for batch in trained for i in range(size)]
        for epoch in range(2 * size):
            found = [s for row in rows[epoch * windows : (epoch + 1) * windows] for s in stretches(row)]
            check_epoch(found, documents)
        assert data.steps_per_epoch(size) == -(-windows // size)


def check_epoch(found: list[tuple[list[int], list[int]]], documents: list[list[int]]) -> None:
    check(found, documents)


def test_a_document_may_go_on_in_the_next_shard(tmp_path: Path) -> None:
    np.save(shard_file(tmp_path, 0), np.array([1, END, 2, 3], np.uint16))
    np.save(begins_file(tmp_path, 0), np.array([0, 2], np.uint32))
    np.save(shard_file(tmp_path, 1), np.array([4, 5, 6], np.uint16))
    np.save(begins_file(tmp_path, 1), np.zeros(0, np.uint32))
    np.save(shard_file(tmp_path, 2), np.array([9, 9, 7, END, 8, END], np.uint16))  # of another split: 9, 9
    np.save(begins_file(tmp_path, 2), np.array([0, 4], np.uint32))
    stream = Stream(tmp_path, [(0, 4), (0, 3), (2, 4)])
    documents = [[1, END], [2, 3, 4, 5, 6, 7, END], [8, END]]
    assert stream.tokens(0, 11).tolist() == [token for d in documents for token in d]
    assert stream.begins(0, 11).tolist() == [0, 2, 9]
    assert stream.begins(3, 10).tolist() == [9]
    data = packed(stream, 4)
    (batch,) = data.batches("test", 9)
    assert batch["x"].tolist() == [[BEGIN, 1, BEGIN, 2], [3, 4, 5, 6], [7, BEGIN, 8, BEGIN]]
    assert batch["y"].tolist() == [[1, END, 2, 3], [4, 5, 6, 7], [END, 8, END, IGNORED]]
    assert batch["documents"].tolist() == [[0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 1, 2]]
    check([s for b in data.batches("test", 2) for s in stretches(b)], documents)


def test_batches_are_functions_of_seed_and_step(tmp_path: Path) -> None:
    stream, _ = written(tmp_path, [[7] * 50, [5] * 50])
    data, again = packed(stream, 15), packed(Stream(tmp_path, [(0, 350), (0, 250)]), 15)
    assert data.steps_per_epoch(4) == 10
    late = [again.batch(1, step, 4) for step in reversed(range(30))]
    for batch, other in zip((data.batch(1, step, 4) for step in range(30)), reversed(late), strict=True):
        assert all(np.array_equal(batch[name], other[name]) for name in batch)
    assert not np.array_equal(data.batch(1, 0, 4)["y"], data.batch(2, 0, 4)["y"])
    epochs = [
        {tuple(row) for step in range(10 * e, 10 * e + 10) for row in data.batch(1, step, 4)["y"]}
        for e in range(6)
    ]
    # Each is cut at one of 15 places: all six at the same one would come once in 750,000 times by chance.
    assert len(set(map(frozenset, epochs))) > 1


def test_limited_evaluation_is_spread(tmp_path: Path) -> None:
    stream, _ = written(tmp_path, [[4] * 100])
    data = packed(stream, 8)
    whole = list(data.batches("test", 3))
    some = list(data.batches("test", 3, 3))
    assert [b["y"].tolist() for b in some] == [whole[i]["y"].tolist() for i in (0, 8, 16)]


def test_a_large_vocabulary_has_large_ids(tmp_path: Path) -> None:
    assert (dtype_of(65_536), dtype_of(65_537)) == (np.uint16, np.uint32)
    np.save(shard_file(tmp_path, 0), np.array([70_000, 2**31, END], np.uint32))
    np.save(begins_file(tmp_path, 0), np.array([0], np.uint32))
    (batch,) = packed(Stream(tmp_path, [(0, 3)]), 3).batches("test", 1)
    assert batch["y"].tolist() == [[70_000, 2**31, END]]


@given(st.integers(1, 3000), st.integers(0, 2**63 - 1))
def test_a_permutation_is_one(count: int, seed: int) -> None:
    found = permuted(np.arange(count), count, seed)
    assert np.array_equal(np.sort(found), np.arange(count))
    assert permuted(np.array([count - 1]), count, seed).tolist() == [found[-1]]


def test_a_permutation_mixes() -> None:
    """Neighbours come to lie a third of the range apart in the mean, as in a random order; five deviations allowed."""
    count = 100_000
    apart = np.abs(np.diff(permuted(np.arange(count), count, 7))) / count
    assert abs(apart.mean() - 1 / 3) < 5 * 0.2357 / np.sqrt(count)
    assert abs(np.corrcoef(np.arange(count), permuted(np.arange(count), count, 7))[0, 1]) < 0.02


def test_a_permutation_of_billions_takes_no_memory() -> None:
    found = permuted(np.arange(1000), 10**12, 3)
    assert len(set(found.tolist())) == 1000 and found.min() >= 0 and found.max() < 10**12
    assert found.max() > 9 * 10**11


def test_a_stream_maps_few_shards_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jinjie.data.corpus import shards

    monkeypatch.setattr(shards, "OPEN", 4)
    stream, documents = written(tmp_path, [[3]] * 40)
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert stream.tokens(0, 120).tolist() == [token for d in documents for token in d]
    assert len(list(Path("/proc/self/fd").iterdir())) - before <= 2 * 4 + 2
