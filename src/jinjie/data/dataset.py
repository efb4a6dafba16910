"""What every kind of data gives: where it comes from, three splits, and batches that are a function of (seed, step)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from jinjie.base.config import Config
from jinjie.base.errors import InvalidInput
from jinjie.base.words import Text

if TYPE_CHECKING:
    import numpy as np

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

Arrays = dict[str, "np.ndarray[Any, Any]"]
"""A batch: named arrays whose first axis is B."""

Report = Callable[[str, int, int | None], None]
"""Hears what loading is doing: (what, done, total or None), in bytes or items."""


class About(BaseModel):
    """What a user should know of a data set before it is used."""

    model_config = ConfigDict(frozen=True)

    title: Text
    real: bool
    source: str
    licence: str
    download_bytes: int = 0
    cached: bool = True
    counts: dict[str, int] = {}
    """Examples (or tokens) in each split, where known before loading."""
    facts: dict[str, int] = {}
    """What a model must know to fit: `inputs`, `outputs`, `vocabulary`, where known before loading. And what an
    estimate goes by: `block`, the longest row in tokens, `length`, a row's on average, `epoch`, rows in an epoch."""


TOKENS = 25_000_000
"""Bytes that running text and its tokenizer take: a token has two, a tokenizer of some thousand tokens most of it."""


def picture_bytes(facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
    """What pictures hold in a worker: a float for each of their numbers, and what reads them."""
    return 15_000_000 + 4 * sum(counts.values()) * facts.get("inputs", 0)


def text_bytes(counts: Mapping[str, int]) -> int:
    """What texts of different lengths hold in a worker: their tokens and themselves, their tokenizer, and its words."""
    return TOKENS + 2400 * sum(counts.values())


class DataConfig(Config):
    """The base of every data config. Making one reads nothing from the disk."""

    kind: str
    tasks: ClassVar[tuple[str, ...]] = ()
    """Kinds of the tasks that can learn from it; empty where that is not told."""
    in_tokens: ClassVar[bool] = False
    """Whether it is running text, counted in tokens, of which an example is a window of `block`."""

    def about(self) -> About:
        """Source, licence, kind and sizes, without loading or downloading."""
        raise TypeError(f"{type(self).__module__} lacks about()")

    def variants(self) -> Mapping[str, DataConfig]:
        """What the catalogue lists of this kind, by name: itself, unless its settings hold data of several sources."""
        return {self.kind: self}

    def rows(self, split: Split, facts: Mapping[str, int], counts: Mapping[str, int]) -> int | None:
        """How many rows of batches go once through a split, by what is known of it; None where that is not told yet.

        An example each, or of running text a whole window, and one at least.
        """
        count = counts.get(split)
        if count is not None and self.in_tokens:
            return max(1, (count - 1) // facts["block"])
        # data that draws rare examples more often says how many an epoch has
        return facts.get("epoch", count) if split == "train" else count

    def writes(self) -> int:
        """About how many tokens a model writes before the data is there, the first time."""
        return 0

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        """About how many bytes of memory the data take in a worker, and the libraries that read them."""
        return TOKENS if self.in_tokens else 0

    def load(self, report: Report | None = None) -> Dataset:
        """The data, fetched and converted on first use, read from the cache after.

        Raises a JinjieError when a download fails or is corrupt, or when a user's file cannot be read.
        """
        raise TypeError(f"{type(self).__module__} lacks load()")

    def open_processor(self, folder: Path) -> Processor:
        """The processor that travels in a finished model's folder."""
        raise TypeError(f"{type(self).__module__} lacks open_processor()")


class Processor(ABC):
    """Turns what a user types into a model's input, and its output into words. Travels with the finished model."""

    @abstractmethod
    def encode(self, text: str) -> Arrays:
        """One user input (a sentence, a number, a path to a picture) as a batch of one.

        Raises InvalidInput saying what was expected.
        """

    def describe(self, x: np.ndarray[Any, Any]) -> str:
        """One input, without its B axis, as a person would write it; empty where words cannot, as for a picture."""
        return ""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `load` needs into a finished model's folder."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Processor:
        """Read it back."""


class TextProcessor(Processor):
    """A processor for language models: text to token ids and back."""

    start: str = ""
    """What stands before every document in training; a prompt is put after it."""
    end: str | None = None
    """What ends a document; generation stops behind it."""
    ends: tuple[int, ...] = ()
    """Token ids that end a document by themselves; empty where the end is told by the text alone."""

    @property
    @abstractmethod
    def vocabulary(self) -> int:
        """V, one more than the largest token id."""

    def prompt(self, text: str) -> list[int]:
        """The token ids that a model goes on from: `start` and the text. Raises InvalidInput as `ids` does."""
        return self.ids(self.start + text)

    @abstractmethod
    def ids(self, text: str) -> list[int]:
        """The token ids of a text. Raises InvalidInput naming characters the vocabulary lacks."""

    def readable(self, text: str) -> tuple[str, str]:
        """A text without the characters that the vocabulary lacks, and those."""
        try:
            self.ids(text)
        except InvalidInput:
            lost = dict.fromkeys(c for c in text if not self._knows(c))
            return "".join(c for c in text if c not in lost), "".join(lost)
        return text, ""

    def _knows(self, character: str) -> bool:
        try:
            self.ids(character)
        except InvalidInput:
            return False
        return True

    @abstractmethod
    def text(self, ids: list[int]) -> str:
        """The text that token ids stand for."""

    @abstractmethod
    def token_bytes(self) -> np.ndarray[Any, Any]:
        """How many bytes of UTF-8 each token stands for, (V) int64; 0 for special tokens."""

    def describe(self, x: np.ndarray[Any, Any]) -> str:
        return self.text([int(i) for i in x])


class Dataset(ABC):
    """Loaded data. Batches are a pure function of (seed, step): a resumed run sees what it would have seen."""

    about: About
    processor: Processor
    facts: Mapping[str, int]

    @abstractmethod
    def count(self, split: Split) -> int:
        """How many examples (or tokens) a split has."""

    @abstractmethod
    def steps_per_epoch(self, size: int) -> int:
        """How many batches of `size` go once through the training split; the last may be smaller."""

    @abstractmethod
    def batch(self, seed: int, step: int, size: int) -> Arrays:
        """The training batch of one step (counted from 0)."""

    @abstractmethod
    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        """A split once through in order, for evaluation; at most `limit` batches, spread evenly."""

    def trimmed(self, part: Arrays) -> Arrays:
        """A part of a batch, as an accumulated step computes it, without what only the batch's other parts needed."""
        return part

    def picture(self) -> bytes | None:
        """A PNG of training examples as the model sees them, where they can be seen."""
        return None

    def fingerprint(self) -> str:
        """A short hash of the training data: a resumed run refuses data that changed."""
        raise TypeError(f"{type(self).__module__} lacks fingerprint()")
