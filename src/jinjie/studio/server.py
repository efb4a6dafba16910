"""Serving the studio on this machine: a free port, the kept token, and an end that waits for no open page."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from jinjie.base.errors import JinjieError
from jinjie.base.paths import studio_home
from jinjie.serve.guard import kept_token
from jinjie.serve.listening import listen
from jinjie.studio.app import BUILT, make_app

HOST = "127.0.0.1"
PORT = 8642
TRIES = 40


@dataclass
class Studio:
    """A studio that has its port and its token, and serves when told to."""

    listener: socket.socket
    asked: int
    token: str
    preview: tuple[Path, ...] = ()
    """Folders of content that are being written."""

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def moved(self) -> bool:
        """Whether the port that was asked for was taken."""
        return self.asked not in (0, self.port)

    @property
    def address(self) -> str:
        """What to open in a browser. Whoever has it may use the studio."""
        path = "/learn" if self.preview else "/"
        return f"http://{HOST}:{self.port}{path}?token={self.token}"

    def serve(self) -> None:
        """Answer until Ctrl-C or SIGTERM."""
        closing = threading.Event()
        app = make_app(self.token, f"jinjie_{self.port}", closing, self.preview)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # a log of addresses would hold the token
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )
        _Server(config, closing).run([self.listener])


class _Server(uvicorn.Server):
    """Tells the live streams of its end, which otherwise wait for open pages to leave."""

    def __init__(self, config: uvicorn.Config, closing: threading.Event) -> None:
        super().__init__(config)
        self.closing = closing

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.closing.set()
        super().handle_exit(sig, frame)


def prepare(port: int = PORT, preview: tuple[Path, ...] = ()) -> Studio:
    """Take `port`, or the next free one; 0 takes any.

    Raises JinjieError when the pages are not built or no port is free.
    """
    if not (BUILT / "studio.js").is_file():
        raise JinjieError("studio.server.not_built")
    last = min(port + TRIES, 65535) if port else 0
    for candidate in range(port, last + 1):
        try:
            listener = listen(HOST, candidate)
        except OSError:
            continue
        return Studio(listener, port, kept_token(studio_home() / "token"), preview)
    raise JinjieError("studio.server.no_port", first=port, last=last)
