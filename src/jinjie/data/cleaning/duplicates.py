"""Which rows were not seen before: a growing table of hashes in NumPy, one entry a distinct row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:
    np = lazy("numpy")
    pl = lazy("polars")

BYTES_A_ROW = 37
"""Memory that a distinct row takes at most: 12 bytes a place, of which a third to two thirds are filled."""
_FULLEST = 0.65
_CLAIMS = 1 << 19
"""Claims on free places that are told apart at once; few enough to stay in a core's cache."""


class Seen:
    """Remembers rows by 96 bits of their hash, in order.

    Open addressing with linear probing, a whole batch at a time: all rows look at their places at once, those whose
    place is free claim it (the first wins), those that met another row go one place on. With 96 bits, the chance that
    any of a thousand million distinct rows is taken for another is below 1e-11.
    """

    def __init__(self, expected: int = 1 << 12) -> None:
        self.count = 0
        self._claims = np.zeros(_CLAIMS, np.int64)
        # A long file of few different rows needs no large table: it begins with a hundred megabytes at most, and grows.
        self._make(min(23, max(12, int(np.ceil(np.log2(max(1, expected) / _FULLEST))))))

    @staticmethod
    def hashes(rows: pl.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Two hashes a row (N) and (N), equal for equal rows; nulls equal each other."""
        keys = rows.hash_rows(1).to_numpy()
        checks = (rows.hash_rows(2).to_numpy() >> np.uint64(32)).astype(np.uint32)
        return np.where(keys == 0, np.uint64(1), keys), checks  # 0 marks a free place

    def first(self, keys: np.ndarray[Any, Any], checks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """(N) true where a row equals none before it, in this batch or an earlier one; takes what `hashes` gives."""
        while (self.count + len(keys)) > _FULLEST * len(self._keys):
            self._grow()
        new = self._insert(keys, checks)
        self.count += int(np.count_nonzero(new))
        return new

    def _make(self, bits: int) -> None:
        self._bits = bits
        self._keys = np.zeros(1 << bits, np.uint64)
        self._checks = np.zeros(1 << bits, np.uint32)

    def _grow(self) -> None:
        used = np.flatnonzero(self._keys)
        keys, checks = self._keys[used], self._checks[used]
        self._make(self._bits + 1)
        self._insert(keys, checks)

    def _insert(self, keys: np.ndarray[Any, Any], checks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """(N) which of these rows are new; they are remembered.

        Of the rows before free places, one a claim is served: the first (NumPy keeps the last of several writes, so
        they are written backwards). The others look again: the place holds an equal row, or another, or is still free.
        """
        new = np.zeros(len(keys), bool)
        rows = np.arange(len(keys))
        places = (keys >> np.uint64(64 - self._bits)).astype(np.int64)
        last = len(self._keys) - 1
        while len(rows):
            standing = self._keys.take(places)
            free = np.flatnonzero(standing == 0)
            claims = places.take(free) & (_CLAIMS - 1)
            self._claims[claims[::-1]] = free[::-1]
            served = free[self._claims.take(claims) == free]
            at = places.take(served)
            self._keys[at] = keys.take(served)
            self._checks[at] = checks.take(served)
            new[rows.take(served)] = True
            met = np.flatnonzero(standing == keys)
            done = np.zeros(len(rows), bool)
            done[served] = True
            done[met] = self._checks.take(places.take(met)) == checks.take(met)
            step = standing != 0
            on = np.flatnonzero(~done)
            rows, keys, checks = rows.take(on), keys.take(on), checks.take(on)
            places = (places.take(on) + step.take(on)) & last
        return new
