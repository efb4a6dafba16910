"""Tokenizers in the Hugging Face format, and the processor that takes one into a finished model's folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.files import write_json, write_whole
from jinjie.base.lazy import lazy
from jinjie.data.dataset import Arrays, TextProcessor

if TYPE_CHECKING:
    import numpy as np
    import tokenizers
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


class TokenProcessor(TextProcessor):
    """Text to token ids and back, by any tokenizer in the Hugging Face format."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, *, start: str = "", end: str | None = None) -> None:
        self.tokenizer = tokenizer
        self.start = start
        self.end = end

    @property
    def vocabulary(self) -> int:
        """V, how many tokens there are."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, text: str) -> Arrays:
        """x (1, T) int64: the ids of `start` and the text. Raises InvalidInput as `ids` does."""
        return {"x": np.array([self.ids(self.start + text)], dtype=np.int64)}

    def ids(self, text: str) -> list[int]:
        encoded = self.tokenizer.encode(text, add_special_tokens=False)
        unknown = self._unknown()
        missing = [text[a:b] for i, (a, b) in zip(encoded.ids, encoded.offsets, strict=True) if i == unknown]
        if missing:
            names = " ".join(repr(part) if part.isspace() else part for part in dict.fromkeys(missing))
            raise InvalidInput(
                [Problem("", "data.unknown_characters", characters=names, count=self.vocabulary)]
            )
        return [int(i) for i in encoded.ids]

    def text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    def save(self, folder: Path) -> None:
        """Write tokenizer.json and tokenizer_config.json as transformers reads them, and documents.json beside them."""
        config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
        if self._unknown() is not None:
            config["unk_token"] = UNKNOWN
        write_whole(folder / "tokenizer.json", self.tokenizer.to_str(pretty=True))
        write_json(folder / "tokenizer_config.json", config)
        write_json(folder / "documents.json", {"start": self.start, "end": self.end})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it back; a folder from elsewhere has no documents.json and so no `start` and `end`."""
        file = folder / "documents.json"
        documents = json.loads(file.read_bytes()) if file.is_file() else {}
        return cls(tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")), **documents)

    def _unknown(self) -> int | None:
        """The id of our unknown token; tokenizers from elsewhere that know every byte have none."""
        return self.tokenizer.token_to_id(UNKNOWN)
