"""Answering while watching the client: one that leaves is served no longer, one that does not read is given up."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from fastapi.responses import Response
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from jinjie.serve.answers import Answer, Text, usage
from jinjie.serve.problems import ApiError, server_error
from jinjie.serve.served import Prompt
from jinjie.serve.telling import Piece

T = TypeVar("T")

SILENCE = 15.0
"""Seconds after which a stream that has nothing to say, since its text waits for a row, says that it is alive."""
PATIENCE = 60.0
"""Seconds that a client may leave what was sent unread."""

log = logging.getLogger("jinjie.serve")


class Left(Exception):
    """The client has gone: there is no one to answer."""


async def attended(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, unless the client goes before: then `work` is cancelled and Left raised."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Left
    finally:
        for one in (task, gone):
            one.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    """Returns when the client has left. The request's body has been read by now."""
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream(Response):
    """Server-sent events, until they end or the client leaves."""

    media_type = "text/event-stream"

    def __init__(self, answer: Answer, texts: Sequence[Text], prompts: Sequence[Prompt]) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.texts = texts
        self.events = events(answer, texts, prompts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await attended(receive, self._send(send))
        except Left:
            pass
        except TimeoutError:
            log.warning("a client read nothing for %.0f seconds: given up", PATIENCE)
        finally:
            leave(self.texts)

    async def _send(self, send: Send) -> None:
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            async for event in self.events:
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self.events.aclose()


def leave(texts: Sequence[Text]) -> None:
    """Give up what is not written yet: a text that was never begun to be read has no one else to do so."""
    for text in texts:
        if text.job is not None:
            text.job.leave()


async def events(
    answer: Answer, texts: Sequence[Text], prompts: Sequence[Prompt]
) -> AsyncGenerator[bytes, None]:
    """A streamed answer: the pieces of all texts as they come, then the usage, then [DONE].

    An error in the middle is told as an event, and no [DONE] follows: nobody takes half a text for a whole one.
    """
    arrivals: asyncio.Queue[tuple[Text, Piece] | Exception | None] = asyncio.Queue()
    readers = asyncio.ensure_future(_read_all(texts, arrivals))
    try:
        for chunk in answer.begun(texts):
            yield _event(chunk)
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    came = await arrivals.get()
            except TimeoutError:
                yield b": waiting\n\n"
                continue
            if came is None:
                break
            if isinstance(came, Exception):
                if not isinstance(came, ApiError):
                    log.error("a stream broke off", exc_info=came)
                    came = server_error()
                yield b"data: " + json.dumps(came.body(), ensure_ascii=False).encode() + b"\n\n"
                return
            for chunk in answer.streamed(*came):
                yield _event(chunk)
        if answer.with_usage:
            yield _event(answer.ended(usage(prompts, texts)))
        yield b"data: [DONE]\n\n"
    finally:
        readers.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await readers


async def _read_all(
    texts: Sequence[Text], arrivals: asyncio.Queue[tuple[Text, Piece] | Exception | None]
) -> None:
    """All texts' pieces into one queue, then None, or the first error.

    The queue takes whatever comes: a stop word ends its text at once even when the client is slow to read, and what
    can gather is bounded by `max_tokens`.
    """

    async def read(text: Text) -> None:
        async for piece in text.pieces():
            arrivals.put_nowait((text, piece))

    try:
        await together([read(text) for text in texts])
    except Exception as error:
        arrivals.put_nowait(error)
    else:
        arrivals.put_nowait(None)


async def together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """All of it at the same time. The first error ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _event(chunk: BaseModel) -> bytes:
    return b"data: " + chunk.model_dump_json(exclude_unset=True).encode() + b"\n\n"
