"""A real browser, a real studio in a process of its own, and an eye on everything the pages ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from running_studio import Server, ended, free_port

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000
"""Milliseconds a page may take for one change. Idle machines need a second; a busy one has needed twenty."""


def missing(reason: str) -> None:
    """Without a browser there is nothing to test; where everything must be tested, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


# Playwright runs an event loop in the thread of the tests for as long as it lives, and a test elsewhere that starts one
# of its own is refused: so it ends with each file, not with the session.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        missing("no chromium on this machine: apt-get install chromium fonts-noto-cjk")
    import jinjie.studio

    if not (Path(jinjie.studio.__file__).parent / "static" / "built" / "studio.js").is_file():
        missing("the studio's pages are not built: npm ci && npm run build")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    with ended(Server(free_port())) as made:
        made.start()
        yield made


@dataclass
class Eye:
    """Sees every request and every complaint of the pages it watches."""

    away: bool = False
    """Whether the server is known to be gone: then failed connections are no fault of the page."""
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Any) -> None:
        page.on("request", self._request)
        page.on(
            "console", lambda message: message.type in ("error", "warning") and self._complaint(message.text)
        )
        page.on("pageerror", lambda error: self._complaint(f"uncaught: {error}"))

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.hostname != "127.0.0.1":
            self.outside.append(request.url)

    def _complaint(self, text: str) -> None:
        refused_form = "status of 422" in text  # a form sent back with its problems: chromium logs the status
        unanswered = "net::ERR_" in text or text.startswith("htmx:")
        if not refused_form and not (self.away and unanswered):
            self.complaints.append(text)


@pytest.fixture
def eye() -> Iterator[Eye]:
    made = Eye()
    yield made
    assert made.outside == [], "every request goes to this machine"
    assert made.complaints == [], "no script failed and no content-security policy was broken"


@pytest.fixture
def open_page(browser: Any, server: Server, eye: Eye) -> Iterator[Callable[..., Any]]:
    """Opens the studio's address, token and all, in a window of its own."""
    contexts = []

    def opened(path: str = "/", **wishes: Any) -> Any:
        context = browser.new_context(
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **wishes}
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        eye.watch(page)
        page.goto(server.address)
        assert page.url == server.home + "/", "the token does not stay in the address"
        if path != "/":
            page.goto(server.home + path)
        return page

    yield opened
    for context in contexts:
        context.close()
