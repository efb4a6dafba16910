"""Rows of two stretches of text, [CLS] A [SEP] B [SEP], some tokens hidden: what a BERT is pre-trained on.

Half the time B is what stands behind A in the same document, half the time the second part of another stretch, of
another document in the same language: whole rows exchange their second parts, so that A and B are by themselves alike
in both cases. Which rows do is a function of (seed, epoch), and what is hidden one of (seed, step).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.data.batching import spread
from jinjie.data.dataset import About, Arrays, Dataset, Split
from jinjie.data.pairs.masking import NOTHING
from jinjie.data.texts import batches_by_length, trimmed

if TYPE_CHECKING:
    import numpy as np

    from jinjie.data.corpus.shards import Stream
    from jinjie.data.pairs.masking import Masking
    from jinjie.data.pairs.stretches import Stretches
    from jinjie.data.tokenization.processor import TokenProcessor
else:
    np = lazy("numpy")

NEAR = 4.0
"""Tokens by which first parts of rows that exchange their second ones may differ for the sake of chance."""


@dataclass(frozen=True)
class Plan:
    """Which two parts each of N rows has, in one epoch."""

    parts: np.ndarray[Any, Any]
    """Tokens of the first part of each stretch (N); all of them where rows have one part."""
    partner: np.ndarray[Any, Any]
    """The stretch whose second part each row has (N): its own where B follows A."""
    lengths: np.ndarray[Any, Any]
    """Tokens of each row (N), special ones included."""


class Pairs(Dataset):
    """Batches of x, y, `types` and `documents` (B, T) int64 and `follows` (B): y is what stood at the hidden places and
    −100 at all others; a row's text is document 0 and the padding behind it 1; `follows` is 1 where B follows A.

    Without next sentences a row is one stretch, [CLS] A [SEP], and there is no `follows`.
    """

    def __init__(
        self,
        streams: Mapping[Split, Stream],
        cut: Mapping[Split, Stretches],
        block: int,
        next_sentence: bool,
        masking: Masking,
        processor: TokenProcessor,
        about: About,
        facts: Mapping[str, int],
        fingerprint: str,
    ) -> None:
        self.streams = streams
        self.cut = cut
        self.block = block
        self.next_sentence = next_sentence
        self.masking = masking
        self.processor = processor
        self.about = about
        self.facts = facts
        self._fingerprint = fingerprint
        special = processor.special
        self._cls, self._sep = special["cls"], special["sep"]
        self._pad = special.get("pad", 0)
        self._epoch: tuple[tuple[int, int, int], Plan, list[np.ndarray[Any, Any]]] | None = None

    def count(self, split: Split) -> int:
        """Rows."""
        return len(self.cut[split])

    def steps_per_epoch(self, size: int) -> int:
        return -(-self.count("train") // size)

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        epoch, index = divmod(step, self.steps_per_epoch(size))
        plan, batches = self._planned(seed, epoch, size)
        generator = numpy_generator(seed, "masks", step)
        return self._batch("train", plan, batches[index], [generator] * len(batches[index]))

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        """A split by length, the longest first; pairs and hidden places are the same at every look, whatever the size
        of the batches."""
        plan = self._watched[split]
        order = np.argsort(plan.lengths, kind="stable")
        if limit is not None:
            order = order[spread(len(order), min(limit * size, len(order)))]
        order = order[::-1].copy()  # a tensor cannot be made of a view that goes backwards
        for begin in range(0, len(order), size):
            rows = order[begin : begin + size]
            generators = [numpy_generator(0, "masks", split, int(row)) for row in rows]
            yield self._batch(split, plan, rows, generators) | {"row": rows}

    def trimmed(self, part: Arrays) -> Arrays:
        return trimmed(part)

    def fingerprint(self) -> str:
        return self._fingerprint

    def statistics(self) -> dict[str, int | float]:
        """What the training rows are, counted over the first look at them: rows, tokens in a row, how full the rows of
        a batch of 32 are, the share of hidden tokens and of second parts that follow."""
        plan = self.plan("train", numpy_generator(0, "pairs", 0))
        rows = spread(len(plan.lengths), 512)
        made = self._batch("train", plan, np.array(rows), [numpy_generator(0, "counted")] * len(rows))
        text = int((made["documents"] == 0).sum()) - len(rows) * (3 if self.next_sentence else 2)
        return {
            "rows": len(plan.lengths),
            "tokens": round(float(plan.lengths.mean()), 1),
            "hidden": round(int((made["y"] != NOTHING).sum()) / text, 4),
            "follows": round(float(np.mean(plan.partner == np.arange(len(plan.partner)))), 4),
        }

    def plan(self, split: Split, generator: np.random.Generator) -> Plan:
        """Which rows keep their second part and which exchange it, drawn by `generator`."""
        cut = self.cut[split]
        own = np.arange(len(cut))
        if not self.next_sentence:
            return Plan(cut.length, own, cut.length + 2)
        parts = cut.parted(generator)
        moved = np.flatnonzero(generator.random(len(cut)) < 0.5)
        # Rows side by side in this order have first parts of about one length, and so second ones that fit.
        near = parts[moved] + NEAR * generator.random(len(moved))
        moved = moved[np.lexsort((near, cut.chinese[moved]))]
        partner = own.copy()
        for away in (1, 2, 3):  # a neighbour of the same document would follow after all: the next one then
            others = np.roll(moved, -away)
            wrong = cut.document[partner[moved]] == cut.document[moved]
            partner[moved[wrong]] = others[wrong]
        still = (cut.document[partner] == cut.document) | (cut.chinese[partner] != cut.chinese)
        partner = np.where(still, own, partner)
        second = (cut.length - parts)[partner]
        return Plan(parts, partner, np.minimum(parts + second + 3, self.block))

    @cached_property
    def _watched(self) -> dict[Split, Plan]:
        return {split: self.plan(split, numpy_generator(0, "pairs", split)) for split in self.cut}

    def _planned(self, seed: int, epoch: int, size: int) -> tuple[Plan, list[np.ndarray[Any, Any]]]:
        """The plan and the batches of an epoch. The last one asked for is kept: consecutive steps share it."""
        known = self._epoch
        if known is None or known[0] != (seed, epoch, size):
            generator = numpy_generator(seed, "pairs", epoch)
            plan = self.plan("train", generator)
            known = self._epoch = (
                (seed, epoch, size),
                plan,
                batches_by_length(plan.lengths, size, generator),
            )
        return known[1], known[2]

    def _batch(
        self, split: Split, plan: Plan, rows: np.ndarray[Any, Any], generators: list[np.random.Generator]
    ) -> Arrays:
        longest = int(plan.lengths[rows].max(initial=0))
        x = np.full((len(rows), longest), self._pad)
        y = np.full(x.shape, NOTHING)
        types, documents = np.zeros(x.shape, np.int64), np.ones(x.shape, np.int64)
        for place, (row, generator) in enumerate(zip(rows, generators, strict=True)):
            ids, second = self._row(split, plan, int(row))
            x[place, : len(ids)], y[place, : len(ids)] = self.masking.hide(ids, generator)
            types[place, second : len(ids)] = 1
            documents[place, : len(ids)] = 0
        made = {"x": x, "y": y, "types": types, "documents": documents}
        if self.next_sentence:
            made["follows"] = (plan.partner[rows] == rows).astype(np.int64)
        return made

    def _row(self, split: Split, plan: Plan, row: int) -> tuple[np.ndarray[Any, Any], int]:
        """The ids of a row (T), and where its second part begins: behind its end where there is none."""
        stream, cut = self.streams[split], self.cut[split]
        first = int(cut.first[row])
        a = stream.tokens(first, first + int(plan.parts[row]))
        if not self.next_sentence:
            return np.concatenate([[self._cls], a, [self._sep]]), len(a) + 2
        other = int(plan.partner[row])
        begin = int(cut.first[other] + plan.parts[other])
        room = int(plan.lengths[row]) - len(a) - 3
        b = stream.tokens(begin, min(begin + room, int(cut.first[other] + cut.length[other])))
        return np.concatenate([[self._cls], a, [self._sep], b, [self._sep]]), len(a) + 2
