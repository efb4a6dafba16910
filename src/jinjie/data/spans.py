"""Named stretches of a text, in characters, in tokens, or as BIO tags: B- begins one, I- goes on, O is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

NONE = "O"

_AS = {"M": "I", "L": "E", "U": "S"}
"""Letters of other schemes: BMES has M for the middle, BILOU has L for the last and U for a single one."""

PREFIXES = ("B", "I", "E", "S", *_AS)


class Span(NamedTuple):
    """From `start` up to and without `end`, counted in characters or in tokens."""

    start: int
    end: int
    kind: str


def labels_of(kinds: Iterable[str]) -> list[str]:
    """The tags of kinds in the order of their numbers: O, then B- and I- of each."""
    return [NONE, *(f"{prefix}-{kind}" for kind in kinds for prefix in "BI")]


def parted(tag: str) -> tuple[str, str]:
    """A tag's letter and kind: B-PER is B and PER, O is O and nothing. Raises ValueError for what is no tag."""
    if tag == NONE:
        return NONE, ""
    prefix, dash, kind = tag.partition("-")
    if not dash or not kind or prefix not in PREFIXES:
        raise ValueError(tag)
    return _AS.get(prefix, prefix), kind


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The spans of a row of tags, counted in tokens, as conlleval and seqeval take them where tags do not fit.

    A span begins with B or S, with whatever follows O, E or S, and wherever the kind changes; so an I without a B
    before it begins one too. It goes on up to the next that begins, to an O, or through an E.
    """
    found: list[Span] = []
    begun, before, kind = 0, NONE, ""
    for i, tag in enumerate([*tags, NONE]):
        prefix, new = parted(tag)
        begins = prefix != NONE and (prefix in "BS" or before in (NONE, "E", "S") or new != kind)
        if before != NONE and (begins or prefix == NONE):
            found.append(Span(begun, i, kind))
        if begins:
            begun = i
        before, kind = prefix, new
    return found


def tagged(spans: Sequence[Span], places: Sequence[Sequence[int]]) -> list[str]:
    """BIO tags of tokens that stand at `places` (first character, one past the last), from spans of characters.

    The first token that reaches into a span begins it; a token without characters, such as a special one, is O. Spans
    ascend and do not overlap.
    """
    tags = []
    number, begun = 0, False
    for start, end in places:
        while number < len(spans) and spans[number].end <= start:
            number, begun = number + 1, False
        if start < end and number < len(spans) and spans[number].start < end:
            tags.append(f"{'I' if begun else 'B'}-{spans[number].kind}")
            begun = True
        else:
            tags.append(NONE)
    return tags


def placed(tags: Sequence[str], places: Sequence[Sequence[int]], text: str) -> list[Span]:
    """Spans of characters from the tags of tokens: from where the first token begins to where the last one ends.

    Blanks at either end, which GPT-2's tokens take with them, are no part of a name; a span of nothing else is none.
    """
    found = []
    for first, last, kind in spans_of(tags):
        start, end = int(places[first][0]), int(places[last - 1][1])
        part = text[start:end]
        start += len(part) - len(part.lstrip())
        end -= len(part) - len(part.rstrip())
        if start < end:
            found.append(Span(start, end, kind))
    return found
