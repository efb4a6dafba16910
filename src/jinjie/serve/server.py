"""Serving a model on this machine: the port, the token, the engine, and an end within seconds."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.paths import serve_home
from jinjie.serve.guard import LOCAL, kept_token
from jinjie.serve.listening import listen

if TYPE_CHECKING:
    from jinjie.serve.served import Served

HOST = "127.0.0.1"
PORT = 8643
TOKEN = "JINJIE_TOKEN"
GRACE = 5.0
"""Seconds that texts at work have to come to their end when the server is told to."""
SHORTEST = 16
"""Characters of the shortest token that other machines may try to guess."""


@dataclass(frozen=True)
class Options:
    """What a server is started with."""

    host: str = HOST
    port: int = PORT
    rows: int = 16
    queue: int = 64
    max_tokens: int | None = None
    """Most tokens of one answer; the model's context when None."""
    token: str | None = None
    origins: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("127.0.0.1", "localhost", "::1")


@dataclass
class Server:
    """A server that has its port and its token, and serves when told to."""

    listener: socket.socket
    token: str
    served: Served
    options: Options
    writer: Any = None
    """What writes in the place of the model's own network, as `decoding.llama.Llama` can."""

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def local(self) -> bool:
        return self.options.local

    @property
    def address(self) -> str:
        """What clients take as `base_url`."""
        host = self.options.host
        if host in ("0.0.0.0", "::"):
            host = socket.gethostname()
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/v1"

    @property
    def max_tokens(self) -> int:
        context = self.served.context
        return min(self.options.max_tokens or context, context)

    def serve(self) -> None:
        """Take the cache, and answer until Ctrl-C or SIGTERM."""
        import uvicorn

        from jinjie.decoding.engine import Engine
        from jinjie.serve.app import House, make_app
        from jinjie.serve.scheduler import NoEngine, Scheduler, Writes

        options = self.options

        def engine() -> Writes:
            if not self.served.writes:
                return NoEngine()
            return Engine(self.served.network if self.writer is None else self.writer, options.rows)

        scheduler = Scheduler(engine, options.rows, options.queue)

        class Uvicorn(uvicorn.Server):
            """Ends the texts at work in time, for which it otherwise waits."""

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                scheduler.close(GRACE)
                super().handle_exit(sig, frame)

        app = make_app(
            House(self.served, scheduler, self.max_tokens),
            self.token,
            LOCAL if self.local else None,
            options.origins,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            timeout_keep_alive=75,  # clients keep idle connections for a minute: who closes first loses a request
            timeout_graceful_shutdown=round(GRACE) + 2,
        )
        try:
            Uvicorn(config).run([self.listener])
        finally:
            scheduler.close(0)
            scheduler.join(GRACE)


@dataclass(frozen=True)
class Door:
    """A port that is taken and the token that opens it: what can fail before a model is loaded."""

    listener: socket.socket
    token: str


def take(options: Options) -> Door:
    """Take the port. Raises JinjieError when it cannot be had, InvalidInput for a token that is none."""
    token = _token(options)
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        raise JinjieError(
            "serve.server.no_port", host=options.host, port=options.port, reason=error.strerror or str(error)
        ) from error
    return Door(listener, token)


def prepare(door: Door, served: Served, options: Options) -> Server:
    """What can fail before the first request. Raises JinjieError when the cache would not fit into memory, or when the
    model's chat template does not parse."""
    _check_memory(served, options.rows)
    if served.writes:
        _ = served.form
    return Server(door.listener, door.token, served, options)


def _token(options: Options) -> str:
    """The token that was given, else the environment's, else one that is kept for all servers of this user."""
    where = "--token" if options.token is not None else TOKEN
    token = options.token if options.token is not None else os.environ.get(TOKEN)
    if token is None:
        return kept_token(serve_home() / "token")
    problems = []
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        problems.append(Problem(where, "serve.server.no_token"))
    elif len(token) < SHORTEST and not options.local:
        problems.append(Problem(where, "serve.server.short_token", shortest=SHORTEST))
    if problems:
        raise InvalidInput(problems)
    return token


def _check_memory(served: Served, rows: int) -> None:
    import psutil

    from jinjie.base.amounts import size

    needed, free = served.cache_bytes(rows), psutil.virtual_memory().available
    if needed > free:
        fitting = int(free / served.cache_bytes(1))
        raise JinjieError(
            "serve.server.memory", rows=rows, needed=size(needed), free=size(free), fitting=fitting
        )
