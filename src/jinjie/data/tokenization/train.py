"""Training a tokenizer: byte-level BPE, WordPiece or characters, on texts of any size.

The `tokenizers` library does the counting and merging. Equal texts and settings give equal files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from jinjie.base.config import Config, Wrong, option
from jinjie.base.lazy import lazy
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    import tokenizers
else:
    tokenizers = lazy("tokenizers")

END = "<|endoftext|>"
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
    """Byte-level byte-pair encoding, as GPT-2's: no text is unknown, the commonest pairs of tokens become tokens."""

    kind: Literal["bpe"] = "bpe"
    size: int = option(8000, "tokens, special ones included", "词元数，含特殊词元", ge=257, le=1_000_000)
    min_frequency: int = option(
        2, "a pair seen less often is not merged", "出现次数少于此的词元对不合并", ge=1
    )
    cut: Literal["mixed", "gpt2"] = option(
        "mixed",
        "how a text is cut into words: mixed (English and Chinese, single digits) or gpt2 (as GPT-2)",
        "怎样先切成词：mixed（中英混排，数字逐位）或 gpt2（同 GPT-2）",
    )
    chat: bool = option(
        False, "with <|im_start|> and <|im_end|> for chats", "加上对话用的 <|im_start|> 和 <|im_end|>"
    )
    special: tuple[str, ...] = option((), "more special tokens", "其他特殊词元")

    @model_validator(mode="after")
    def _fits(self) -> BPE:
        least = 256 + len(self.specials())
        if self.size < least:
            raise Wrong("tokenizer.size_too_small", least=least)
        return self

    def specials(self) -> list[str]:
        """The special tokens in the order of their ids."""
        return list(dict.fromkeys((END, *(CHAT if self.chat else ()), *self.special)))


def train_bpe(config: BPE, texts: Iterable[str]) -> TokenProcessor:
    """Byte-level BPE learned from `texts`, special tokens first, then the 256 bytes, then merges in their order.

    Ends short of `config.size` when no pair occurs `min_frequency` times any more.
    """
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    split = tokenizers.pre_tokenizers
    if config.cut == "gpt2":
        made.pre_tokenizer = split.ByteLevel(add_prefix_space=False)
    else:
        cutting = split.Split(tokenizers.Regex(WORDS), "isolated")
        made.pre_tokenizer = split.Sequence(
            [cutting, split.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=config.size,
        min_frequency=config.min_frequency,
        special_tokens=config.specials(),
        initial_alphabet=split.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(_strings(texts), trainer)
    return TokenProcessor(made, end=END, special={"bos": END, "eos": END})


def _strings(texts: Iterable[str]) -> Iterator[str]:
    """The texts one by one; a text given as such is one text and not its characters."""
    return iter([texts] if isinstance(texts, str) else texts)
