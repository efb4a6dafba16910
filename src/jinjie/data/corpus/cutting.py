"""Texts of any length in pieces that fit in memory: cut into documents where asked, and long ones between lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinjie.data.dataset import Split

LONGEST = 2**20
"""Characters of a piece; a longer document comes in several."""

_SAFE = re.compile(r"(?<=\S\n)(?=\S)")
"""Between a line break and a line, neither blank: byte-level tokenizers part the text there anyway, so that a text in
pieces has the tokens of the whole."""
_BLANK = re.compile(r"\n(?:[^\S\n]*\n)+")
_SEARCHED = 2**16


@dataclass(frozen=True)
class Piece:
    """A document, or a part of one: whether it begins and ends here, and its split where the source decides that."""

    text: str
    first: bool = True
    last: bool = True
    split: Split | None = None


def between(documents: str, separator: str) -> re.Pattern[str] | None:
    """What stands between two documents of a text; None where the text is one document."""
    if separator:
        return re.compile(re.escape(separator))
    return {"file": None, "blank-lines": _BLANK, "lines": re.compile("\n")}[documents]


def cut(blocks: Iterable[str], pattern: re.Pattern[str] | None = None) -> Iterator[Piece]:
    """A text that comes in blocks, as documents in pieces of at most `LONGEST` characters.

    With a pattern, line breaks around a document are not part of it. Never more than a block and two pieces are held.
    """
    held = ""
    first = True
    for block in blocks:
        held += block
        if pattern is not None:
            *whole, held = pattern.split(held)
            for text in whole:
                yield from _document(text, first, strip=True)
                first = True
        while len(held) > 2 * LONGEST:  # the separator may have begun at the very end, so that stays
            place = safe_place(held)
            yield Piece(held[:place].lstrip("\n") if first and pattern else held[:place], first, False)
            held, first = held[place:], False
    if held or not first or pattern is None:
        yield from _document(held, first, strip=pattern is not None)


def pieces(text: str, split: Split | None = None) -> Iterator[Piece]:
    """One document, in as many pieces as it needs."""
    begin = 0
    while len(text) - begin > LONGEST:
        end = begin + safe_place(text[begin : begin + LONGEST + 1])
        yield Piece(text[begin:end], begin == 0, False, split)
        begin = end
    yield Piece(text[begin:], begin == 0, True, split)


def _document(text: str, first: bool, strip: bool) -> Iterator[Piece]:
    """The rest of a document; what came of it before is in other pieces unless `first`."""
    if strip:
        text = text.strip("\n") if first else text.rstrip("\n")
    for piece in pieces(text):
        yield Piece(piece.text, piece.first and first, piece.last)


def safe_place(text: str) -> int:
    """Where to cut a text longer than a piece: at most `LONGEST`, as late as a good place is found."""
    start = LONGEST - _SEARCHED
    places = [match.start() for match in _SAFE.finditer(text, start, LONGEST + 1)]
    if places and places[-1] <= LONGEST:
        return places[-1]
    for mark in ("\n", " "):
        # A blank belongs to the word behind it, a line break to the line before it.
        place = text.rfind(mark, start, LONGEST)
        if place > start:
            return place + (mark == "\n")
    return LONGEST
