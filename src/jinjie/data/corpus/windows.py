"""Windows over tokenised documents: whole documents one behind another, none seeing another, batches from (seed, step).

The tokens of a split are one long stream, D₁ E D₂ E …, each document closed by the end token E, and a window is T
places of it: y is the tokens at those places, and x the token before each. So the first token of a document is
predicted from E (or from the token that the tokenizer has for beginnings), as a model that is given nothing begins to
write; E is predicted at every document's end; and each token of the stream is predicted exactly once. `documents`
numbers the stretches of a window that must not see each other, from 0. A window that begins inside a document goes on
with it as a document of its own: it knows the one token before, and its positions count from there. What is left of the
last window is padding: one more document, where y is −100.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from jinjie.base.lazy import lazy
from jinjie.base.seeds import derive
from jinjie.data.batching import spread
from jinjie.data.corpus.permutation import permuted
from jinjie.data.corpus.shards import Stream
from jinjie.data.dataset import About, Arrays, Dataset, Processor, Split

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

IGNORED = -100
"""y where nothing is to be predicted; torch's cross-entropy leaves it out."""


class Packed(Dataset):
    """Batches of x, y and `documents`, each (B, T) int64.

    Training goes through the stream in epochs. An epoch cuts it at every T-th place from a place of its own, takes the
    windows in an order of its own, and so sees every token once; batches run on over the end of an epoch and are always
    full. Neither order nor cuts are stored: they are functions of (seed, epoch).
    """

    def __init__(
        self,
        streams: Mapping[Split, Stream],
        block: int,
        begin: int,
        end: int,
        about: About,
        processor: Processor,
        facts: Mapping[str, int],
        *,
        documents: Mapping[str, int],
        sizes: Mapping[str, int],
        dropped: Mapping[str, int],
        fingerprint: str,
    ) -> None:
        self.streams = streams
        self.block = block
        self.begin = begin
        """The token that stands in x where a document begins."""
        self.end = end
        """The token that every document ends with in y."""
        self.about = about
        self.processor = processor
        self.facts = facts
        self.documents = documents
        """Documents in each split."""
        self.bytes = sizes
        """UTF-8 bytes of text in each split."""
        self.dropped = dropped
        """Documents left out: `empty` ones and `duplicates`."""
        self._fingerprint = fingerprint

    def count(self, split: Split) -> int:
        """Tokens, the end of each document among them."""
        return len(self.streams[split])

    def windows(self, split: Split) -> int:
        return -(-self.count(split) // self.block)

    def steps_per_epoch(self, size: int) -> int:
        return -(-self.windows("train") // size)

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        count = self.windows("train")
        places = [divmod(number, count) for number in range(step * size, (step + 1) * size)]
        rows: list[Arrays] = []
        for epoch in dict.fromkeys(epoch for epoch, _ in places):
            chosen = np.array([index for e, index in places if e == epoch])
            shift = derive(seed, "cut", epoch) % self.count("train")
            for window in permuted(chosen, count, derive(seed, "windows", epoch)):
                rows.append(self._window("train", int(window), shift))
        return _stacked(rows)

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        count = self.windows(split)
        for index in spread(-(-count // size), limit):
            chosen = range(index * size, min((index + 1) * size, count))
            yield _stacked([self._window(split, window) for window in chosen])

    def fingerprint(self) -> str:
        return self._fingerprint

    def _window(self, split: Split, index: int, shift: int = 0) -> Arrays:
        """Window number `index` of the stream that begins at place `shift`, and goes on at its front after its end."""
        total = self.count(split)
        first, last = index * self.block, min((index + 1) * self.block, total)
        x = np.full(self.block, self.begin)
        y = np.full(self.block, IGNORED)
        new = np.zeros(self.block, np.int64)
        done = 0
        for a, b in _rolled(first + shift, last + shift, total):
            length = b - a
            before = self.streams[split].tokens(max(a - 1, 0), b)
            places = self.streams[split].begins(a, b) - a + done
            x[done + (a == 0) : done + length] = before[:-1]
            x[places] = self.begin
            y[done : done + length] = before[-length:]
            new[places] = 1
            done += length
        new[0] = 0
        new[done : done + 1] = 1
        return {"x": x, "y": y, "documents": np.cumsum(new)}


def _rolled(first: int, last: int, total: int) -> Iterator[tuple[int, int]]:
    """Places first … last − 1 of a ring of `total`, as stretches that do not pass its end."""
    if first >= total:
        first, last = first - total, last - total
    yield first, min(last, total)
    if last > total:
        yield 0, last - total


def _stacked(rows: list[Arrays]) -> Arrays:
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
