"""How a tokenizer splits a text: each token with its id, its bytes, and the characters it covers."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinjie.data.tokenization.pieces import spelling
from jinjie.data.tokenization.processor import TokenProcessor

_SHOWN = {" ": "·", "\n": "↵", "\t": "→", "\r": "␍", "\u3000": "□", "\xa0": "⍽"}


@dataclass(frozen=True)
class Part:
    """One token of a split text.

    `token` is its spelling in the vocabulary, `start` and `end` the characters of the text that it has a part in (equal
    for a token that was put around the text), `content` its bytes, `special` whether it stands for no text.
    """

    id: int
    token: str
    start: int
    end: int
    content: bytes
    special: bool

    @property
    def label(self) -> str:
        """The token as a person can read it: blanks visible, bytes that are no whole character in hexadecimal."""
        if self.special:
            return self.token
        try:
            return visible(self.content.decode())
        except UnicodeDecodeError:
            return self.content.hex(" ").upper()


def split(processor: TokenProcessor, text: str, *, special: bool = False) -> list[Part]:
    """The tokens of `text` in their order; `special` adds what the post-processor puts around it.

    What the vocabulary lacks is the unknown token here, in every kind of tokenizer: this is for looking at.
    Raises InvalidInput for half a character.
    """
    bytes_of = spelling(processor)
    encoded = processor.encoding(text, special=special)
    parts = []
    # A damaged post-processor may lack the id of a token that it names, so the lengths are not held to be equal.
    for i, token, (start, end) in zip(encoded.ids, encoded.tokens, encoded.offsets, strict=False):
        marked = i in processor.special_ids
        parts.append(Part(i, token, start, end, b"" if marked else bytes_of(token), marked))
    return parts


def encoded(name: str, processor: TokenProcessor, text: str, *, special: bool) -> dict[str, Any]:
    """What a tokenizer called `name` makes of a text, as JSON holds it. Raises InvalidInput as `ids` and `split` do."""
    ids = processor.ids(text, special=special)
    parts = split(processor, text, special=special)
    return {
        "tokenizer": name,
        "count": len(ids),
        "ids": ids,
        "tokens": [part.token for part in parts],
        "offsets": [[part.start, part.end] for part in parts],
    }


def visible(text: str) -> str:
    """`text` with a sign for every blank and for what no screen shows."""
    return "".join(
        _SHOWN.get(c)
        or (c if c.isprintable() or c == "\u200d" or "\ufe00" <= c <= "\ufe0f" else f"‹{ord(c):X}›")
        for c in text
    )


@dataclass(frozen=True)
class Group:
    """Tokens that can only be read together: one, or the several that a character's bytes are spread over."""

    parts: tuple[Part, ...]
    label: str

    @property
    def breaks(self) -> bool:
        """Whether a line ends behind it."""
        return self.parts[-1].content.endswith(b"\n")


def groups(parts: Sequence[Part]) -> list[Group]:
    """The parts in their order, each as few together as make whole characters; bytes that make none stand alone."""
    found: list[Group] = []
    held: list[Part] = []
    for part in parts:
        held.append(part)
        content = b"".join(one.content for one in held)
        if part.special and len(held) > 1 or _never_whole(content):
            found += [Group((one,), one.label) for one in held]
        elif part.special:
            found.append(Group((part,), part.label))
        elif _waits(content):
            continue
        else:
            found.append(Group(tuple(held), visible(content.decode())))
        held = []
    return found + [Group((one,), one.label) for one in held]


def lines(parts: Sequence[Part]) -> list[list[Group]]:
    """The groups line by line: one that ends in a line break ends a line."""
    found: list[list[Group]] = [[]]
    for group in groups(parts):
        found[-1].append(group)
        if group.breaks:
            found.append([])
    return found if found[-1] or len(found) == 1 else found[:-1]


def _waits(content: bytes) -> bool:
    """Whether the last character lacks bytes that may still come."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoder.decode(content)
    return bool(decoder.getstate()[0])


def _never_whole(content: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return True
    return False
