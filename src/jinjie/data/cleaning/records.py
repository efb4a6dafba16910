"""Where records begin and end in the bytes of a file: quotes may hold line ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

_PIECE = 1 << 18


def end_of_record(text: bytes, quotes: bool) -> int:
    """Where the first record of `text` ends, its line end included."""
    end = text.find(b"\n")
    while quotes and end >= 0 and text.count(b'"', 0, end) % 2:
        end = text.find(b"\n", end + 1)
    return len(text) if end < 0 else end + 1


def last_end(text: bytes, quotes: bool) -> int:
    """Where the last whole record of `text` ends, 0 when none does: an even count of quotes stands before it."""
    end = text.rfind(b"\n")
    if not quotes or end < 0 or b'"' not in text:
        return end + 1
    before = text.count(b'"', 0, end)
    while end >= 0 and before % 2:
        quote = text.rfind(b'"', 0, end)
        before -= 1
        end = text.rfind(b"\n", 0, quote)
        before -= text.count(b'"', max(end, 0), quote)
    return end + 1


def holds(text: bytes, mark: bytes) -> bool:
    """`mark in text`, ten times as fast for several bytes: their first alone is sought by the processor's own means."""
    return mark[:1] in text and mark in text


def count(text: bytes, byte: int) -> int:
    """`text.count(byte)`, a piece at a time that fits a core's cache; several times as fast where there are many."""
    codes = np.frombuffer(text, np.uint8)
    pieces = range(0, len(codes), _PIECE)
    return sum(int(np.count_nonzero(codes[i : i + _PIECE] == byte)) for i in pieces)


def starts(text: bytes) -> Iterator[int]:
    """How many lines of `text` stand before each of its records."""
    inside = False
    start = 0
    for number, line in enumerate(text.split(b"\n")):
        if not inside:
            start = number
        if line.count(b'"') % 2:
            inside = not inside
        if not inside:
            yield start


def doubtful_quotes(text: bytes, delimiter: str) -> bool:
    """Whether a quote stands with letters on both sides, where it neither opens nor closes a cell as it should."""
    if b'"' not in text:
        return False
    codes = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(codes == 34)
    edge = np.zeros(256, bool)
    edge[[10, 13, 34, ord(delimiter)]] = True
    before = edge[codes[places - 1]] | (places == 0)
    after = edge[codes[np.minimum(places + 1, len(codes) - 1)]] | (places == len(codes) - 1)
    return not bool((before | after).all())
