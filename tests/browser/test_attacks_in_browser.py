"""What only a browser would run: scripts and forms that came with somebody's run, with each guard and without it.

The studio is served from this process, so that a guard can be taken from it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from jinjie import recipes
from jinjie.base.paths import runs_home
from jinjie.serve import guard
from jinjie.serve.listening import listen
from jinjie.studio import portfolio_pages, render
from jinjie.studio.app import make_app

TOKEN = "a-token-of-forty-three-characters-or-so-0123"
INJECTED = '<img src="x" onerror="document.documentElement.dataset.owned = 1">'
FORM = '<form action="/runs/victim-1/delete" method="post"><button>What this picture shows</button></form>'
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="100"><foreignObject width="400" height="100">'
    f'<body xmlns="http://www.w3.org/1999/xhtml">{FORM}</body></foreignObject></svg>'
)


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    listener = listen("127.0.0.1", 0)
    closing = threading.Event()
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(TOKEN, closing=closing),
            log_level="critical",
            timeout_graceful_shutdown=1,
            lifespan="off",
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    closing.set()
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[[str], Any]]:
    context = browser.new_context(locale="en-GB")
    context.add_cookies([{"name": "jinjie", "value": TOKEN, "url": address, "sameSite": "Strict"}])

    def visited(path: str) -> Any:
        page = context.new_page()
        page.goto(address + path)
        page.wait_for_load_state("load")
        return page

    yield visited
    context.close()


def a_run(name: str, title: str = "") -> Path:
    """A run as somebody might send it."""
    folder = runs_home() / name
    (folder / "pictures").mkdir(parents=True)
    recipe = recipes.find("cancer").model_dump(mode="json")
    if title:
        recipe["title"] = {"en": title, "zh": title}
    said = {"schema": 1, "recipe": recipe, "launch": {"threads": 1, "created": time.time()}}
    (folder / "recipe.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "events.jsonl").write_text("", encoding="utf-8")
    return folder


def owned(page: Any) -> bool:
    return page.locator("html[data-owned]").count() == 1


def open_to_markup(monkeypatch: Any) -> None:
    """Templates that trust what they show."""
    monkeypatch.setattr(render.templates().env, "autoescape", False)
    render.templates().env.cache.clear()


@pytest.fixture(autouse=True)
def templates_anew() -> Iterator[None]:
    render.templates.cache_clear()
    yield
    render.templates.cache_clear()


@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "not escaped"])
@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no policy"])
def test_a_script_in_the_name_of_a_run(visit, monkeypatch, escaped, policy):
    """Two guards, and each is enough: what is shown is text, and no script runs that stands in a page."""
    a_run("line-1-1", INJECTED)
    a_run(INJECTED.replace("/", ""))
    if not escaped:
        open_to_markup(monkeypatch)
    if not policy:
        without(monkeypatch, b"content-security-policy")
    page = visit("/runs")
    page.locator("li[data-run='line-1-1'] .title").wait_for(state="attached")
    page.wait_for_timeout(300)
    assert owned(page) is not (escaped or policy)
    assert (page.locator("li img").count() > 0) is not escaped


def without(monkeypatch: Any, name: bytes) -> None:
    kept = guard._headers
    monkeypatch.setattr(guard, "_headers", lambda nonce: [h for h in kept(nonce) if h[0] != name])


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
@pytest.mark.parametrize("what", ["picture", "evaluation", "portfolio"])
def test_a_form_in_a_file_of_a_run(visit, monkeypatch, guarded, what):
    """A file of data is a page of our own origin: it could ask for anything that we can."""
    victim = a_run("victim-1")
    sent = a_run("sent-1")
    if what == "portfolio":
        place = portfolio_pages.place()
        place.mkdir(parents=True)
        (place / "index.html").write_text(f"<!doctype html><title>x</title>{FORM}", encoding="utf-8")
        monkeypatch.setattr(portfolio_pages.manifest, "is_portfolio", lambda _: True)
        monkeypatch.setattr(portfolio_pages.manifest, "read", lambda _: {"files": ["index.html"]})
        path = "/path/portfolio/index.html"
    elif what == "picture":
        (sent / "pictures" / "loss.svg").write_text(SVG, encoding="utf-8")
        path = "/runs/sent-1/pictures/loss.svg"
    else:
        (sent / "evaluation").mkdir()
        (sent / "evaluation" / "roc.svg").write_text(SVG, encoding="utf-8")
        path = "/runs/sent-1/evaluation/roc.svg"
    if not guarded:
        monkeypatch.setattr(render, "SANDBOX", {})
        monkeypatch.setattr(portfolio_pages, "SANDBOX", {})
    page = visit(path)
    page.get_by_text("What this picture shows").click(no_wait_after=True)
    deadline = time.monotonic() + (0.7 if guarded else 20)
    while victim.exists() and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert victim.exists() is guarded


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
def test_data_that_is_loaded_as_a_script(visit, monkeypatch, guarded):
    """The policy lets scripts of our own origin run, and data lies there: it must not be taken for one."""
    (a_run("sent-1") / "evaluation").mkdir()
    data = runs_home() / "sent-1" / "evaluation" / "evaluation.json"
    data.write_text("document.documentElement.dataset.owned = 1", encoding="utf-8")
    a_run("line-1-1", '<script src="/runs/sent-1/evaluation/evaluation.json"></script>')
    open_to_markup(monkeypatch)
    if not guarded:
        without(monkeypatch, b"x-content-type-options")
    page = visit("/runs/line-1-1")
    page.wait_for_timeout(300)
    assert owned(page) is not guarded
