"""Shards: token ids as memory-mapped `.npy` files, with the places where documents begin.

A shard holds the documents of one unit of work, those of each split together, in the order train, validation, test:
`shard-00000.npy` (T) uint16 or uint32, and `begins-00000.npy` (N) uint32, ascending. Every document ends with the end
token. A document longer than a unit goes on at the front of its split's part of the next shard, without a begin.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

OPEN = 256
"""Shards of a stream that are mapped at once: a mapping keeps a file open, and systems allow a thousand or so."""


def shard_file(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05d}.npy"


def begins_file(folder: Path, number: int) -> Path:
    return folder / f"begins-{number:05d}.npy"


def dtype_of(vocabulary: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type that every id of a vocabulary of V tokens fits."""
    return np.uint16 if vocabulary <= 2**16 else np.uint32


class Stream:
    """The tokens of one split over all shards, numbered 0 … T − 1. Opening one reads nothing.

    `parts` says, for each shard, where the split's tokens begin and how many there are.
    """

    def __init__(self, folder: Path, parts: Sequence[tuple[int, int]]) -> None:
        self._folder = folder
        self._parts = [(number, first, count) for number, (first, count) in enumerate(parts) if count]
        self._ends = list(accumulate(count for _, _, count in self._parts))
        self._open = lru_cache(maxsize=OPEN)(self._map)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def tokens(self, first: int, last: int) -> np.ndarray[Any, Any]:
        """Ids at places first … last − 1, int64."""
        found = [self._open(number)[0][a:b] for number, a, b, _ in self._within(first, last)]
        return np.concatenate(found, dtype=np.int64) if found else np.zeros(0, np.int64)

    def begins(self, first: int, last: int) -> np.ndarray[Any, Any]:
        """Where documents begin, of the places first … last − 1, ascending, int64; found by bisection."""
        found = []
        for number, a, b, place in self._within(first, last):
            begins = self._open(number)[1]
            low, high = np.searchsorted(begins, np.array([a, b], begins.dtype))
            found.append(begins[low:high].astype(np.int64) - a + place)
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def _within(self, first: int, last: int) -> Iterator[tuple[int, int, int, int]]:
        """The shards that hold places first … last − 1: their number, from and to where, and the place of the first."""
        index = bisect_right(self._ends, first)
        while first < last and index < len(self._parts):
            number, begin, count = self._parts[index]
            start = self._ends[index] - count
            stop = min(last, self._ends[index])
            yield number, begin + first - start, begin + stop - start, first
            first, index = stop, index + 1

    def _map(self, number: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        return (
            np.load(shard_file(self._folder, number), mmap_mode="r", allow_pickle=False),
            np.load(begins_file(self._folder, number), mmap_mode="r", allow_pickle=False),
        )
