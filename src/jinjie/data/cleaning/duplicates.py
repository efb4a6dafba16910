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

BYTES_A_ROW = 24
"""Memory that a distinct row takes at most, in the steady state: 16 bytes a place, two of three places filled."""
_FULLEST = 0.65


class Seen:
    """Remembers rows by 96 bits of their hash, in order.

    Open addressing with linear probing, a whole batch at a time: all rows look at their places at once, those whose
    place is free claim it (the first of equal rows wins), those that met another row go one place on. With 96 bits, the
    chance that any of a thousand million distinct rows is taken for another is below 1e-11.
    """

    def __init__(self, expected: int = 1 << 12) -> None:
        self.count = 0
        self._make(max(12, int(np.ceil(np.log2(max(1, expected) / _FULLEST)))))

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
        self._owners = np.zeros(1 << bits, np.uint32)

    def _grow(self) -> None:
        used = np.flatnonzero(self._keys)
        keys, checks = self._keys[used], self._checks[used]
        self._make(self._bits + 1)
        self._insert(keys, checks)

    def _insert(self, keys: np.ndarray[Any, Any], checks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        new = np.zeros(len(keys), bool)
        rows = np.arange(len(keys), dtype=np.uint32)
        places = (keys >> np.uint64(64 - self._bits)).astype(np.int64)
        last = len(self._keys) - 1
        while len(rows):
            standing = self._keys[places]
            free = np.flatnonzero(standing == 0)
            if len(free):
                # Of several writes to one place NumPy keeps the last, so the rows are written backwards.
                at, who = places[free][::-1], rows[free][::-1]
                self._owners[at] = who
                won = free[self._owners[places[free]] == rows[free]]
                self._keys[places[won]] = keys[won]
                self._checks[places[won]] = checks[won]
                new[rows[won]] = True
                standing = self._keys[places]
            same = standing == keys
            same &= self._checks[places] == checks
            on = np.flatnonzero(~same)
            rows, keys, checks = rows[on], keys[on], checks[on]
            places = (places[on] + 1) & last
        return new
