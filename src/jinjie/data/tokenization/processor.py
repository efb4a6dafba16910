"""The processor of language models: text to token ids and back, by any tokenizer in the Hugging Face format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import write_json, write_whole
from jinjie.base.lazy import lazy
from jinjie.data.dataset import Arrays, TextProcessor
from jinjie.data.tokenization.characters import UNKNOWN, encode_characters

if TYPE_CHECKING:
    import numpy as np
    import tokenizers
else:
    np = lazy("numpy")
    tokenizers = lazy("tokenizers")

T = TypeVar("T")

ROLES = ("pad", "bos", "eos", "unk", "cls", "sep", "mask")
"""What a special token can be for; transformers' tokenizer_config.json says `eos_token` and so on."""

DOCUMENTS = "documents.json"

AT_ONCE = 1000
"""Texts tokenised in one go: what the library says of a token besides its id takes many times the room of its id."""


class TokenProcessor(TextProcessor):
    """Text to token ids and back.

    `special` names the tokens that stand for no text, by role (`ROLES`). `ends` are the ids behind which a document is
    over: `end` where that is one token, the `eos` token, and what `also_ends` adds.
    """

    def __init__(
        self,
        tokenizer: tokenizers.Tokenizer,
        *,
        start: str = "",
        end: str | None = None,
        special: Mapping[str, str] | None = None,
        also_ends: Iterable[int] = (),
    ) -> None:
        self.tokenizer = tokenizer
        self.start = start
        self.end = end
        named = dict(special or {})
        if (
            "unk" not in named
            and tokenizer.token_to_id(UNKNOWN) is not None
            and _unknown(tokenizer) == UNKNOWN
        ):
            named["unk"] = UNKNOWN
        self.special_tokens = {role: named[role] for role in ROLES if role in named}
        ends = [tokenizer.token_to_id(word) for word in (end, self.special_tokens.get("eos")) if word]
        known = [i for i in (*ends, *also_ends) if i is not None and 0 <= i < self.vocabulary]
        self.ends = tuple(dict.fromkeys(known))

    @cached_property
    def vocabulary(self) -> int:
        """V: one more than the largest token id. Where ids leave no gap, that is how many tokens there are."""
        return max(self.tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    @cached_property
    def special(self) -> dict[str, int]:
        """The ids of special tokens by role: `special.get("pad")` is None where there is none."""
        found = {role: self.tokenizer.token_to_id(token) for role, token in self.special_tokens.items()}
        return {role: i for role, i in found.items() if i is not None}

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """Every id that stands for no text: those with a role, and those that the tokenizer marks as special."""
        marked = self.tokenizer.get_added_tokens_decoder()
        return frozenset(self.special.values()) | {i for i, token in marked.items() if token.special}

    @cached_property
    def kind(self) -> str:
        """What the tokenizer is by its construction: "bpe", "wordpiece", "unigram", "characters" or "words"."""
        name = type(self.tokenizer.model).__name__
        if name == "WordLevel":
            return "characters" if self._characters is not None else "words"
        return {"BPE": "bpe", "WordPiece": "wordpiece", "Unigram": "unigram"}[name]

    @property
    def reads_unknown(self) -> bool:
        """Whether text outside the vocabulary becomes the unknown token, as BERT was trained to read it.

        Where not, `ids` refuses it: a model that writes never saw an unknown token, and what it makes of one is noise.
        """
        return self.kind == "wordpiece"

    def encode(self, text: str) -> Arrays:
        """x (1, T) int64: the ids of a prompt. Raises InvalidInput as `ids` does."""
        return {"x": np.array([self.prompt(text)], dtype=np.int64)}

    def prompt(self, text: str) -> list[int]:
        """The ids of `start` and the text, and the special tokens that the post-processor puts around them.

        As transformers' `tokenizer(text).input_ids`: Llama's begin with <s>, BERT's stand between [CLS] and [SEP]. A
        prompt that would hold nothing is the token that a document begins with, else the one it ends with.
        """
        ids = self.ids(self.start + text, special=True)
        if ids:
            return ids
        opening = self.special.get("bos", self.ends[0] if self.ends else None)
        return [] if opening is None else [opening]

    def ids(self, text: str, *, special: bool = False) -> list[int]:
        """The token ids of a text; `special` adds what the post-processor puts around it.

        The name of a special token in the text becomes that token, as in transformers. Raises InvalidInput naming the
        characters that the vocabulary lacks, and for half a character (a lone surrogate), which no file can hold.
        """
        encoded = self.encoding(text, special=special)
        unknown = None if self.reads_unknown else self.unknown
        ids = [int(i) for i in encoded.ids]
        if unknown is not None and unknown in ids:
            missing = [text[a:b] for i, (a, b) in zip(ids, encoded.offsets, strict=True) if i == unknown]
            raise self._lacks(missing)
        return ids

    def batch(self, texts: Sequence[str]) -> list[np.ndarray[Any, Any]]:
        """The ids of many texts, each (T) uint16 or uint32, on all cores; equal to `ids` of each.

        Raises InvalidInput as `ids` does, for the first text that calls for it.
        """
        dtype = np.uint16 if self.vocabulary <= 2**16 else np.uint32
        if self._characters is not None and not any(token in text for text in texts for token in self._added):
            made = [
                encode_characters(_whole(text), self._characters).astype(dtype, copy=False) for text in texts
            ]
        else:
            made = [
                np.array(encoding.ids, dtype=dtype)
                for part in some_at_once([_whole(text) for text in texts])
                for encoding in self._encoded(
                    partial(self.tokenizer.encode_batch_fast, part, add_special_tokens=False)
                )
            ]
        if not self.reads_unknown and self.unknown is not None:
            for text, ids in zip(texts, made, strict=True):
                if (ids == self.unknown).any():
                    self.ids(text)  # which names the characters
        return made

    def text(self, ids: Sequence[int], *, skip_special: bool = False) -> str:
        """The text that ids stand for. Bytes that make no whole character come out as U+FFFD."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=skip_special))

    def token_bytes(self) -> np.ndarray[Any, Any]:
        """How many bytes of UTF-8 each token stands for, (V) int64; 0 for special tokens and for ids without a token.

        Exact for byte-level BPE and for characters: the sum over the ids of a text is its length in bytes.
        Llama's counts the blank that it puts before a text; WordPiece keeps no blanks, so its sum leaves them out.
        """
        from jinjie.data.tokenization.pieces import token_bytes

        return token_bytes(self)

    def with_start_inside(self) -> TokenProcessor:
        """The same, with `start` put before a text by the tokenizer's own post-processor where it is a special token.

        Whatever reads tokenizer.json then begins a text as the model saw texts begin in training, and writes on alike.
        A start that is text, as a line break is, stays: it would be seen in all that is decoded.
        """
        told = json.loads(self.tokenizer.to_str())
        before = told["post_processor"]
        number = self.tokenizer.token_to_id(self.start)
        if number not in self.special_ids or (before is not None and before["type"] != "ByteLevel"):
            return self
        first = {"SpecialToken": {"id": self.start, "type_id": 0}}
        one, other = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
        template = {
            "type": "TemplateProcessing",
            "single": [first, one],
            "pair": [first, one, other],
            "special_tokens": {self.start: {"id": self.start, "ids": [number], "tokens": [self.start]}},
        }
        told["post_processor"] = (
            template if before is None else {"type": "Sequence", "processors": [before, template]}
        )
        return TokenProcessor(
            tokenizers.Tokenizer.from_str(json.dumps(told)),
            end=self.end,
            special=self.special_tokens,
            also_ends=self.ends,
        )

    def save(self, folder: Path) -> None:
        """Write tokenizer.json and tokenizer_config.json as transformers reads them, and documents.json beside them."""
        config: dict[str, Any] = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
        }
        if "cls" in self.special_tokens:  # BERT is told which of two texts a token belongs to
            config["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
        config |= {f"{role}_token": token for role, token in self.special_tokens.items()}
        write_whole(folder / "tokenizer.json", self.tokenizer.to_str(pretty=True))
        write_json(folder / "tokenizer_config.json", config)
        documents: dict[str, Any] = {"start": self.start, "end": self.end}
        if self.ends:
            documents["ends"] = list(self.ends)
        write_json(folder / DOCUMENTS, documents)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it back, or a folder from elsewhere; raises as `open_tokenizer` does."""
        from jinjie.data.tokenization.opening import open_tokenizer

        return open_tokenizer(folder, cls)

    @cached_property
    def unknown(self) -> int | None:
        """The id that stands for what the vocabulary lacks; None where every byte has a token."""
        token = _unknown(self.tokenizer)
        return None if token is None else self.tokenizer.token_to_id(token)

    @cached_property
    def _characters(self) -> list[str] | None:
        """The vocabulary in the order of its ids where this is one of our character tokenizers, else None.

        Special tokens may follow the characters; their ids come last.
        """
        if _unknown(self.tokenizer) != UNKNOWN:
            return None
        ids = self.tokenizer.get_vocab(with_added_tokens=False)
        ordered = sorted(ids, key=ids.__getitem__)
        known = ordered[1:]
        regular = ordered[:1] == [UNKNOWN] and known and max(ids.values()) == len(known)
        return ordered if regular and all(len(c) == 1 for c in known) and known == sorted(known) else None

    @cached_property
    def _added(self) -> tuple[str, ...]:
        """Tokens beside the vocabulary, which are looked for in a text before all else."""
        return tuple(token.content for token in self.tokenizer.get_added_tokens_decoder().values())

    def encoding(self, text: str, *, special: bool = False) -> tokenizers.Encoding:
        """The library's own encoding of a text, with tokens and offsets; what is unknown stays the unknown token."""
        return self._encoded(lambda: self.tokenizer.encode(_whole(text), add_special_tokens=special))

    def _encoded(self, encode: Callable[[], T]) -> T:
        try:
            return encode()
        except JinjieError:
            raise
        except (
            Exception
        ) as error:  # the library's own, of a tokenizer that names an unknown token it does not have
            raise JinjieError("tokenizer.cannot_encode", reason=str(error)) from error

    def _lacks(self, missing: Sequence[str]) -> InvalidInput:
        names = " ".join(
            part if part.isprintable() and not part.isspace() else repr(part)
            for part in dict.fromkeys(missing)
        )
        return InvalidInput([Problem("", "data.unknown_characters", characters=names, count=self.vocabulary)])


def _unknown(tokenizer: tokenizers.Tokenizer) -> str | None:
    """The token that the model itself puts for what it lacks; tokenizers that know every byte have none."""
    model = tokenizer.model
    if type(model).__name__ == "Unigram":
        unknown = getattr(model, "unk_id", None)
        return None if unknown is None else tokenizer.id_to_token(unknown)
    return getattr(model, "unk_token", None)


def some_at_once(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts in their order, AT_ONCE of them in a list."""
    return (list(texts[begin : begin + AT_ONCE]) for begin in range(0, len(texts), AT_ONCE))


def _whole(text: str) -> str:
    """`text`, of which every character is whole. Raises InvalidInput for a lone surrogate, with its place."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        came = f"U+{ord(text[error.start]):04X}"
        raise InvalidInput([Problem("", "tokenizer.half_character", came=came, place=error.start)]) from None
    return text
