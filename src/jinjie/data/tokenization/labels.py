"""The processor of models that tell classes of texts, or of their tokens: a tokenizer and the names of the classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import write_json
from jinjie.base.lazy import lazy
from jinjie.base.words import LANGUAGES, Language, Text
from jinjie.data.dataset import Arrays
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor, some_at_once

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

LABELS = "labels.json"

_ROOM = 8
"""Tokens that a model must see at least, beside the special ones: with fewer there is nothing to read."""


class Framed(NamedTuple):
    """A text as a model reads it: ids (T), special tokens among them, and where each token stands in the text (T, 2);
    a special token stands nowhere: 0, 0. `lost` tokens at the end did not fit."""

    ids: np.ndarray[Any, Any]
    places: np.ndarray[Any, Any]
    lost: int


class LabelledProcessor(TokenProcessor):
    """A text to x, types and documents (1, T), and numbers of classes to names. Travels with the finished model.

    `labels` are the classes by number, as data and files spell them; `names` say some of them in either language.
    A text that is longer than `block` tokens is cut on the right, the closing special tokens kept. What the vocabulary
    lacks is read as its unknown token: the model has only to tell what it can of the rest.
    """

    reads_unknown = True
    labels: list[str]
    names: dict[str, Text]
    block: int
    language: Language

    @classmethod
    def of(
        cls,
        tokenizer: TokenProcessor,
        labels: Sequence[str],
        block: int,
        language: Language = "en",
        names: Mapping[str, Text] | None = None,
    ) -> Self:
        """From a tokenizer. Raises InvalidInput when `block` has no room for a text beside the special tokens."""
        made = cls(
            tokenizer.tokenizer,
            start=tokenizer.start,
            end=tokenizer.end,
            special=tokenizer.special_tokens,
            also_ends=tokenizer.ends,
        )
        made._labelled(labels, block, language, names or {})
        before, after = made.frame
        if block < len(before) + len(after) + _ROOM:
            least = len(before) + len(after) + _ROOM
            raise InvalidInput([Problem("data.block", "texts.no_room", came=block, least=least)])
        return made

    def _labelled(
        self, labels: Sequence[str], block: int, language: Language, names: Mapping[str, Text]
    ) -> None:
        self.labels = list(labels)
        self.block = block
        self.language = language
        self.names = dict(names)

    @property
    def pad(self) -> int:
        """The id that fills what stands behind a text."""
        return self.special.get("pad", 0)

    @cached_property
    def frame(self) -> tuple[list[int], list[int]]:
        """The special tokens that stand before a text and behind it: [CLS] and [SEP] of BERT, none of GPT-2."""
        encoding = self.encoding("a", special=True)
        inside = [i for i, special in enumerate(encoding.special_tokens_mask) if not special]
        if not inside:  # a vocabulary without an "a", and without a token for what it lacks
            return list(encoding.ids), []
        return list(encoding.ids[: inside[0]]), list(encoding.ids[inside[-1] + 1 :])

    def name(self, label: str) -> str:
        """A class as a person says it, in the current language where it has a name there."""
        return str(self.names.get(label, label))

    def encode(self, text: str) -> Arrays:
        """x, types and documents (1, T) int64. Raises InvalidInput when there is no text, or half a character in it."""
        x = self.framed(text.strip()).ids[None]  # as texts stand in training
        return {"x": x, "types": np.zeros_like(x), "documents": np.zeros_like(x)}

    def framed(self, text: str) -> Framed:
        """A text as the model reads it, with the place of every token. Raises InvalidInput as `encode`."""
        if not text.strip():
            raise InvalidInput([Problem("", "texts.nothing")])
        self.encoding(text)  # which refuses half a character
        return self.framed_all([text])[0]

    def framed_all(self, texts: Sequence[str]) -> list[Framed]:
        """Many texts, on all cores; equal to `framed` of each, which finds fault with what is no text."""
        before, after = self.frame
        room = self.block - len(before) - len(after)
        made = []
        encodings = (
            encoding
            for part in some_at_once(texts)
            for encoding in self._encoded(
                partial(self.tokenizer.encode_batch, part, add_special_tokens=False, is_pretokenized=False)
            )
        )
        for encoding in encodings:
            inside = encoding.ids[:room]
            ids = [*before, *inside, *after] or [
                self.pad
            ]  # a row of no tokens at all has no first one to read
            places = np.zeros((len(ids), 2), np.int64)
            places[len(before) : len(before) + len(inside)] = np.array(
                encoding.offsets[:room], np.int64
            ).reshape(-1, 2)
            made.append(Framed(np.array(ids, np.int64), places, len(encoding.ids) - len(inside)))
        return made

    def describe(self, x: np.ndarray[Any, Any]) -> str:
        """The text that ids (T) stand for, special tokens and padding left out, but what was unknown kept as such."""
        silent = self.special_ids - {self.unknown}
        return self.text([int(i) for i in x if int(i) not in silent])

    def text(self, ids: Sequence[int], *, skip_special: bool = False) -> str:
        """As any tokenizer's; the blanks that WordPiece puts between Chinese characters are taken out again."""
        text = super().text(ids, skip_special=skip_special)
        return _without_blanks(text) if self.kind == "wordpiece" else text

    def save(self, folder: Path) -> None:
        super().save(folder)
        write_json(
            folder / LABELS,
            {
                "labels": self.labels,
                "names": {label: text.both() for label, text in self.names.items()},
                "block": self.block,
                "language": self.language,
            },
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it back. Raises NotFound or JinjieError when a file is missing or damaged."""
        made = open_tokenizer(folder, cls)
        try:
            said = json.loads((folder / LABELS).read_bytes())
            labels, block, language = said["labels"], said["block"], said["language"]
            names = {label: Text(**text) for label, text in said["names"].items()}
            if not labels or not all(isinstance(label, str) for label in labels):
                raise ValueError("labels")
            if type(block) is not int or language not in LANGUAGES:
                raise ValueError("block, language")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise JinjieError("tokenizer.damaged", file=folder / LABELS, reason=str(error)) from error
        made._labelled(labels, block, language, names)
        return made


def _without_blanks(text: str) -> str:
    """Without blanks beside a Chinese character or a full-width mark."""
    parts = text.split(" ")
    made = parts[:1]
    for left, right in zip(parts, parts[1:], strict=False):
        beside = left[-1:] and right[:1] and (wide(left[-1]) or wide(right[0]))
        made.append(right if beside else f" {right}")
    return "".join(made)


def wide(character: str) -> bool:
    """Whether a character is written without blanks around it: Chinese, and the marks that go with it."""
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3000 <= code <= 0x303F
        or 0x3400 <= code <= 0x4DBF
        or 0xF900 <= code <= 0xFAFF
        or 0xFF01 <= code <= 0xFF65
        or 0x20000 <= code <= 0x3FFFF
        or character in "“”‘’…—·"
    )
