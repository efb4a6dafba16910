"""Documents cut into stretches that a BERT sees at once, and the places in them where a sentence ends.

A stretch is as many whole sentences as fit; a sentence that is longer than that is cut. Where sentences end is told by
the tokens: behind a full stop, question or exclamation mark and the quotation marks or brackets that close behind it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np

    from jinjie.data.corpus.shards import Stream
    from jinjie.data.tokenization.processor import TokenProcessor
else:
    np = lazy("numpy")

ENDS = ".!?。！？…"
CLOSING = "”’）)】」』》]"
CLAUSES = ",;:，；：、—"

CLOSED = 3
"""Closing marks that may stand side by side behind a sentence."""

FEWEST = 4
"""Tokens of a stretch at least: of less there is nothing to be learned."""

BLOCK = 2**20
"""Tokens that are looked through at once."""


@dataclass(frozen=True)
class Stretches:
    """N stretches of a stream of tokens, each within one document."""

    first: np.ndarray[Any, Any]
    """Where each begins (N)."""
    length: np.ndarray[Any, Any]
    """Tokens in each (N)."""
    document: np.ndarray[Any, Any]
    """The number of its document (N)."""
    chinese: np.ndarray[Any, Any]
    """Whether most of its tokens are Chinese characters (N)."""
    sentences: np.ndarray[Any, Any]
    """Every place of the stream, ascending, where a sentence begins behind another."""
    clauses: np.ndarray[Any, Any]
    """The same for what commas and the like part."""

    def __len__(self) -> int:
        return len(self.first)

    def parted(self, generator: np.random.Generator) -> np.ndarray[Any, Any]:
        """How many tokens of each stretch are its first part (N): drawn among the places where a sentence ends, or a
        clause where it holds but one sentence, or in its middle where it holds but one clause."""
        drawn = generator.random(len(self))
        parts = self.length // 2
        for places in (self.clauses, self.sentences):  # what comes later overrides
            low = np.searchsorted(places, self.first, side="right")
            high = np.searchsorted(places, self.first + self.length, side="left")
            found = high > low
            chosen = low + (drawn * (high - low)).astype(np.int64)
            parts = (
                np.where(found, places[np.minimum(chosen, len(places) - 1)] - self.first, parts)
                if len(places)
                else parts
            )
        return parts


@dataclass(frozen=True)
class Marks:
    """What tells where sentences end, as tables over a vocabulary of V tokens."""

    ends: np.ndarray[Any, Any]
    closing: np.ndarray[Any, Any]
    clauses: np.ndarray[Any, Any]
    chinese: np.ndarray[Any, Any]

    @classmethod
    def of(cls, processor: TokenProcessor) -> Marks:
        tables = [np.zeros(processor.vocabulary, bool) for _ in range(4)]
        for token, i in processor.tokenizer.get_vocab(with_added_tokens=False).items():
            for table, marks in zip(tables, (ENDS, CLOSING, CLAUSES), strict=False):
                table[i] = token in marks and token != ""
            tables[3][i] = len(token) == 1 and "\u4e00" <= token <= "\u9fff"
        return cls(*tables)

    def places(self, ids: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Behind which of the tokens (T) a sentence ends, and behind which a clause does."""
        ends, closing = self.ends[ids], self.closing[ids]
        behind = ends.copy()
        for _ in range(CLOSED):
            behind[1:] |= closing[1:] & behind[:-1]
        goes_on = np.append((ends | closing)[1:], False)
        return np.flatnonzero(behind & ~goes_on), np.flatnonzero(self.clauses[ids])


def stretches(stream: Stream, marks: Marks, room: int) -> Stretches:
    """The stream cut into stretches of at most `room` tokens, the end tokens of documents left out."""
    total = len(stream)
    begins = stream.begins(0, total)
    if not len(begins) or begins[0]:
        begins = np.concatenate([np.zeros(1, np.int64), begins])
    ends = np.append(begins[1:], total) - 1
    sentences, clauses, characters = _places(stream, marks, total)
    cuts = sentences.tolist()
    first: list[int] = []
    length: list[int] = []
    document: list[int] = []
    for number, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        while end - begin >= FEWEST:
            stop = min(begin + room, end)
            if stop < end:
                before = bisect_right(cuts, stop)
                if before and cuts[before - 1] - begin >= FEWEST:
                    stop = cuts[before - 1]
            first.append(begin)
            length.append(stop - begin)
            document.append(number)
            begin = stop
    starts, sizes = np.array(first, np.int64), np.array(length, np.int64)
    share = characters[starts + sizes] - characters[starts] if len(starts) else sizes
    return Stretches(starts, sizes, np.array(document, np.int64), 2 * share > sizes, sentences, clauses)


def _places(
    stream: Stream, marks: Marks, total: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where sentences and clauses begin behind others, and how many Chinese characters stand before each place."""
    sentences, clauses = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    counted = np.zeros(total + 1, np.int64)
    for begin in range(0, total, BLOCK):
        stop, low = min(begin + BLOCK, total), max(0, begin - CLOSED)
        ids = stream.tokens(low, min(stop + 1, total))
        for found, behind in zip((sentences, clauses), marks.places(ids), strict=True):
            places = low + behind + 1
            found.append(places[(places > begin) & (places <= stop)])
        counted[begin + 1 : stop + 1] = marks.chinese[ids[begin - low : stop - low]]
    return np.concatenate(sentences), np.concatenate(clauses), np.cumsum(counted)
