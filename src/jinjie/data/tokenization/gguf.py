"""A tokenizer as a GGUF file describes it for llama.cpp: byte-level BPE and its merges, cut in one of a few ways.

llama.cpp knows ways of cutting a text into words by name alone, and holds nothing else of a tokenizer that is not
written here. So what it does not know is refused, rather than read there in another way than here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jinjie.base.errors import JinjieError
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.opening import QWEN2_WORDS
from jinjie.data.tokenization.processor import TokenProcessor

LLAMA3_WORDS = QWEN2_WORDS.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
"""Where Llama 3 cuts: as Qwen2, up to three digits at a time."""
_CUTS = {QWEN2_WORDS: "qwen2", LLAMA3_WORDS: "llama-bpe"}

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
"""What a token is, as llama.cpp numbers it."""


@dataclass(frozen=True)
class Described:
    """What the file says of the tokenizer."""

    cut: str
    """llama.cpp's name for where words are cut."""
    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    bos: int | None
    eos: int | None
    pad: int | None
    begins: bool
    """Whether a text is read behind the token that begins one."""


def described(processor: TextProcessor, vocabulary: int) -> Described:
    """The tokenizer of a model with V = `vocabulary`; ids that it lacks are written as unused.

    Raises JinjieError saying what of it llama.cpp has no word for.
    """
    if not isinstance(processor, TokenProcessor):
        raise JinjieError("gguf.tokenizer", what=type(processor).__name__)
    told: dict[str, Any] = json.loads(processor.tokenizer.to_str())
    if processor.kind != "bpe" or "ByteLevel" not in json.dumps(told["decoder"]):
        raise JinjieError("gguf.tokenizer", what=processor.kind)
    if told["normalizer"] is not None:
        raise JinjieError("gguf.tokenizer", what=f"normalizer {told['normalizer']['type']}")
    cut = _cut(told["pre_tokenizer"])
    if cut is None:
        raise JinjieError("gguf.cut")
    named = processor.tokenizer.get_vocab(with_added_tokens=True)
    tokens = [f"[PAD{i}]" for i in range(vocabulary)]
    kinds = [UNUSED] * vocabulary
    added = {i: token.special for i, token in processor.tokenizer.get_added_tokens_decoder().items()}
    for token, i in named.items():
        if i < vocabulary:
            tokens[i] = token
            kinds[i] = NORMAL if i not in added else CONTROL if added[i] else USER_DEFINED
    merges = [m if isinstance(m, str) else " ".join(m) for m in told["model"]["merges"]]
    bos = processor.special.get("bos")
    return Described(
        cut=cut,
        tokens=tokens,
        kinds=kinds,
        merges=merges,
        bos=bos,
        eos=processor.ends[0] if processor.ends else None,
        pad=processor.special.get("pad"),
        begins=bos is not None and processor.prompt("a")[:1] == [bos],
    )


def _cut(told: dict[str, Any] | None) -> str | None:
    """llama.cpp's name for a pre-tokenizer; None where it has none."""
    parts = told["pretokenizers"] if told and told["type"] == "Sequence" else [told] if told else []
    level = parts[-1] if parts and parts[-1]["type"] == "ByteLevel" else None
    if level is None or level["add_prefix_space"]:
        return None
    if len(parts) == 1:
        return "gpt-2" if level["use_regex"] else None
    split = parts[0]
    if len(parts) > 2 or level["use_regex"] or split["type"] != "Split" or split["behavior"] != "Isolated":
        return None
    return _CUTS.get(split["pattern"].get("Regex", ""))
