"""From the tokens of one text to the pieces that are told of it: whole characters, and nothing of a stop word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinjie.decoding.text import TextStream
from jinjie.serve.openai import Finish

if TYPE_CHECKING:
    from jinjie.decoding.engine import Written
    from jinjie.serve.served import Prompt, Served

IMPOSSIBLE = -9999.0
"""The logarithm of no probability at all, as OpenAI writes it: JSON has no infinity."""


@dataclass(frozen=True)
class Told:
    """A token with its probability, and where in the text it begins (characters)."""

    token: int
    logprob: float | None
    top: Sequence[tuple[int, float]]
    offset: int


@dataclass(frozen=True)
class Piece:
    """What is new of a text; the last piece says why it ended."""

    text: str
    tokens: tuple[Told, ...] = ()
    finish: Finish | None = None


class Telling:
    """One text as it grows. `add` what the engine wrote, and tell the pieces; `finish` is set with the last one."""

    def __init__(self, served: Served, prompt: Prompt, stops: Sequence[str], strip: bool = False) -> None:
        """`strip` leaves out the blanks that the text begins with, as an answer behind "Assistant:" does."""
        self._served = served
        self._strip = strip
        self._stream = TextStream(served.processor, prompt.ids, before=prompt.text, stop=stops)
        self._told = self._characters = 0
        self._pending: list[Told] = []
        self.count = 0
        """Tokens written."""
        self.logprob = 0.0
        """The sum of their log-probabilities."""
        self.finish: Finish | None = None

    def add(self, written: Written) -> Iterator[Piece]:
        """At most one piece."""
        if self.finish is not None:
            return
        text = ""
        if written.token is not None:
            self.count += 1
            self._note(written.token, written)
            text = self._stream.add(written.token)
        if written.ended is not None:
            text += self._stream.finish()
        cut = self._stream.ended
        self.finish = "stop" if cut else written.ended
        self._told += len(text)
        text = text.lstrip() if self._strip else text
        self._strip = self._strip and not text
        if not text and self.finish is None:
            return
        # A token is told of with the first of its text; those of a stop word never are.
        every = self.finish is not None and not cut
        ready = [told for told in self._pending if every or told.offset < self._told]
        self._pending = self._pending[len(ready) :]
        yield Piece(text, tuple(ready), self.finish)

    def _note(self, token: int, written: Written) -> None:
        """Remember a token until its text is told."""
        logprob = None if written.logprob is None else max(IMPOSSIBLE, written.logprob)
        self.logprob += logprob or 0.0
        top = tuple((other, max(IMPOSSIBLE, value)) for other, value in written.top)
        raw = self._served.raw(token) or b""
        # A token that begins inside a character belongs where the character begins.
        inside = bool(raw) and _continues(raw[0])
        self._pending.append(Told(token, logprob, top, max(0, self._characters - inside)))
        self._characters += sum(not _continues(byte) for byte in raw)


def _continues(byte: int) -> bool:
    """Whether a byte of UTF-8 is a character's second, third or fourth."""
    return byte & 0xC0 == 0x80
