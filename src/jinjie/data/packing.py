"""Whole conversations in windows: none is cut, none sees another, and little room is left over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.seeds import derive
from jinjie.data.batching import digest, spread
from jinjie.data.corpus.permutation import permuted
from jinjie.data.corpus.windows import IGNORED
from jinjie.data.dataset import About, Arrays, Dataset, Split

if TYPE_CHECKING:
    import numpy as np

    from jinjie.data.tokenization.conversing import ChatProcessor, Rendered
else:
    np = lazy("numpy")


@dataclass(frozen=True)
class Windows:
    """N windows of T places: x, y and `documents`, each (N, T) int64, and what fills them."""

    arrays: Arrays
    conversations: int
    tokens: int
    """Places that hold something."""

    @classmethod
    def of(cls, conversations: Sequence[Rendered], block: int) -> Windows:
        """Conversations of at most `block` + 1 tokens in as few windows as first-fit decreasing finds: the longest
        first, each into the first window that has room for it.

        x is a conversation's ids but the last, y the ids one place later where the assistant speaks, IGNORED elsewhere;
        `documents` numbers a window's conversations from 0, and what is left of it is one more.
        """
        sizes = [len(one.ids) - 1 for one in conversations]
        room: list[int] = []
        inside: list[list[int]] = []
        for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
            place = next((w for w, left in enumerate(room) if left >= sizes[i]), None)
            if place is None:
                place = len(room)
                room.append(block)
                inside.append([])
            room[place] -= sizes[i]
            inside[place].append(i)
        x = np.zeros((len(room), block), np.int64)
        y = np.full((len(room), block), IGNORED)
        documents = np.zeros((len(room), block), np.int64)
        for w, chosen in enumerate(inside):
            done = 0
            for number, i in enumerate(chosen):
                ids, spoken = conversations[i]
                stretch = slice(done, done + sizes[i])
                x[w, stretch] = ids[:-1]
                y[w, stretch] = np.where(spoken[1:], ids[1:], IGNORED)
                documents[w, stretch] = number
                done += sizes[i]
            documents[w, done:] = len(chosen)
        return cls({"x": x, "y": y, "documents": documents}, len(conversations), sum(sizes))

    def __len__(self) -> int:
        return len(self.arrays["x"])

    @property
    def fill(self) -> float:
        """The share of places that hold something."""
        return self.tokens / max(1, self.arrays["x"].size)

    @property
    def learned(self) -> float:
        """The share of places with a loss."""
        return float((self.arrays["y"] != IGNORED).sum()) / max(1, self.arrays["y"].size)


class Dialogues(Dataset):
    """Batches of x, y and `documents`, each (B, T) int64. An epoch takes each window once, in an order that is a
    function of (seed, epoch)."""

    processor: ChatProcessor

    def __init__(
        self,
        splits: Mapping[Split, Windows],
        questions: Mapping[Split, Sequence[str]],
        about: About,
        processor: ChatProcessor,
        facts: Mapping[str, int],
        *,
        formed: bool,
    ) -> None:
        self.splits = splits
        self.questions = questions
        """What users say first, each once; held out, no user says it anywhere in training."""
        self.about = about
        self.processor = processor
        self.facts = facts
        self.formed = formed
        """Whether every answer is in the form that `answer_form` tells."""

    def count(self, split: Split) -> int:
        """Tokens."""
        return self.splits[split].tokens

    def steps_per_epoch(self, size: int) -> int:
        return -(-len(self.splits["train"]) // size)

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        windows = self.splits["train"]
        numbers = range(step * size, (step + 1) * size)
        rows: list[int] = []
        for epoch in dict.fromkeys(number // len(windows) for number in numbers):
            chosen = np.array([n % len(windows) for n in numbers if n // len(windows) == epoch])
            rows += map(int, permuted(chosen, len(windows), derive(seed, "windows", epoch)))
        return {name: values[rows] for name, values in windows.arrays.items()}

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        windows = self.splits[split]
        for index in spread(-(-len(windows) // size), limit):
            part = slice(index * size, (index + 1) * size)
            yield {name: values[part] for name, values in windows.arrays.items()}

    def fingerprint(self) -> str:
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        arrays: dict[str, np.ndarray[Any, Any]] = self.splits["train"].arrays
        return digest(*(values for _, values in sorted(arrays.items())))
