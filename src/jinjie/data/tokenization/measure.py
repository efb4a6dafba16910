"""How well a tokenizer suits a text: bytes a token, tokens a word of English, tokens a character of Chinese."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import asdict, dataclass
from typing import Any

from jinjie.data.tokenization.pieces import spelling
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.split import visible

_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


@dataclass(frozen=True)
class Fit:
    """One text under one tokenizer.

    `bytes_per_token` is the compression: UTF-8 bytes over tokens. Fertility is how many tokens have a part in a word of
    English (`tokens_per_word`) and in a Chinese character (`tokens_per_character`, below 1 where tokens hold several);
    None where the text has none. `unknown` is the share of tokens that are the unknown one.
    """

    characters: int
    bytes: int
    tokens: int
    bytes_per_token: float
    tokens_per_word: float | None
    tokens_per_character: float | None
    unknown: float

    @property
    def characters_per_token(self) -> float:
        """How much text a token holds; 0 where there are none."""
        return self.characters / self.tokens if self.tokens else 0.0

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def measure(processor: TokenProcessor, text: str) -> Fit:
    """Raises InvalidInput for half a character."""
    encoded = processor.encoding(text)
    ids, offsets = encoded.ids, encoded.offsets
    starts = [start for start, _ in offsets]
    ends = [end for _, end in offsets]
    size = len(text.encode())
    return Fit(
        characters=len(text),
        bytes=size,
        tokens=len(ids),
        bytes_per_token=size / len(ids) if ids else 0.0,
        tokens_per_word=_fertility(_WORD, text, starts, ends, by_character=False),
        tokens_per_character=_fertility(_HAN, text, starts, ends, by_character=True),
        unknown=sum(i == processor.unknown for i in ids) / len(ids) if ids else 0.0,
    )


def longest(processor: TokenProcessor, count: int = 10) -> list[tuple[int, str, int]]:
    """The tokens that stand for most text: id, what it reads as, bytes; those of no whole characters left out."""
    bytes_of = spelling(processor)
    found = []
    for token, i in processor.tokenizer.get_vocab(with_added_tokens=True).items():
        if i in processor.special_ids:
            continue
        content = bytes_of(token)
        try:
            found.append((i, visible(content.decode()), len(content)))
        except UnicodeDecodeError:
            continue
    return sorted(found, key=lambda one: (-one[2], one[0]))[:count]


def samples() -> dict[str, str]:
    """The texts that travel in the package, one of each language: Shakespeare's plays and Tang poems."""
    from jinjie.data.tokenization.texts import packaged_poems, shakespeare

    return {"shakespeare": shakespeare(), "poems": packaged_poems()}


def _fertility(
    pattern: re.Pattern[str], text: str, starts: list[int], ends: list[int], by_character: bool
) -> float | None:
    """Tokens that have a part in what `pattern` finds, over how many of it there are."""
    tokens = units = 0
    for found in pattern.finditer(text):
        first, last = found.span()
        units += last - first if by_character else 1
        # Offsets ascend, so the tokens that overlap [first, last) stand side by side.
        tokens += bisect_left(starts, last) - bisect_left(ends, first + 1)
    return tokens / units if units else None
