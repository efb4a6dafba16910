"""Training a tokenizer: byte-level BPE, WordPiece or characters, on texts of any size.

The `tokenizers` library does the counting and merging. Equal texts and settings give equal files, in every process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from jinjie.base.errors import InvalidInput, Problem
from jinjie.data.tokenization.bpe import BPE, END, train_bpe
from jinjie.data.tokenization.characters import Characters, train_characters
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.wordpiece import WordPiece, train_wordpiece

__all__ = [
    "BPE",
    "END",
    "KINDS",
    "Characters",
    "Training",
    "WordPiece",
    "train",
    "train_bpe",
    "train_characters",
    "train_wordpiece",
]

Training = Annotated[BPE | WordPiece | Characters, Field(discriminator="kind")]

KINDS: dict[str, type[BPE | WordPiece | Characters]] = {
    "bpe": BPE,
    "wordpiece": WordPiece,
    "characters": Characters,
}


def train(config: Training, texts: Iterable[str]) -> TokenProcessor:
    """The tokenizer that `config` describes, learned from `texts`: strings of any length, such as `Texts` gives.

    Nothing but counts of words is held in memory. WordPiece reads the texts twice, so an iterator that can be read but
    once is gathered for it first. Raises InvalidInput when the texts hold nothing.
    """
    if isinstance(texts, str):
        texts = [texts]
    elif isinstance(config, WordPiece) and iter(texts) is texts:
        texts = list(texts)
    texts = _Filled(texts)
    if isinstance(config, BPE):
        made = train_bpe(config, texts)
    elif isinstance(config, WordPiece):
        made = train_wordpiece(config, texts)
    else:
        made = train_characters(config, texts)
    if not texts.filled:
        raise InvalidInput([Problem("", "tokenizer.empty_texts")])
    return made


class _Filled:
    """The same texts, and whether there was anything in them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = texts
        self.filled = False

    def __iter__(self) -> Iterator[str]:
        for text in self.texts:
            self.filled = self.filled or not text.isspace() and text != ""
            yield text
