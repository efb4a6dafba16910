"""From token ids to text while it is being written: whole characters only, and nothing of a stop word."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from jinjie.base.errors import InvalidInput
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling

if TYPE_CHECKING:
    from torch import nn

_BROKEN = "\N{REPLACEMENT CHARACTER}"
"""What bytes decode to that make no whole character, or none yet."""
_BYTES = 3
"""Most bytes of a character that may wait for its last one; each decodes to at most one _BROKEN."""
_CONTEXT = 6
"""Tokens of the prompt that are decoded along: some decoders treat a first token otherwise than those that follow."""
_PENDING = 64
"""Tokens that may wait for their text. More come only of a model that writes bytes which make no text."""

ROWS = 8
"""Texts written at a time: a row of GPT-2's cache takes 75 MB."""


class Piece(NamedTuple):
    """What has just been written of one of several texts."""

    number: int
    """Which of them, from 0."""
    text: str
    tokens: int
    """How many tokens of it have been written by now, without the one that ended it."""
    ended: Literal["stop", "length"] | None = None
    """Set on the last piece of a text, which may be empty."""


def write(network: nn.Module, processor: TextProcessor, prompt: str, sampling: Sampling) -> Iterator[str]:
    """The prompt, then what the model adds to it, piece by piece, up to the document's end or a stop word.

    Raises InvalidInput when the prompt holds characters that the vocabulary lacks.
    """
    ids = processor.prompt(prompt)
    yield prompt
    for piece in write_many(network, processor, ids, [sampling], before=prompt):
        if piece.text:
            yield piece.text


def write_many(
    network: nn.Module,
    processor: TextProcessor,
    prompt: list[int],
    samplings: Sequence[Sampling],
    *,
    before: str = "",
    ends: Collection[int] = (),
) -> Iterator[Piece]:
    """What the model adds to one prompt, once for each of `samplings`, all at the same time: each is what it is alone.

    Ends are the processor's and `ends`; for `before` see `TextStream`. Raises InvalidInput as `Engine.admit` does.
    """
    stop = frozenset(processor.ends) | frozenset(ends)
    waiting = list(enumerate(samplings))
    streams = [TextStream(processor, prompt, before=before, stop=one.stop) for one in samplings]
    counts = [0] * len(samplings)

    def told(number: int, token: int | None, ended: Literal["stop", "length"] | None) -> Piece:
        stream = streams[number]
        text = ""
        if token is not None:
            counts[number] += 1
            text = stream.add(token)
        if stream.ended:
            ended = "stop"
        elif ended is not None:
            text += stream.finish()
            # What was kept back may hold a stop word that ends with the very last token.
            ended = "stop" if stream.ended else ended
        return Piece(number, text, counts[number], ended)

    if not getattr(network.config, "causal", True):
        for number, sampling in waiting:
            yield from _one_by_one(network, prompt, sampling, stop, number, told)
        return
    engine = Engine(network, max(1, min(len(samplings), ROWS)))
    at_work: dict[int, int] = {}
    while waiting or engine.busy:
        while waiting and engine.free:
            number, sampling = waiting.pop(0)
            at_work[engine.admit(Ask(prompt, sampling, stop))] = number
        for written in engine.step():
            if written.ticket not in at_work:
                continue  # one that a stop word ended in the same step
            piece = told(at_work[written.ticket], written.token, written.ended)
            if piece.ended is not None:
                engine.drop(written.ticket)
                del at_work[written.ticket]
            if piece.text or piece.ended is not None:
                yield piece


def _one_by_one(
    network: nn.Module,
    prompt: list[int],
    sampling: Sampling,
    stop: frozenset[int],
    number: int,
    told: Callable[[int, int | None, Literal["stop", "length"] | None], Piece],
) -> Iterator[Piece]:
    """A model that sees all of its text keeps no cache, and writes one text at a time."""
    count = 0
    for count, token in enumerate(generate(network, prompt, sampling, stop=stop), 1):
        piece = told(number, token, "length" if count == sampling.max_tokens else None)
        if piece.text or piece.ended is not None:
            yield piece
        if piece.ended is not None:
            return
    if count < sampling.max_tokens:
        yield told(number, None, "stop")


class TextStream:
    """The text of token ids that come one by one.

    `add` gives what may be shown by then, `finish` what was kept back when no more come: together they are what the
    processor makes of all ids at once (after the prompt's), up to the first stop word. Each token costs as much as
    decoding a few, however long the text.

    Kept back are characters of which bytes are missing, and what may be the beginning of a stop word. `ended` says that
    a stop word or the document's end was met, `stop_word` which; what comes after it is ignored. Of several, the one
    that is complete first counts, however the text was cut into tokens.

    Where bytes that make no character follow some that do, tokenizers with byte fallback (Llama's) take back the
    whole run of bytes; what has been shown stays shown here.
    """

    def __init__(
        self,
        processor: TextProcessor,
        prompt: Sequence[int] = (),
        *,
        before: str = "",
        stop: Sequence[str] = (),
        special: bool = False,
    ) -> None:
        """`prompt` are the ids that the text goes on from, `before` its text: a document's end may begin there.

        Special tokens have no text unless `special` is set; an unknown token always shows.
        """
        self._processor = processor
        self._hidden = frozenset() if special else hidden(processor)
        shown = [i for i in prompt[-_CONTEXT - _BYTES :] if i not in self._hidden]
        self._window = self._last(shown, _CONTEXT)
        """Ids that are decoded together: the last ones whose text has been given, then those whose text has not."""
        self._done = len(self._window)
        self._given = self._decode()
        """How the window's text begins: what has been given out."""
        self._words = _Words(stop, _spelled_end(processor), before)

    @property
    def ended(self) -> bool:
        return self._words.met

    @property
    def stop_word(self) -> str | None:
        """The stop word that ended the text; None while it goes on, and when its document ended."""
        return self._words.word

    def add(self, token: int) -> str:
        """What may be shown now that `token` has come; often empty."""
        if self.ended or token in self._hidden:
            return ""
        self._window.append(token)
        return self._words.passing(self._fresh())

    def finish(self) -> str:
        """What was kept back, when no token comes any more."""
        if self.ended:
            return ""
        rest = self._decode()[len(self._given) :]
        self._given += rest
        return self._words.passing(rest) + self._words.rest()

    def _fresh(self) -> str:
        """The text that the newest token completes; the window moves on behind whole text."""
        text = self._decode()
        if not text.startswith(self._given):
            # A run of bytes was taken back: go on with what has not been shown.
            self._window, self._done, self._given = self._window[self._done :], 0, ""
            text = self._decode()
        whole = text.rstrip(_BROKEN)
        whole = text[: max(len(whole), len(text) - _BYTES)]
        fresh, pending = whole[len(self._given) :], len(self._window) - self._done
        if whole == text and fresh:
            self._move_on()
        elif pending >= _PENDING:
            fresh = text[len(self._given) :]
            self._move_on()
        else:
            self._given += fresh
        return fresh

    def _move_on(self) -> None:
        self._window = self._last(self._window[self._done :], _PENDING // 8)
        self._done = len(self._window)
        self._given = self._decode()

    def _last(self, ids: list[int], count: int) -> list[int]:
        """The last `count` ids, or a few more: byte fallback makes nothing of a run of bytes that begins within a
        character, so that the text after it could not be told from it."""
        for more in range(_BYTES + 1):
            last = ids[-count - more :]
            if last and not self._processor.text(last).startswith(_BROKEN):
                return last
        return ids[-count:]

    def _decode(self) -> str:
        return self._processor.text(self._window) if self._window else ""


class _Words:
    """Lets text pass up to the first stop word, of which it lets nothing pass."""

    def __init__(self, words: Sequence[str], end: str | None, before: str) -> None:
        self._words = list(dict.fromkeys(words))
        self._end = end
        # The end of a document may begin in what was there before; a stop word stands in what was written.
        self._text = before[len(before) - _beginning(before, [end]) :] if end else ""
        self._shown = self._old = len(self._text)
        self.met = False
        self.word: str | None = None

    def passing(self, piece: str) -> str:
        if self.met or not piece:
            return ""
        self._text += piece
        found = [
            (at + len(word), at, word)
            for word in self._words
            if (at := self._text.find(word, self._old)) >= 0
        ]
        if self._end and (at := self._text.find(self._end)) >= 0:
            found.append((at + len(self._end), at, self._end))
        if found:
            _, at, word = min(found)
            self.met, self.word = True, word if word in self._words else None
            return self._text[self._shown : at]
        kept = _beginning(self._text[self._old :], self._words)
        if self._end:
            kept = max(kept, _beginning(self._text, [self._end]))
        cut = len(self._text) - kept
        passed = self._text[self._shown : cut]
        self._text = self._text[cut:]
        self._shown, self._old = max(0, self._shown - cut), max(0, self._old - cut)
        return passed

    def rest(self) -> str:
        """What was kept for a stop word that never came."""
        passed = "" if self.met else self._text[self._shown :]
        self._text, self._shown, self._old = "", 0, 0
        return passed


def hidden(processor: TextProcessor) -> frozenset[int]:
    """The ids that stand for no text; a character that the vocabulary lacks is none of them."""
    if not isinstance(processor, TokenProcessor):
        return frozenset()
    return processor.special_ids - {processor.special.get("unk", -1)}


def _spelled_end(processor: TextProcessor) -> str | None:
    """The text that ends a document, where no single token does."""
    if not processor.end:
        return None
    try:
        ids = processor.ids(processor.end)
    except InvalidInput:
        return None
    return None if len(ids) == 1 and ids[0] in processor.ends else processor.end


def _beginning(text: str, words: Sequence[str]) -> int:
    """The most characters at the end of `text` with which one of the words begins, and does not end."""
    longest = 0
    for word in words:
        for count in range(min(len(word) - 1, len(text)), longest, -1):
            if text.endswith(word[:count]):
                longest = count
                break
    return longest
