"""What a long table asks to be kept goes to disk: numbers for medians and quartiles, hashes of rows for duplicates.

Both are written once, in order, to one file without a name, which the system removes with the process. What is read
back is read a piece at a time, so that memory stays the same however long the table is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:
    np = lazy("numpy")
    pl = lazy("polars")

HELD = 128 << 20
"""Bytes of numbers that are held in memory before they go to disk."""
GATHERED = 4 << 20
"""Numbers among which a rank is found by sorting; more are first told apart by their next sixteen bits."""
PARTS = 64
"""Parts, by the first bits of their hash, into which rows are sorted; equal rows share one."""
_PIECE = 1 << 20


class Numbers:
    """Columns of numbers, of which quantiles are asked at the end. What is missing is left out."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._frames: list[pl.DataFrame] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._places: dict[str, list[tuple[int, int]]] = {}

    def add(self, frame: pl.DataFrame) -> None:
        """The next rows, every column Float64. Raises JinjieError when the disk refuses."""
        self._frames.append(frame)
        self._bytes += 8 * frame.width * len(frame)
        if self._file is not None or self._bytes > HELD:
            self._spill()

    def quantiles(self, *shares: float) -> dict[str, tuple[float | None, ...]]:
        """By column, the number below which each share of its numbers lies, interpolated linearly; None without any."""
        if self._file is None:
            if not self._frames or not self._frames[0].width:
                return {}
            whole = pl.concat(self._frames)
            rows = [whole.select(pl.all().quantile(share, "linear")).row(0) for share in shares]
            return dict(zip(whole.columns, zip(*rows, strict=True), strict=True))
        return {name: self._between(name, shares) for name in self._places}

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 (lives as long as self)
            for frame in self._frames:
                for column in frame.get_columns():
                    values = column.drop_nulls().to_numpy()
                    self._places.setdefault(column.name, []).append((self._file.tell(), len(values)))
                    self._file.write(values.tobytes())
            self._file.flush()  # so that a full disk says so here
        except OSError as error:
            raise _refused(self._folder, error) from error
        self._frames = []

    def _between(self, name: str, shares: Sequence[float]) -> tuple[float | None, ...]:
        count = sum(length for _, length in self._places[name])
        if not count:
            return (None,) * len(shares)
        found = []
        for share in shares:
            place = share * (count - 1)
            low, part = int(place), place - int(place)
            below = self._ranked(name, low)
            found.append(below + (self._ranked(name, low + 1) - below) * part if part else below)
        return tuple(found)

    def _ranked(self, name: str, rank: int) -> float:
        """The number that `rank` others precede: found sixteen bits at a time, until few share the first bits."""
        first, bits = 0, 0
        while True:
            counts = np.zeros(1 << 16, np.int64)
            for codes in self._codes(name):
                alike = codes if not bits else codes[codes >> np.uint64(64 - bits) == first]
                places = (alike >> np.uint64(48 - bits)) & np.uint64(0xFFFF)
                counts += np.bincount(places.astype(np.int64), minlength=1 << 16)
            before = counts.cumsum()
            place = int(np.searchsorted(before, rank, side="right"))
            rank -= int(before[place] - counts[place])
            first, bits = (first << 16) | place, bits + 16
            if bits == 64:
                return float(_numbers(np.array([first], np.uint64))[0])
            if counts[place] <= GATHERED:
                few = [codes[codes >> np.uint64(64 - bits) == first] for codes in self._codes(name)]
                return float(_numbers(np.partition(np.concatenate(few), rank)[rank : rank + 1])[0])

    def _codes(self, name: str) -> Iterator[np.ndarray[Any, Any]]:
        """A column's numbers as whole ones (uint64) in the same order, a piece at a time."""
        assert self._file is not None
        for place, length in self._places[name]:
            self._file.seek(place)
            for begin in range(0, length, _PIECE):
                raw = self._file.read(8 * min(_PIECE, length - begin))
                codes = np.frombuffer(raw, np.uint64)
                # The sign's bit turned for positive numbers, all bits for negative ones (IEEE 754, total order).
                turned = np.where(codes >> np.uint64(63), np.uint64(2**64 - 1), np.uint64(1 << 63))
                yield codes ^ turned


def _numbers(codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`_codes` undone."""
    turned = np.where(codes >> np.uint64(63), np.uint64(1 << 63), np.uint64(2**64 - 1))
    found: np.ndarray[Any, Any] = (codes ^ turned).view(np.float64)
    return found


class SeenOnDisk:
    """As `Seen`, for more rows than memory should hold: who repeats whom is told at the end, not at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: list[int] = []
        self._blocks: list[tuple[int, np.ndarray[Any, Any]]] = []
        self._row = np.dtype([("key", np.uint64), ("check", np.uint32), ("row", np.int64)])
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (as long as self)
        except OSError as error:
            raise _refused(folder, error) from error

    def add(self, keys: np.ndarray[Any, Any], checks: np.ndarray[Any, Any]) -> None:
        """The next rows, as `Seen.hashes` gives them. Raises JinjieError when the disk refuses."""
        rows = np.empty(len(keys), self._row)
        rows["key"], rows["check"] = keys, checks
        rows["row"] = np.arange(len(keys)) + sum(self._sizes)
        parts = (keys >> np.uint64(58)).astype(np.int64)
        ends = np.bincount(parts, minlength=PARTS).cumsum()
        self._sizes.append(len(keys))
        self._blocks.append((self._file.tell(), ends))
        try:
            self._file.write(rows[np.argsort(parts, kind="stable")].tobytes())
            self._file.flush()
        except OSError as error:
            raise _refused(self._folder, error) from error

    def firsts(self) -> list[np.ndarray[Any, Any]]:
        """For every batch that was added, (N) true where a row equals none before it."""
        first = np.ones(sum(self._sizes), bool)
        for part in range(PARTS):
            rows = self._part(part)
            order = np.lexsort((rows["row"], rows["check"], rows["key"]))
            keys, checks = rows["key"][order], rows["check"][order]
            same = (keys[1:] == keys[:-1]) & (checks[1:] == checks[:-1])
            first[rows["row"][order[1:][same]]] = False
        return np.split(first, np.cumsum(self._sizes)[:-1])

    def _part(self, part: int) -> np.ndarray[Any, Any]:
        found = []
        for place, ends in self._blocks:
            begin = int(ends[part - 1]) if part else 0
            self._file.seek(place + begin * self._row.itemsize)
            raw = self._file.read((int(ends[part]) - begin) * self._row.itemsize)
            found.append(np.frombuffer(raw, self._row))
        return np.concatenate(found) if found else np.empty(0, self._row)


def _refused(folder: Path | None, error: OSError) -> JinjieError:
    return JinjieError(
        "clean.not_written", path=folder or tempfile.gettempdir(), reason=error.strerror or error
    )
