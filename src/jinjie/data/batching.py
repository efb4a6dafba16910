"""Loaded arrays as batches, a pure function of (seed, step): examples drawn in epochs, and windows of tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.data.dataset import About, Arrays, Dataset, Processor, Split

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")


class Examples(Dataset):
    """Named arrays whose first axis is N, one set a split.

    Training goes through the examples in epochs, each a fresh permutation of all of them drawn from (seed, epoch);
    the last batch of an epoch holds what is left over.
    """

    def __init__(
        self,
        splits: Mapping[Split, Arrays],
        about: About,
        processor: Processor,
        facts: Mapping[str, int],
    ) -> None:
        self.splits = splits
        self.about = about
        self.processor = processor
        self.facts = facts
        self._order: tuple[tuple[int, int], np.ndarray[Any, Any]] | None = None

    def count(self, split: Split) -> int:
        return len(next(iter(self.splits[split].values())))

    def steps_per_epoch(self, size: int) -> int:
        return -(-self.count("train") // size)

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        rows = self.rows(seed, step, size)
        return {name: array.take(rows, axis=0) for name, array in self.splits["train"].items()}

    def rows(self, seed: int, step: int, size: int) -> np.ndarray[Any, Any]:
        """Which training examples make up the batch of one step."""
        epoch, index = divmod(step, self.steps_per_epoch(size))
        return self._permutation(seed, epoch)[index * size : (index + 1) * size]

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        for index in spread(-(-self.count(split) // size), limit):
            part = slice(index * size, (index + 1) * size)
            yield {name: array[part] for name, array in self.splits[split].items()}

    def fingerprint(self) -> str:
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return digest(*self.splits["train"].values())

    def _permutation(self, seed: int, epoch: int) -> np.ndarray[Any, Any]:
        """The order of one epoch. The last one asked for is kept: consecutive steps share it."""
        known = self._order
        if known is None or known[0] != (seed, epoch):
            order = numpy_generator(seed, "epoch", epoch).permutation(self.count("train"))
            known = self._order = ((seed, epoch), order)
        return known[1]


class Tokens(Dataset):
    """One stream of token ids a split; a batch is windows of `block` ids, x (B, T), and the ids after each, y (B, T).

    Windows for training begin anywhere, or, when `starts` gives the offsets of documents, at document starts only.
    Evaluation goes through consecutive windows that do not overlap; a last window shorter than T is left out.
    """

    def __init__(
        self,
        streams: Mapping[Split, np.ndarray[Any, Any]],
        block: int,
        about: About,
        processor: Processor,
        facts: Mapping[str, int],
        starts: np.ndarray[Any, Any] | None = None,
    ) -> None:
        self.streams = streams
        self.block = block
        self.about = about
        self.processor = processor
        self.facts = facts
        last = len(streams["train"]) - block - 1
        self._starts = None if starts is None else starts[starts <= last]
        self._last = last
        self._span = np.arange(block)

    def count(self, split: Split) -> int:
        return len(self.streams[split])

    def steps_per_epoch(self, size: int) -> int:
        """How many batches of `size` windows hold as many tokens as the training split."""
        return -(-self._windows("train") // size)

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        generator = numpy_generator(seed, "windows", step)
        if self._starts is None:
            offsets = generator.integers(0, self._last + 1, size)
        else:
            offsets = self._starts[generator.integers(0, len(self._starts), size)]
        return self._cut("train", offsets)

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        windows = self._windows(split)
        for index in spread(-(-windows // size), limit):
            first = index * size
            yield self._cut(split, np.arange(first, min(first + size, windows)) * self.block)

    def fingerprint(self) -> str:
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return digest(self.streams["train"], *([] if self._starts is None else [self._starts]))

    def _windows(self, split: Split) -> int:
        return (len(self.streams[split]) - 1) // self.block

    def _cut(self, split: Split, offsets: np.ndarray[Any, Any]) -> Arrays:
        places = offsets[:, None] + self._span
        stream = self.streams[split]
        return {"x": stream[places].astype(np.int64), "y": stream[places + 1].astype(np.int64)}


def spread(count: int, limit: int | None) -> list[int]:
    """`range(count)`, or `limit` of its numbers spread evenly from the first to the last."""
    if limit is None or limit >= count:
        return list(range(count))
    if limit == 1:
        return [0]
    return [round(i * (count - 1) / (limit - 1)) for i in range(limit)]


def digest(*arrays: np.ndarray[Any, Any]) -> str:
    """16 hexadecimal digits that depend on every array's type, shape and content."""
    hashed = hashlib.sha256()
    for array in arrays:
        hashed.update(f"{array.dtype}{array.shape}".encode())
        hashed.update(np.ascontiguousarray(array).data)
    return hashed.hexdigest()[:16]


def split_evenly(
    labels: np.ndarray[Any, Any], shares: Mapping[Split, int], seed: int
) -> dict[Split, np.ndarray[Any, Any]]:
    """Indices (N) dealt to splits of exactly `shares` examples, every class in nearly the same proportion in each.

    Shuffled with `seed`, the examples of a class get the places (0.5, 1.5, …) / size; sorting all examples by place
    interleaves the classes, so any consecutive cut is stratified.
    """
    order = numpy_generator(seed, "split").permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = order[labels[order] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    interleaved = order[np.argsort(place[order], kind="stable")]
    cuts = np.cumsum(list(shares.values()))[:-1]
    return dict(zip(shares, np.split(interleaved, cuts), strict=True))
