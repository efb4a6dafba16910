"""The portfolio in the studio: made from ticked runs, looked at, taken along, never written over one's changes."""

from __future__ import annotations

import io
import signal
import zipfile
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from jinjie import recipes
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path.portfolio import manifest
from jinjie.studio import portfolio_pages
from jinjie.training import launch, worker
from jinjie.training.runs import Run

LIBRARY = load()


def passed(count: int = 1) -> None:
    with open_store() as store:
        for slug in list(LIBRARY.exercises)[:count]:
            write(store, Attempt("exercise", slug, passed=True))


def test_there_is_nothing_to_show_yet(client: TestClient) -> None:
    assert "No run has finished yet" in client.get("/path/portfolio").text
    answer = client.post("/path/portfolio", data={})
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert client.get("/path/portfolio.zip").status_code == 404
    assert client.get("/path/portfolio/index.html").status_code == 404


def test_it_is_made_looked_at_and_taken_along(client: TestClient) -> None:
    passed()
    answer = client.post("/path/portfolio", data={"name": "Ada <b>", "title": ""})
    assert answer.status_code == 303
    page = client.get("/path/portfolio").text
    assert "each as its hash says" in page
    shown = client.get("/path/portfolio/index.html")
    assert "Ada &lt;b&gt;" in shown.text and "sandbox" in shown.headers["content-security-policy"]
    packed = zipfile.ZipFile(io.BytesIO(client.get("/path/portfolio.zip").content))
    names = {name.removeprefix("portfolio/") for name in packed.namelist()}
    assert names == {manifest.NAME, *manifest.read(portfolio_pages.place())["files"]}
    for leads_out in ("../token", "..%2Ftoken", manifest.NAME, "recipes"):
        assert client.get(f"/path/portfolio/{leads_out}").status_code == 404


def test_ones_own_changes_are_not_written_over(client: TestClient) -> None:
    passed()
    client.post("/path/portfolio", data={"name": "Ada"})
    index = portfolio_pages.place() / "index.html"
    index.write_text("mine", encoding="utf-8")
    assert "changed since: index.html" in client.get("/path/portfolio").text
    answer = client.post("/path/portfolio", data={"name": "Bob"})
    assert answer.status_code == 422 and 'value="Bob"' in answer.text
    assert index.read_text(encoding="utf-8") == "mine"


@pytest.fixture
def run() -> Iterator[Run]:
    """A line, trained for four steps in this process; the worker takes over its signals, here they are given back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    made = launch.create(
        recipes.find("line-1").changed({"budget.steps": 4, "threads": 1, "precision": "fp32"})
    )
    assert worker.main(made.path) == 0
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_runs_that_are_ticked_are_shown(client: TestClient, run: Run) -> None:
    page = client.get("/path/portfolio").text
    assert f'value="{run.name}" checked' in page
    passed()
    assert client.post("/path/portfolio", data={"run": run.name}).status_code == 303
    assert run.name in client.get("/path/portfolio/index.html").text
    assert client.post("/path/portfolio", data={}).status_code == 303
    assert run.name not in client.get("/path/portfolio/index.html").text, "not ticked, not shown"
    assert client.post("/path/portfolio", data={"run": "no-such-run"}).status_code == 422
