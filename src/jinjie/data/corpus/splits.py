"""Which split a document belongs to: told by a hash of its text, so that equal documents are never in two splits.

Adding documents moves none of those there are, but for one case: where a corpus is so small that no hash falls to a
held-out split, the document whose hash is nearest to it is taken. A corpus of one or two documents is cut by position.
"""

from __future__ import annotations

import hashlib
import heapq
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from jinjie.base.lazy import lazy
from jinjie.data.corpus.cutting import Piece
from jinjie.data.corpus.documents import Problems, Read
from jinjie.data.dataset import SPLITS, Split

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

FEWEST = 3
"""Different documents below which each is cut by position: three splits need one each."""

_WHOLE = 2**64
_RECENT = 2**18
_NEAR = 4096
"""Characters within which a line's end is looked for."""
_KEPT = 4096
"""Least hashes kept: all of a corpus so small that a split might be empty, but for shares near 0."""


class Source(Protocol):
    """Where documents come from."""

    @property
    def size(self) -> int:
        """Bytes to be read, as far as that is known."""

    def identity(self, read: Read | None = None) -> list[Any]:
        """What tells these documents from others, as plain data."""

    def pieces(self, problems: Problems, read: Read) -> Iterator[Piece]:
        """Every document in pieces, in the same order whenever it is asked."""

    def check_unchanged(self) -> None:
        """Raises InvalidInput when the documents are not what they were when they were found."""


@dataclass(frozen=True)
class Shares:
    """Percent of the documents held out for validation and for the test; the rest is learned from."""

    validation: float
    test: float

    def bounds(self) -> tuple[int, int]:
        """Hashes below the first are tested on, those below the second watched."""
        return int(_WHOLE * (self.test / 100)), int(_WHOLE * ((self.test + self.validation) / 100))


class Seen:
    """A set of 64-bit hashes at eight bytes each: the newest in a set, the rest in sorted runs of doubling length."""

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._runs: list[np.ndarray[Any, Any]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, hashed: int) -> bool:
        """Whether it is new."""
        if hashed in self._recent:
            return False
        for run in self._runs:
            place = int(run.searchsorted(np.uint64(hashed)))
            if place < len(run) and int(run[place]) == hashed:
                return False
        self._recent.add(hashed)
        self._count += 1
        if len(self._recent) >= _RECENT:
            run = np.sort(np.fromiter(self._recent, np.uint64, len(self._recent)))
            self._recent.clear()
            while self._runs and len(self._runs[-1]) <= len(run):
                run = np.sort(np.concatenate([self._runs.pop(), run]))
            self._runs.append(run)
        return True


@dataclass
class Survey:
    """What one reading of all documents found."""

    documents: int = 0
    """Different ones."""
    empty: int = 0
    duplicates: int = 0
    bytes: int = 0
    """UTF-8 bytes of the documents that are kept."""
    long: dict[int, int] = field(default_factory=dict)
    """Hashes of the documents that come in several pieces, by their place: they are needed before their end."""
    bounds: tuple[int, int] = (0, 0)
    """Hashes below the first belong to the test, those below the second to validation, the rest to training."""
    lengths: dict[int, int] = field(default_factory=dict)
    """Characters of each document by its hash, where there are so few that they are cut by position."""


@dataclass(frozen=True)
class Sorted:
    """A piece of a document that is kept, its split, and the hash of the whole document."""

    text: str
    first: bool
    last: bool
    split: Split
    hashed: int


def survey(source: Source, shares: Shares, distinct: bool, problems: Problems, read: Read) -> Survey:
    """Read everything once. `distinct` drops equal documents; the first of them is kept."""
    found = Survey()
    seen = Seen()
    greatest: list[int] = []  # the least hashes, negative, so that the greatest of them leaves the heap first
    document, place = _Document(), 0
    for piece in source.pieces(problems, read):
        document.add(piece)
        if not piece.last:
            continue
        if document.empty:
            found.empty += 1
        else:
            new = seen.add(document.hashed)
            found.duplicates += not new
            if new or not distinct:
                found.bytes += document.bytes
            if new and piece.split is None:
                heapq.heappush(greatest, -document.hashed)
                if len(greatest) > _KEPT:
                    heapq.heappop(greatest)
            if len(seen) < FEWEST:
                found.lengths[document.hashed] = document.length
        if document.parts > 1:
            found.long[place] = document.hashed
        document, place = _Document(), place + 1
    found.documents = len(seen)
    if found.documents >= FEWEST:
        found.lengths.clear()
    found.bounds = settled(shares.bounds(), sorted(-hashed for hashed in greatest), found.documents)
    return found


class _Document:
    """What is to be known of a document, gathered piece by piece."""

    def __init__(self) -> None:
        self.bytes = self.length = self.parts = 0
        self.empty = True
        self._running = hashlib.blake2b(digest_size=8)

    def add(self, piece: Piece) -> None:
        content = piece.text.encode()
        self._running.update(content)
        self.bytes += len(content)
        self.length += len(piece.text)
        self.parts += 1
        self.empty = self.empty and self.parts == 1 and not piece.text.strip()

    @property
    def hashed(self) -> int:
        return int.from_bytes(self._running.digest(), "little")


def settled(bounds: tuple[int, int], least: list[int], documents: int) -> tuple[int, int]:
    """`bounds` moved just so far that each split has a document. `least` are the least hashes, or all, in order."""
    test, validation = bounds
    if len(least) < FEWEST:
        return bounds
    test = max(test, least[0] + 1)
    tested = bisect_left(least, test)
    if tested < len(least):
        validation = max(validation, least[tested] + 1)
    if documents == len(least):
        test, validation = min(test, least[-2]), min(validation, least[-1])
    return test, validation


def sort(
    source: Source, found: Survey, shares: Shares, distinct: bool, problems: Problems, read: Read
) -> Iterator[Sorted]:
    """The documents that are kept, piece by piece, each with its split: the same at every reading."""
    seen = Seen()
    place, keep, hashed = 0, False, 0
    cutter: _Cutter | None = None
    for piece in source.pieces(problems, read):
        if piece.first:
            # What the survey does not know was changed since, which whoever reads checks at the end.
            hashed = hash_of(piece.text) if piece.last else found.long.get(place, 0)
            empty = piece.last and not piece.text.strip()
            keep = not empty and (not distinct or seen.add(hashed))
            cutter = _Cutter(found.lengths.get(hashed, 0), shares, hashed) if keep and found.lengths else None
        if cutter is not None:
            yield from cutter.cut(piece)
        elif keep:
            split = piece.split or split_of(hashed, found.bounds)
            yield Sorted(piece.text, piece.first, piece.last, split, hashed)
        place += piece.last


def hash_of(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def split_of(hashed: int, bounds: tuple[int, int]) -> Split:
    if hashed < bounds[0]:
        return "test"
    return "validation" if hashed < bounds[1] else "train"


class _Cutter:
    """Parts one document by position: what is tested comes after what is learned, in the order of `SPLITS`.

    Each part is a document of its own. A part ends with a line where one ends soon behind its place.
    """

    def __init__(self, length: int, shares: Shares, hashed: int) -> None:
        held = [max(1, round(length * share / 100)) for share in (shares.validation, shares.test)]
        self.ends = [length - sum(held), length - held[1], length] if length >= FEWEST else [length] * 3
        self.hashed = hashed
        self.part = 0
        self.position = 0
        self.first = True

    def cut(self, piece: Piece) -> Iterator[Sorted]:
        text = piece.text
        while self.part < len(SPLITS) - 1 and self.position + len(text) >= self.ends[self.part]:
            end = self.ends[self.part] - self.position
            room = min(_NEAR, (self.ends[self.part + 1] - self.ends[self.part]) // 2)
            line = text.find("\n", max(0, end - 1), end + room)
            end = line + 1 if line >= 0 else end
            if end > 0:
                yield from self._give(text[:end], last=True)
            text = text[end:]
            self.part += 1
        if text:
            yield from self._give(text, last=piece.last)

    def _give(self, text: str, last: bool) -> Iterator[Sorted]:
        yield Sorted(text, self.first, last, SPLITS[self.part], self.hashed)
        self.position += len(text)
        self.first = last
