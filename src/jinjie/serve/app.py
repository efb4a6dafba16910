"""The application: OpenAI's routes over one model, behind the guard."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

from jinjie import __version__
from jinjie.base.config import build
from jinjie.base.errors import InvalidInput, did_you_mean
from jinjie.base.lazy import lazy
from jinjie.base.seeds import derive
from jinjie.base.words import say
from jinjie.decoding.engine import Ask
from jinjie.decoding.sampling import Sampling
from jinjie.serve import openai, problems
from jinjie.serve.answers import Answer, ChatAnswer, CompletionAnswer, Text
from jinjie.serve.guard import LOCAL, App, Guard, Receive, Scope, Send
from jinjie.serve.problems import ApiError, bad_request, from_input, from_validation, server_error
from jinjie.serve.scheduler import Scheduler
from jinjie.serve.served import Prompt, Served
from jinjie.serve.streams import EventStream, Left, attended, leave, together
from jinjie.serve.telling import Piece, Telling, Told

np = lazy("numpy")

R = TypeVar("R", bound=openai.Request)

MOST_BODY = 4 * 2**20
"""Bytes of a request."""
BODY_SECONDS = 60.0
"""How long a request may take to arrive."""
COMPLETION_TOKENS = 16
"""What OpenAI writes of a completion when no one says how much."""

log = logging.getLogger("jinjie.serve")


@dataclass
class House:
    """What the routes share."""

    served: Served
    scheduler: Scheduler
    most_tokens: int
    """Most tokens of one answer."""

    # What every route begins with.

    async def asked(self, request: Request, kind: type[R]) -> R:
        """The request's body, checked. Raises ApiError."""
        given = _json(await _body(request))
        try:
            asked = kind.model_validate(given)
        except ValidationError as error:
            raise from_validation(error, list(kind.model_fields)) from error
        if asked.model != self.served.name:
            near = did_you_mean(asked.model, [self.served.name])
            raise ApiError(
                404, say("serve.wrong.model", name=asked.model, suggestion=near), "model_not_found", "model"
            )
        return asked

    def check_writes(self) -> None:
        if not self.served.writes:
            raise bad_request(
                say("serve.wrong.writes_not", name=self.served.name), "model", "unsupported_model"
            )

    def check_count(self, count: int) -> None:
        """Before any of so many texts is read. Raises ApiError when they are more than can ever be taken."""
        most = self.scheduler.rows + self.scheduler.queue
        if count > most:
            raise bad_request(say("serve.wrong.too_many", count=count, most=most), "n", "invalid_value")

    # The three kinds of answers.

    async def complete(self, request: Request) -> Response:
        asked = await self.asked(request, openai.CompletionRequest)
        self.check_writes()
        given = asked.prompt or [""]
        self.check_count(len(given) * asked.candidates)
        prompts = await run_in_threadpool(lambda: [self.served.prompt(one) for one in given])
        top = asked.logprobs if asked.candidates == asked.choices else asked.logprobs or 0
        asks: list[Ask | None] = []
        for prompt in prompts:
            room = self.served.room(prompt.ids, asked.max_tokens, self.most_tokens, "prompt")
            room = room if asked.max_tokens is not None else min(room, COMPLETION_TOKENS)
            asks += self._asks(asked, prompt, room, asked.candidates, top, self.served.stop_ids)
        echoes = [await self._echo(asked, prompt) for prompt in prompts] if asked.echo else []
        answer = CompletionAnswer(self.served, asked.with_usage, prompts, asked.logprobs, asked.choices)
        telling = partial(Telling, stops=asked.stop)
        return await self._answer(request, asked, answer, prompts, asks, telling, echoes)

    async def chat(self, request: Request) -> Response:
        asked = await self.asked(request, openai.ChatRequest)
        self.check_writes()
        self.check_count(asked.choices)
        prompt = await run_in_threadpool(lambda: self.served.chat(asked))
        room = self.served.room(prompt.ids, asked.most_tokens, self.most_tokens, "messages")
        top = (asked.top_logprobs or 0) if asked.logprobs else None
        form = self.served.form
        ends = self.served.stop_ids.union(form.ends)
        asks = self._asks(asked, prompt, room, asked.choices, top, ends)
        answer = ChatAnswer(self.served, asked.with_usage, prompt, bool(asked.logprobs))
        telling = partial(Telling, stops=[*asked.stop, *form.stop], strip=not form.taught)
        return await self._answer(request, asked, answer, [prompt], asks, telling, [])

    async def embed(self, request: Request) -> Response:
        asked = await self.asked(request, openai.EmbeddingRequest)
        inputs = await run_in_threadpool(lambda: [self.served.embeddable(one) for one in asked.input])
        if asked.dimensions not in (None, self.served.width):
            raise bad_request(
                say("serve.wrong.dimensions", width=self.served.width), "dimensions", "invalid_value"
            )

        async def all_of_them() -> list[list[float]]:
            return [await self.scheduler.run(partial(self.served.embed, ids)) for ids in inputs]

        vectors = await attended(request.receive, all_of_them())
        tokens = sum(map(len, inputs))
        data = [
            openai.Embedding(
                object="embedding",
                index=i,
                embedding=_base64(vector) if asked.encoding_format == "base64" else vector,
            )
            for i, vector in enumerate(vectors)
        ]
        return _reply(
            openai.Embeddings(
                object="list",
                data=data,
                model=self.served.name,
                usage=openai.EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
            )
        )

    def _asks(
        self,
        asked: openai.Writing,
        prompt: Prompt,
        room: int,
        count: int,
        logprobs: int | None,
        ends: frozenset[int],
    ) -> list[Ask | None]:
        """One for each text that goes on from the prompt. The first draws from the request's seed, so that it is the
        text that a request for one would get; the others from seeds of their own."""
        if room == 0:
            return [None] * count
        seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed % 2**63
        settings = asked.sampling() | {"max_tokens": room}
        self.served.checked(list(settings.get("logit_bias", {})), "logit_bias")
        try:
            sampling = build(Sampling, settings | {"seed": seed})
        except InvalidInput as error:
            raise from_input(error, error.problems[0].where) from error
        return [
            Ask(
                prompt.ids,
                sampling.model_copy(update={"seed": derive(seed, "choice", i)}) if i else sampling,
                ends,
                logprobs,
            )
            for i in range(count)
        ]

    async def _echo(self, asked: openai.CompletionRequest, prompt: Prompt) -> Piece:
        """The prompt as the first piece of an answer, its tokens with their probabilities where these are asked for."""
        if asked.logprobs is None:
            return Piece(prompt.text)
        top = asked.logprobs
        scored = await self.scheduler.run(lambda: self.served.prompt_logprobs(prompt.ids, top))
        first, places = await run_in_threadpool(lambda: self.served.echoed(prompt))
        return Piece(
            prompt.text,
            tuple(
                Told(token, logprob, likeliest, place)
                for token, place, (logprob, likeliest) in zip(
                    prompt.ids[first:], places, scored[first:], strict=True
                )
            ),
        )

    async def _answer(
        self,
        request: Request,
        asked: openai.Writing,
        answer: Answer,
        prompts: Sequence[Prompt],
        asks: Sequence[Ask | None],
        telling: Callable[[Served, Prompt], Telling],
        echoes: Sequence[Piece],
    ) -> Response:
        """Have the texts written, and give them whole or as a stream."""
        jobs = iter(self.scheduler.submit([ask for ask in asks if ask is not None]))
        each = len(asks) // len(prompts)
        texts = [
            Text(
                i,
                prompts[i // each],
                next(jobs) if ask is not None else None,
                telling(self.served, prompts[i // each]),
                echoes[i // each] if echoes else None,
            )
            for i, ask in enumerate(asks)
        ]
        if asked.stream:
            return EventStream(answer, texts, prompts)
        try:
            await attended(request.receive, together([text.whole() for text in texts]))
        finally:
            leave(texts)
        return _reply(answer.whole(texts))

    # What there is.

    def model(self) -> openai.Model:
        return openai.Model(
            id=self.served.name, object="model", created=self.served.created, owned_by="jinjie"
        )

    async def models(self) -> Response:
        return _reply(openai.Models(object="list", data=[self.model()]))

    async def one_model(self, name: str) -> Response:
        if name != self.served.name:
            near = did_you_mean(name, [self.served.name])
            raise ApiError(
                404, say("serve.wrong.model", name=name, suggestion=near), "model_not_found", "model"
            )
        return _reply(self.model())

    async def health(self) -> Response:
        state = self.scheduler.status().state
        return JSONResponse({"status": state}, 200 if state == "ready" else 503)

    async def status(self) -> Response:
        served = self.served
        return JSONResponse(
            {
                "model": served.name,
                "writes": served.writes,
                "context": served.context,
                "max_tokens": self.most_tokens,
                "embedding": {"dimensions": served.width, "pooling": served.pooling, "normalized": True},
                "system_fingerprint": served.fingerprint,
                "version": __version__,
                **asdict(self.scheduler.status()),
            }
        )


def make_app(
    house: House,
    token: str,
    hosts: tuple[str, ...] | None = LOCAL,
    origins: tuple[str, ...] = (),
) -> App:
    """The whole server behind its guard; `origins` are the web pages that may ask with the token."""
    app = FastAPI(title="Jinjie", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    for path, route, method in (
        ("/v1/models", house.models, "GET"),
        ("/v1/models/{name:path}", house.one_model, "GET"),
        ("/v1/completions", house.complete, "POST"),
        ("/v1/chat/completions", house.chat, "POST"),
        ("/v1/embeddings", house.embed, "POST"),
        ("/v1/jinjie/status", house.status, "GET"),
        ("/health", house.health, "GET"),
    ):
        app.add_api_route(path, route, methods=[method], response_model=None)
    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(Left, _left)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(Exception, _failed)
    guarded: App = Guard(app, token, cookie=None, hosts=hosts, origins=origins, refuse=problems.refuse)
    if origins:
        guarded = CORSMiddleware(
            guarded,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["x-request-id", "retry-after"],
            allow_private_network=True,
        )
    return _numbered(guarded)


def _numbered(app: App) -> App:
    """Every answer carries a number that a client can name when it complains."""

    async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
        number = f"req_{secrets.token_hex(12)}".encode()

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"x-request-id", number)]
            await send(message)

        await app(scope, receive, sending)

    return numbered


async def _body(request: Request) -> bytes:
    """The body, of at most MOST_BODY bytes and within BODY_SECONDS. Raises ApiError, ClientDisconnect."""
    too_large = ApiError(413, say("serve.wrong.too_large", most=MOST_BODY), "request_too_large")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MOST_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY:
                    raise too_large
    except TimeoutError:
        raise ApiError(408, say("serve.wrong.too_slow"), "request_timeout") from None
    return bytes(body)


def _json(body: bytes) -> Any:
    """Raises ApiError where it is no JSON."""
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise bad_request(
            say("serve.wrong.json", reason=problems.printable(str(error))), code="invalid_json"
        ) from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")


def _reply(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(exclude_unset=True), media_type="application/json")


def _base64(vector: list[float]) -> str:
    return base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode("ascii")


def _error(error: ApiError) -> Response:
    return JSONResponse(error.body(), error.status, error.headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _error(error)


async def _not_served(request: Request, error: Exception) -> Response:
    """An address that leads nowhere, or a method that it does not know."""
    assert isinstance(error, HTTPException)
    address = f"{request.method} {request.url.path}"
    if error.status_code == 405:
        message = say("serve.wrong.method", address=address)
    elif error.status_code == 404:
        message = say("serve.wrong.address", address=address)
    else:
        message = str(error.detail)
    return _error(ApiError(error.status_code, message, None, headers=error.headers))


async def _left(request: Request, error: Exception) -> Response:
    """No one reads this."""
    return Response(status_code=499)


async def _failed(request: Request, error: Exception) -> Response:
    """A fault of our own, whose traceback the server logs."""
    return _error(server_error())
