"""What each token stands for: its bytes, as the tokenizer's own decoder would write them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np

    from jinjie.data.tokenization.processor import TokenProcessor
else:
    np = lazy("numpy")

_FALLBACK = re.compile("<0x([0-9A-F]{2})>")


@cache
def byte_letters() -> dict[str, int]:
    """The letters that GPT-2 writes bytes with: itself where a byte is a visible Latin-1 character, else 256 and on."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = {chr(byte): byte for byte in shown}
    hidden = [byte for byte in range(256) if byte not in shown]
    return letters | {chr(256 + i): byte for i, byte in enumerate(hidden)}


def token_bytes(processor: TokenProcessor) -> np.ndarray[Any, Any]:
    """See `TokenProcessor.token_bytes`."""
    bytes_of = spelling(processor)
    counts = np.zeros(processor.vocabulary, dtype=np.int64)
    for token, i in processor.tokenizer.get_vocab(with_added_tokens=True).items():
        if i not in processor.special_ids:
            counts[i] = len(bytes_of(token))
    return counts


def spelling(processor: TokenProcessor) -> Callable[[str], bytes]:
    """A function from a token, as the vocabulary writes it, to the bytes that it adds to a text."""
    decoder = processor.tokenizer.decoder
    return _decoding(None if decoder is None else json.loads(decoder.__getstate__()))


def _decoding(decoder: Mapping[str, Any] | None) -> Callable[[str], bytes]:
    steps = decoder["decoders"] if decoder and decoder["type"] == "Sequence" else [decoder] if decoder else []
    kinds = {step["type"] for step in steps}
    if "ByteLevel" in kinds:
        return _byte_level
    replaced = [(_pattern(step["pattern"]), step["content"]) for step in steps if step["type"] == "Replace"]
    replaced += [(re.compile(re.escape(s["replacement"])), " ") for s in steps if s["type"] == "Metaspace"]
    prefix = next((step["prefix"] for step in steps if step["type"] == "WordPiece"), None)
    suffix = next((step["suffix"] for step in steps if step["type"] == "BPEDecoder"), None)

    def plain(token: str) -> bytes:
        if "ByteFallback" in kinds and (found := _FALLBACK.fullmatch(token)):
            return bytes([int(found[1], 16)])
        if prefix is not None:
            token = token.removeprefix(prefix)
        if suffix:
            token = token.replace(suffix, " ")
        for pattern, content in replaced:
            token = pattern.sub(lambda _, content=content: content, token)  # type: ignore[misc]
        return token.encode()

    return plain


def _byte_level(token: str) -> bytes:
    letters = byte_letters()
    # As the library's decoder has it: a token with any other character in it stands for itself.
    return bytes(letters[c] for c in token) if all(c in letters for c in token) else token.encode()


def _pattern(pattern: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(re.escape(pattern["String"]) if "String" in pattern else pattern["Regex"])
