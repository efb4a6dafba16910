"""What only a browser would run: scripts and forms that came with somebody's run, with each guard and without it.

The studio is served from this process, so that a guard can be taken from it.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from jinjie import recipes
from jinjie.base.paths import runs_home
from jinjie.serve import guard
from jinjie.serve.listening import listen
from jinjie.studio import app, portfolio_pages, render
from jinjie.studio.app import make_app
from jinjie.training.events import Writer

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


def marked(word: str) -> str:
    """The injected picture, which leaves a mark of its own on the page."""
    return INJECTED.replace("owned", word)


@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "not escaped"])
@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no policy"])
def test_a_script_in_what_a_run_wrote(visit, monkeypatch, tmp_path, escaped, policy):
    """In a sample, which a script puts into the page; in the console and in a setting, which the server does."""
    folder = a_run("line-1-1")
    said = json.loads((folder / "recipe.json").read_text("utf-8"))
    said["recipe"]["data"]["target"] = marked("setting")
    (folder / "recipe.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "console.log").write_text(marked("console"), encoding="utf-8")
    diary = Writer(folder / "events.jsonl")
    diary.write(
        "started", step=0, total=2, parameters=2, precision="fp32", device="cpu", threads=1, source={}
    )
    diary.write("sample", step=1, text=marked("sample"))
    if not escaped:
        open_to_markup(monkeypatch)
        trusting_script(monkeypatch, tmp_path)
    if not policy:
        without(monkeypatch, b"content-security-policy")
    page = visit("/runs/line-1-1")
    page.locator("#sample-texts > *").first.wait_for(state="attached")
    page.wait_for_timeout(300)
    for where in ("sample", "console", "setting"):
        assert (page.locator(f"html[data-{where}]").count() == 1) is not (escaped or policy), where
    assert page.locator("#sample-texts img, .console img, .values img").count() == (0 if escaped else 3)


def trusting_script(monkeypatch: Any, tmp_path: Path) -> None:
    """The pages' script in a copy that takes a sample for markup."""
    copy = tmp_path / "built"
    shutil.copytree(app.BUILT, copy)
    script = (copy / "studio.js").read_text("utf-8")
    changed, count = re.subn(r"\.textContent=(\w+\.trimEnd\(\))", r".innerHTML=\1", script)
    assert count == 1, "the place where samples are shown"
    (copy / "studio.js").write_text(changed, encoding="utf-8")
    monkeypatch.setattr(app, "BUILT", copy)


@pytest.fixture
def foreign() -> Iterator[Callable[[str], str]]:
    """Another server of this machine: serves a page, and says where it stands."""
    pages: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages[-1].encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def served(page: str) -> str:
        pages.append(page)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield served
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no policy"])
@pytest.mark.parametrize("options", [True, False], ids=["frame options", "no frame options"])
def test_a_foreign_page_that_lays_the_studio_over_a_button(
    visit, address, foreign, monkeypatch, policy, options
):
    """Another server of this machine is of the same site, so that the cookie goes with the frame; two guards, and each
    is enough: nobody may frame us. The victim means to press what lies beneath."""
    victim = a_run("victim-1")
    if not policy:
        without(monkeypatch, b"content-security-policy")
    if not options:
        without(monkeypatch, b"x-frame-options")
    lure = (
        "<!doctype html><title>Win</title><body style='margin:0'><button>Win a prize</button>"
        "<style>iframe { position: fixed; inset: 0; width: 100%; height: 100%; opacity: 0.01 }</style>"
        f"<iframe src='{address}/runs/victim-1'></iframe>"
    )
    page = visit("/nowhere")
    page.goto(foreign(lure))
    page.wait_for_load_state("load")
    frame = page.frame_locator("iframe")
    if policy or options:
        page.wait_for_timeout(500)
        assert frame.get_by_role("button", name="Delete").count() == 0
        page.mouse.click(400, 150)
        assert victim.exists()
        return
    for name in ("Delete", "Delete for good"):
        place = frame.get_by_role("button", name=name, exact=True)
        place.wait_for()
        box = place.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    deadline = time.monotonic() + 20
    while victim.exists() and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert not victim.exists(), "with neither guard the attack works"
