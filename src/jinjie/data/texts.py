"""Texts of different lengths as batches: rows of token ids, alike in length within a batch, padded on the right.

A batch holds x, `types` and `documents` (B, T) int64, T the longest of its rows: the padding's id, type 0 and document
1 stand behind a text, which is document 0. With them comes what is to be told: y (B) for a class, y (B, T) for a class
of each token (−100 where there is none), or `first` and `last` (B) for a span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.base.words import say
from jinjie.data.balance import weights
from jinjie.data.batching import digest, spread
from jinjie.data.dataset import SPLITS, About, Arrays, Dataset, Processor, Report, Split
from jinjie.data.fetch import tell

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

STRETCH = 64
"""Batches that are sorted by length together: with so many, rows of a batch differ little, and it is still chance which
rows meet."""

NOTHING = -100
"""The class of a token that has none: special tokens and padding. Cross-entropy leaves it out."""

_PADDING = {"types": 0, "y": NOTHING}


@dataclass(frozen=True)
class Rows:
    """N texts as token ids, end to end.

    `tokens` holds what every token has: x, and `types` and y where there are any, each (the sum of all lengths);
    `each` holds what every text has: y, `first`, `last`, each (N).
    """

    lengths: np.ndarray[Any, Any]
    """Tokens in each row (N), special ones included."""
    tokens: Arrays
    each: Arrays = field(default_factory=dict)
    texts: Sequence[str] = ()
    """The texts as they were written, where they are kept."""
    shortened: int = 0
    """Rows that were cut on the right because they were longer than the model sees."""

    @classmethod
    def of(
        cls,
        ids: Sequence[np.ndarray[Any, Any]],
        *,
        tokens: Mapping[str, Sequence[np.ndarray[Any, Any]]] | None = None,
        each: Mapping[str, Sequence[int]] | None = None,
        texts: Sequence[str] = (),
        shortened: int = 0,
    ) -> Rows:
        """From the ids of each text, and further arrays of the same lengths under `tokens`."""
        lengths = np.array([len(row) for row in ids], np.int64)
        ragged = {"x": ids, **(tokens or {})}
        flat = {
            name: np.concatenate([np.zeros(0, np.int32), *rows]).astype(np.int32)
            for name, rows in ragged.items()
        }
        fixed = {name: np.array(values, np.int64) for name, values in (each or {}).items()}
        assert all(len(array) == lengths.sum() for array in flat.values())
        assert all(len(array) == len(lengths) for array in fixed.values())
        return cls(lengths, flat, fixed, texts, shortened)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def length(self) -> int:
        """Tokens in a row on average."""
        return round(float(self.lengths.mean()))

    @cached_property
    def starts(self) -> np.ndarray[Any, Any]:
        """Where each row begins (N)."""
        starts: np.ndarray[Any, Any] = np.cumsum(self.lengths) - self.lengths
        return starts

    def batch(self, rows: np.ndarray[Any, Any], pad: int) -> Arrays:
        """The rows of these numbers, padded to the longest of them."""
        lengths = self.lengths[rows]
        places = np.arange(lengths.max(initial=0))
        inside = places < lengths[:, None]
        # a place beyond a row's end reads that row's last token and is overwritten
        offsets = self.starts[rows][:, None] + np.minimum(places, np.maximum(lengths - 1, 0)[:, None])
        made = {
            name: np.where(inside, flat[offsets], _PADDING.get(name, pad)).astype(np.int64)
            for name, flat in self.tokens.items()
        }
        made.setdefault("types", np.zeros(inside.shape, np.int64))
        made["documents"] = (~inside).astype(np.int64)
        return made | {name: values[rows] for name, values in self.each.items()}


@dataclass(frozen=True)
class Hiding:
    """How tokens are hidden from training rows: some, drawn anew at every step, are read as the mask."""

    share: float
    mask: int
    special: np.ndarray[Any, Any]
    """Whether a token is special (V): it is never hidden."""

    def hide(self, x: np.ndarray[Any, Any], generator: np.random.Generator) -> np.ndarray[Any, Any]:
        """x (B, T) with each of its ordinary tokens hidden at the odds of `share`."""
        chosen = (generator.random(x.shape) < self.share) & ~self.special[x]
        seen: np.ndarray[Any, Any] = np.where(chosen, self.mask, x)
        return seen


class Texts(Dataset):
    """Rows of token ids of different lengths, one set a split.

    An epoch shuffles the rows, takes them in stretches of `STRETCH` batches, sorts each stretch by length and shuffles
    its batches; its order is a function of (seed, epoch), and every row is in it once. One batch of an epoch, anywhere
    in its last stretch, may be smaller than the others.
    """

    def __init__(
        self,
        splits: Mapping[Split, Rows],
        about: About,
        processor: Processor,
        facts: Mapping[str, int],
        pad: int = 0,
        weighed: bool = False,
        hiding: Hiding | None = None,
    ) -> None:
        """`weighed`: training batches hold `weight`, of the shape of y, how much each class counts (`weights_of`).

        `hiding`: tokens of x are hidden in training batches, and `x_other` are the same rows with others hidden; which
        ones is a function of (seed, step).
        """
        self._hiding = hiding
        self.splits = splits
        self._weights = weights_of(splits["train"]) if weighed else None
        self.about = about
        self.processor = processor
        self.facts = facts
        self.pad = pad
        self._order: tuple[tuple[int, int, int], list[np.ndarray[Any, Any]]] | None = None

    def count(self, split: Split) -> int:
        return len(self.splits[split])

    @property
    def shortened(self) -> dict[Split, int]:
        """Rows of each split that were cut on the right."""
        return {split: self.splits[split].shortened for split in SPLITS}

    def steps_per_epoch(self, size: int) -> int:
        return -(-self.count("train") // size)

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        made = self.splits["train"].batch(self.rows(seed, step, size), self.pad)
        if self._weights is not None:
            y = made["y"]
            made["weight"] = np.where(y == NOTHING, 0, self._weights[np.maximum(y, 0)]).astype(np.float32)
        if self._hiding is not None:
            x, generator = made["x"], numpy_generator(seed, "hidden", step)
            made |= {name: self._hiding.hide(x, generator) for name in ("x", "x_other")}
        return made

    def rows(self, seed: int, step: int, size: int) -> np.ndarray[Any, Any]:
        """Which training rows make up the batch of one step."""
        epoch, index = divmod(step, self.steps_per_epoch(size))
        return self._batches(seed, epoch, size)[index]

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        """A split by length, the longest first: the memory that these are given serves for all after them. `row` (B)
        says which row of the split each one is.

        `limit` batches hold rows of all lengths, spread evenly. `in_order` puts what was made of batches back.
        """
        rows = self.splits[split]
        order = np.argsort(rows.lengths, kind="stable")
        if limit is not None:
            order = order[spread(len(order), min(limit * size, len(order)))]
        order = order[::-1].copy()  # a tensor cannot be made of a view that goes backwards
        for begin in range(0, len(order), size):
            chosen = order[begin : begin + size]
            yield rows.batch(chosen, self.pad) | {"row": chosen}

    def trimmed(self, part: Arrays) -> Arrays:
        return trimmed(part)

    def fingerprint(self) -> str:
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        train = self.splits["train"]
        named = [values for arrays in (train.tokens, train.each) for _, values in sorted(arrays.items())]
        return digest(train.lengths, *named)

    def _batches(self, seed: int, epoch: int, size: int) -> list[np.ndarray[Any, Any]]:
        """The rows of every batch of an epoch. The last epoch asked for is kept: consecutive steps share it."""
        known = self._order
        if known is None or known[0] != (seed, epoch, size):
            lengths = self.splits["train"].lengths
            made = batches_by_length(lengths, size, numpy_generator(seed, "texts", epoch))
            known = self._order = ((seed, epoch, size), made)
        return known[1]


def batches_by_length(
    lengths: np.ndarray[Any, Any], size: int, generator: np.random.Generator
) -> list[np.ndarray[Any, Any]]:
    """The rows of every batch of an epoch over rows of these lengths (N), every row once.

    The rows are shuffled, taken in stretches of `STRETCH` batches, sorted by length within each, and the batches of
    each shuffled.
    """
    shuffled = generator.permutation(len(lengths))
    made: list[np.ndarray[Any, Any]] = []
    for begin in range(0, len(shuffled), STRETCH * size):
        stretch = shuffled[begin : begin + STRETCH * size]
        stretch = stretch[np.argsort(lengths[stretch], kind="stable")]
        sizes = [size] * (len(stretch) // size)
        if rest := len(stretch) % size:
            # were the smaller one always the last, it would always hold the longest rows
            sizes.insert(int(generator.integers(len(sizes) + 1)), rest)
        parts = np.split(stretch, np.cumsum(sizes)[:-1])
        made += [parts[i] for i in generator.permutation(len(parts))]
    return made


def trimmed(part: Arrays) -> Arrays:
    """Cut to the longest of its own texts: padding that no row needs would be computed for nothing."""
    longest = int((part["documents"] == 0).sum(1).max(initial=0))
    width = part["documents"].shape[1]
    return {
        name: values[:, :longest] if values.ndim > 1 and values.shape[1] == width else values
        for name, values in part.items()
    }


def weights_of(rows: Rows) -> np.ndarray[Any, Any]:
    """How much each class counts, (K,) float32: N / (K · N_class), over the classes of the rows or of their tokens."""
    y = rows.each["y"] if "y" in rows.each else rows.tokens["y"]
    y = y[y != NOTHING]
    found = np.zeros(y.max(initial=0) + 1, np.float32)
    found[y] = weights(y)
    return found


def in_order(values: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What was made of the batches of a split (N, …), back in the split's own order: `rows` (N) is their `row`, end to
    end. With a `limit` the rows that were looked at, in their order."""
    back: np.ndarray[Any, Any] = values[np.argsort(rows, kind="stable")]
    return back


def say_shortened(splits: Mapping[Split, Rows], block: int, report: Report | None) -> None:
    """How many texts were cut, once, where any were."""
    cut, total = sum(rows.shortened for rows in splits.values()), sum(map(len, splits.values()))
    if cut:
        tell(report, say("texts.shortened", count=cut, total=total, block=block), 0, None)
