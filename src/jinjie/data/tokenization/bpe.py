"""Byte-level byte-pair encoding (Sennrich et al. 2016; on bytes: Radford et al. 2019): learned, and shown at work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from jinjie.base.config import Config, Wrong, option
from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy
from jinjie.data.tokenization.pieces import spelling
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    import tokenizers
else:
    tokenizers = lazy("tokenizers")

END = "<|endoftext|>"
"""What ends every document, as in GPT-2."""

CHAT = ("<|im_start|>", "<|im_end|>")

WORDS = "|".join(
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)(?!\p{L})",
        r" ?[\p{L}\p{M}&&[^\p{Han}]]+",
        r"\p{Han}+",
        r"\p{N}",
        r" ?[^\s\p{L}\p{M}\p{N}]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
"""Where a text of English and Chinese is cut before merging. As GPT-2, but Chinese characters stand apart from letters
and take no blank in front, so that 中国 is the same token wherever it stands; and a digit is a token of its own, so
that all numbers are written alike."""


class BPE(Config):
    """Byte-level BPE, as GPT-2's: no text is unknown, and the commonest pairs of tokens become tokens."""

    kind: Literal["bpe"] = "bpe"
    size: int = option(8000, "tokens, special ones included", "词元数（含特殊词元）", le=1_000_000)
    min_frequency: int = option(
        2, "a pair seen less often is not merged", "出现次数少于此的词元对不合并", ge=1
    )
    cut: Literal["mixed", "gpt2"] = option(
        "mixed",
        "how a text is cut into words first: mixed (English and Chinese, single digits) or gpt2 (as GPT-2)",
        "先怎样切成词：mixed（中英混排，数字逐位切开）或 gpt2（与 GPT-2 相同）",
    )
    chat: bool = option(
        False, "add <|im_start|> and <|im_end|>, for chats", "加上对话用的 <|im_start|> 和 <|im_end|>"
    )
    special: tuple[str, ...] = option((), "more special tokens", "其他特殊词元")

    @model_validator(mode="after")
    def _fits(self) -> BPE:
        if "" in self.special:
            raise Wrong("tokenizer.empty_special")
        least = 256 + len(self.specials())
        if self.size < least:
            raise Wrong("tokenizer.size_too_small", least=least)
        return self

    def specials(self) -> list[str]:
        """The special tokens in the order of their ids."""
        return list(dict.fromkeys((END, *(CHAT if self.chat else ()), *self.special)))


def train_bpe(config: BPE, texts: Iterable[str]) -> TokenProcessor:
    """Byte-level BPE learned from `texts`: special tokens first, then the 256 bytes, then merges in their order.

    Ends short of `config.size` when no pair occurs `min_frequency` times any more.
    """
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    cutting = tokenizers.pre_tokenizers
    if config.cut == "gpt2":
        made.pre_tokenizer = cutting.ByteLevel(add_prefix_space=False)
    else:
        words = cutting.Split(tokenizers.Regex(WORDS), "isolated")
        made.pre_tokenizer = cutting.Sequence(
            [words, cutting.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=config.size,
        min_frequency=config.min_frequency,
        special_tokens=config.specials(),
        initial_alphabet=cutting.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(iter(texts), trainer)
    return TokenProcessor(made, end=END, special={"bos": END, "eos": END})


@dataclass(frozen=True)
class Merging:
    """One step on the way from a word's bytes to its tokens: the pair that is joined, and the word after it.

    `rank` is the merge's place in the list, from 0: the lower, the earlier it was learned. The first state of a word
    has none.
    """

    rank: int | None
    pair: tuple[bytes, bytes] | None
    word: tuple[bytes, ...]


def merge_steps(processor: TokenProcessor, text: str) -> list[list[Merging]]:
    """How BPE puts each word of `text` together, a list of steps a word: always the pair that was learned earliest.

    Raises JinjieError for a tokenizer of another kind.
    """
    if processor.kind != "bpe":
        raise JinjieError("tokenizer.no_merges", kind=processor.kind)
    content = json.loads(processor.tokenizer.to_str())
    pairs = [
        tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair)
        for pair in content["model"]["merges"]
    ]
    ranks = {pair: rank for rank, pair in enumerate(pairs)}
    whole = set(content["model"]["vocab"]) if content["model"].get("ignore_merges") else set()
    bytes_of = spelling(processor)
    tokenizer = processor.tokenizer
    normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
    words = (
        [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]
        if tokenizer.pre_tokenizer
        else [normal]
    )
    return [_steps([word] if word in whole else list(word), ranks, bytes_of) for word in words]


def _steps(
    tokens: list[str], ranks: Mapping[tuple[str, ...], int], bytes_of: Callable[[str], bytes]
) -> list[Merging]:
    """Every state of one word, from single letters to tokens.

    Equal pairs are joined together, from the left; the next pair is looked for among what came of it.
    """
    steps = [Merging(None, None, tuple(map(bytes_of, tokens)))]
    while len(tokens) > 1:
        pairs = list(zip(tokens, tokens[1:], strict=False))
        best = min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        merged: list[str] = []
        at = 0
        while at < len(tokens):
            joined = tuple(tokens[at : at + 2]) == best
            merged.append("".join(best) if joined else tokens[at])
            at += 2 if joined else 1
        tokens = merged
        steps.append(
            Merging(ranks[best], (bytes_of(best[0]), bytes_of(best[1])), tuple(map(bytes_of, tokens)))
        )
    return steps
