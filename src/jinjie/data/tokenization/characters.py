"""The character tokenizer: one token a character, and nothing learned but which characters there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.config import Config, option
from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import tokenizers

    from jinjie.data.tokenization.processor import TokenProcessor
else:
    np = lazy("numpy")
    tokenizers = lazy("tokenizers")

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character outside the vocabulary. A single character, so no text of known ones can spell it."""


def vocabulary_of(text: str) -> list[str]:
    """The unknown token, then the characters of `text` in the order of their code points: the index is the id."""
    return [UNKNOWN, *sorted(set(text) - {UNKNOWN})]


def character_tokenizer(vocabulary: Sequence[str]) -> tokenizers.Tokenizer:
    """One token a character, line breaks and blanks included; decoding joins them without spaces."""
    ids = {character: i for i, character in enumerate(vocabulary)}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(ids, unk_token=UNKNOWN))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"[\s\S]"), "isolated")
    made.decoder = tokenizers.decoders.Fuse()
    return made


def encode_characters(text: str, vocabulary: Sequence[str]) -> np.ndarray[Any, Any]:
    """Token ids (T) of a long text, equal to `character_tokenizer`'s and a hundred times as fast.

    `vocabulary` is the unknown token followed by characters in the order of their code points.
    """
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    known = np.array([ord(character) for character in vocabulary[1:]], dtype=np.uint32)
    place = np.minimum(np.searchsorted(known, points), len(known) - 1)
    ids = np.where(known[place] == points, place + 1, 0)
    return ids.astype(np.uint16 if len(vocabulary) <= 2**16 else np.uint32)


class Characters(Config):
    """One token a character. What is outside the vocabulary is refused."""

    kind: Literal["characters"] = "characters"
    size: int | None = option(
        None,
        "tokens at most, special ones included; the commonest characters stay",
        "最多多少词元（含特殊词元）；保留最常见的字符",
        ge=3,
    )
    min_frequency: int = option(
        1, "a character seen less often is left out", "出现次数少于此的字符不收", ge=1
    )


def train_characters(config: Characters, texts: Iterable[str]) -> TokenProcessor:
    """The characters of `texts` in the order of their code points, behind the unknown one and before the end's."""
    from jinjie.data.tokenization.bpe import END
    from jinjie.data.tokenization.processor import TokenProcessor

    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    del counts[UNKNOWN]  # a replacement character in a text is what someone else did not know
    often = [
        c
        for c, times in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        if times >= config.min_frequency
    ]
    kept = sorted(often if config.size is None else often[: config.size - 2])
    made = character_tokenizer([UNKNOWN, *kept])
    made.add_special_tokens([END])
    return TokenProcessor(made, end=END, special={"bos": END, "eos": END, "unk": UNKNOWN})
