"""Answers in OpenAI's shapes, whole or streamed piece by piece, from the texts that the engine writes."""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel

from jinjie.serve import openai
from jinjie.serve.telling import Piece, Telling, Told

if TYPE_CHECKING:
    from jinjie.serve.scheduler import Job
    from jinjie.serve.served import Prompt, Served


@dataclass
class Text:
    """One text of an answer: what it goes on from, who writes it, and what is told of it so far."""

    index: int
    """Its place among the answer's choices."""
    prompt: Prompt
    job: Job | None
    """None when nothing is to be written."""
    telling: Telling
    echo: Piece | None = None
    """The prompt, where it is to be repeated."""
    words: str = ""
    tokens: list[Told] = field(default_factory=list)

    async def pieces(self) -> AsyncIterator[Piece]:
        """What is written, as it comes. The job's place is free when it ends, for whatever reason."""
        if self.echo is not None:
            yield self.echo
        if self.job is None:
            yield Piece("", (), "length")
            return
        try:
            async for written in self.job.written():
                for piece in self.telling.add(written):
                    yield piece
                if self.telling.finish is not None:
                    return
        finally:
            self.job.leave()

    async def whole(self) -> None:
        """Gather `words` and `tokens`."""
        async for piece in self.pieces():
            self.words += piece.text
            self.tokens += piece.tokens

    @property
    def finish(self) -> openai.Finish:
        return self.telling.finish or "length"


class Answer(ABC):
    """The shape of one answer. Every piece of a stream carries the same id and time."""

    prefix: str

    def __init__(self, served: Served, with_usage: bool) -> None:
        self.served = served
        self.id = f"{self.prefix}-{secrets.token_hex(14)}"
        self.created = int(time.time())
        self.with_usage = with_usage

    @abstractmethod
    def whole(self, texts: Sequence[Text]) -> BaseModel:
        """The answer when all of it is there."""

    @abstractmethod
    def begun(self, texts: Sequence[Text]) -> Iterator[BaseModel]:
        """What a stream begins with, before anything is written."""

    @abstractmethod
    def streamed(self, text: Text, piece: Piece) -> Iterator[BaseModel]:
        """A piece of one text, and what marks its end."""

    @abstractmethod
    def ended(self, usage: openai.Usage) -> BaseModel:
        """What a stream ends with when usage was asked for."""


def usage(prompts: Sequence[Prompt], texts: Sequence[Text]) -> openai.Usage:
    """Each prompt is counted once, however many texts go on from it, and each text that was written."""
    read = sum(len(prompt.ids) for prompt in prompts)
    written = sum(text.telling.count for text in texts)
    return openai.Usage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


class CompletionAnswer(Answer):
    """Of /v1/completions."""

    prefix = "cmpl"

    def __init__(
        self, served: Served, with_usage: bool, prompts: Sequence[Prompt], logprobs: int | None, keep: int
    ) -> None:
        super().__init__(served, with_usage)
        self.prompts = prompts
        self.logprobs = logprobs
        self.keep = keep
        """How many of a prompt's texts are given; the likeliest ones when more were written."""

    def whole(self, texts: Sequence[Text]) -> openai.Completion:
        choices: list[openai.CompletionChoice] = []
        each = len(texts) // len(self.prompts)
        for first in range(0, len(texts), each):
            best = list(texts[first : first + each])
            if each > self.keep:
                best.sort(key=lambda t: -t.telling.logprob / max(1, t.telling.count))
            for text in best[: self.keep]:
                choices.append(self._choice(text, text.words, text.tokens, text.finish, len(choices)))
        return self._piece(choices, usage(self.prompts, texts))

    def begun(self, texts: Sequence[Text]) -> Iterator[openai.Completion]:
        yield from ()

    def streamed(self, text: Text, piece: Piece) -> Iterator[openai.Completion]:
        yield self._piece([self._choice(text, piece.text, piece.tokens, piece.finish, text.index)])

    def ended(self, usage: openai.Usage) -> openai.Completion:
        return self._piece([], usage)

    def _choice(
        self, text: Text, words: str, tokens: Sequence[Told], finish: openai.Finish | None, index: int
    ) -> openai.CompletionChoice:
        return openai.CompletionChoice(
            text=words,
            index=index,
            logprobs=None if self.logprobs is None else self._logprobs(text, tokens),
            finish_reason=finish,
        )

    def _logprobs(self, text: Text, tokens: Sequence[Told]) -> openai.Logprobs:
        """Offsets are counted from the prompt's first character. The chosen token is always among the likeliest."""
        shift = len(text.prompt.text)
        tops: list[dict[str, float] | None] = []
        for told in tokens:
            if told.logprob is None:
                tops.append(None)
                continue
            top = {self.served.spelled(token)[0]: logprob for token, logprob in reversed(told.top)}
            top = dict(sorted(top.items(), key=lambda one: -one[1]))
            top.setdefault(self.served.spelled(told.token)[0], told.logprob)
            tops.append(top)
        return openai.Logprobs(
            tokens=[self.served.spelled(told.token)[0] for told in tokens],
            token_logprobs=[told.logprob for told in tokens],
            top_logprobs=tops if self.logprobs else None,
            text_offset=[shift + told.offset for told in tokens],
        )

    def _piece(
        self, choices: list[openai.CompletionChoice], usage: openai.Usage | None = None
    ) -> openai.Completion:
        fields = {"usage": usage} if usage is not None or self.with_usage else {}
        return openai.Completion(
            id=self.id,
            object="text_completion",
            created=self.created,
            model=self.served.name,
            system_fingerprint=self.served.fingerprint,
            choices=choices,
            **fields,
        )


class ChatAnswer(Answer):
    """Of /v1/chat/completions."""

    prefix = "chatcmpl"

    def __init__(self, served: Served, with_usage: bool, prompt: Prompt, logprobs: bool) -> None:
        super().__init__(served, with_usage)
        self.prompt = prompt
        self.logprobs = logprobs

    def whole(self, texts: Sequence[Text]) -> openai.Chat:
        return openai.Chat(
            id=self.id,
            object="chat.completion",
            created=self.created,
            model=self.served.name,
            system_fingerprint=self.served.fingerprint,
            choices=[
                openai.ChatChoice(
                    index=text.index,
                    message=openai.ChatMessage(role="assistant", content=text.words, refusal=None),
                    logprobs=self._logprobs(text.tokens),
                    finish_reason=text.finish,
                )
                for text in texts
            ],
            usage=usage([self.prompt], texts),
        )

    def begun(self, texts: Sequence[Text]) -> Iterator[openai.ChatChunk]:
        for text in texts:
            yield self._chunk(text.index, openai.Delta(role="assistant", content=""))

    def streamed(self, text: Text, piece: Piece) -> Iterator[openai.ChatChunk]:
        if piece.text or piece.tokens:
            yield self._chunk(
                text.index, openai.Delta(content=piece.text), logprobs=self._logprobs(piece.tokens)
            )
        if piece.finish is not None:
            yield self._chunk(text.index, openai.Delta(), finish=piece.finish)

    def ended(self, usage: openai.Usage) -> openai.ChatChunk:
        return self._framed([], usage)

    def _logprobs(self, tokens: Sequence[Told]) -> openai.ChatLogprobs | None:
        if not self.logprobs:
            return None
        return openai.ChatLogprobs(content=[self._told(one) for one in tokens], refusal=None)

    def _told(self, told: Told) -> openai.TokenLogprob:
        spelled, raw = self.served.spelled(told.token)
        tops = []
        for token, logprob in told.top:
            name, its_bytes = self.served.spelled(token)
            tops.append(openai.TopLogprob(token=name, logprob=logprob, bytes=its_bytes))
        return openai.TokenLogprob(token=spelled, logprob=told.logprob or 0.0, bytes=raw, top_logprobs=tops)

    def _chunk(
        self,
        index: int,
        delta: openai.Delta,
        logprobs: openai.ChatLogprobs | None = None,
        finish: openai.Finish | None = None,
    ) -> openai.ChatChunk:
        return self._framed(
            [openai.ChunkChoice(index=index, delta=delta, logprobs=logprobs, finish_reason=finish)]
        )

    def _framed(
        self, choices: list[openai.ChunkChoice], usage: openai.Usage | None = None
    ) -> openai.ChatChunk:
        fields = {"usage": usage} if usage is not None or self.with_usage else {}
        return openai.ChatChunk(
            id=self.id,
            object="chat.completion.chunk",
            created=self.created,
            model=self.served.name,
            system_fingerprint=self.served.fingerprint,
            choices=choices,
            **fields,
        )
