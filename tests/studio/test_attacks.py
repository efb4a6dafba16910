"""Each guard of the studio, attacked: in vain where it stands, with success where that one guard is taken away.

Scripts and pages that only a browser would run are in `tests/browser/test_attacks_in_browser.py`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from jinjie.base.paths import home, runs_home, studio_home
from jinjie.data import pictures
from jinjie.serve import guard
from jinjie.serve.guard import Guard
from jinjie.studio import app, cleaning_pages, cleanings, portfolio_pages, render, upload, views
from jinjie.training.runs import Run

TOKEN = "a-token-of-forty-three-characters-or-so-0123"
HOME = "http://127.0.0.1:8642"
BOTH = pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])


def studio() -> TestClient:
    """The studio and nobody in particular: no cookie, no token, no origin."""
    return TestClient(app.make_app(TOKEN), base_url=HOME, follow_redirects=False)


def deletes(client: TestClient, run: Run, **headers: str) -> bool:
    """Whether a request with these headers has the run deleted."""
    client.post(f"/runs/{run.path.name}/delete", headers=headers)
    return not run.path.exists()


@pytest.fixture
def run(diary: Callable[..., Any]) -> Run:
    """What an attacker would like to see deleted."""
    made = diary("line-1-1")
    made.start()
    return Run(made.path)


COOKIE = {"cookie": f"jinjie={TOKEN}"}


# Who asks


@BOTH
def test_a_strangers_name_that_is_pointed_at_this_machine(run, monkeypatch, guarded):
    """DNS rebinding: the page of attacker.example becomes "its own" server, so that no origin is foreign to it."""
    client = studio()
    if not guarded:
        monkeypatch.setattr(client.app, "hosts", None)
    rebound = {"host": "attacker.example:8642", "origin": "http://attacker.example:8642"}
    assert deletes(client, run, **COOKIE, **rebound) is not guarded


@BOTH
@pytest.mark.parametrize("origin", ["http://127.0.0.1:3000", "https://attacker.example", "null"])
def test_a_form_on_another_page_of_the_same_browser(run, monkeypatch, guarded, origin):
    """CSRF: cookies know no ports, so the page of another server on this machine brings ours along."""
    if not guarded:
        monkeypatch.setattr(Guard, "_own_origin", lambda *_: True)
    assert deletes(studio(), run, **COOKIE, origin=origin) is not guarded


@BOTH
@pytest.mark.parametrize("token", [None, "", TOKEN[:-1]])
def test_another_user_of_the_machine(run, monkeypatch, guarded, token):
    if not guarded:
        monkeypatch.setattr(guard, "_same", lambda given, right: True)
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    client = studio()
    assert ("line-1-1" in client.get("/api/runs", headers=headers).text) is not guarded
    assert deletes(client, run, **headers, origin=HOME) is not guarded


def test_what_the_token_does_not_guard_gives_nothing_away(run):
    client = studio()
    for path in ("/static/..%2f..%2fapp.py", "/static/%2e%2e/app.py", "/static/", "/static/../api/runs"):
        assert client.get(path).status_code in (401, 404)


# What is sent


@BOTH
def test_a_file_that_fills_the_disk(client, monkeypatch, guarded):
    monkeypatch.setattr(cleaning_pages, "LARGEST", 10_000)
    if not guarded:
        bounded = upload._Parts
        monkeypatch.setattr(upload, "_Parts", lambda folder, most: bounded(folder, 1 << 62))
    client.post("/clean", files={"file": ("a.csv", b"a,b\n" + b"1,2\n" * 100_000, "text/csv")})
    kept = sum(path.stat().st_size for path in cleanings.tables_home().rglob("*.csv"))
    assert (kept > 400_000) is not guarded
    assert (kept == 0) is guarded


@BOTH
def test_a_field_that_fills_the_memory(monkeypatch, guarded):
    if not guarded:
        monkeypatch.setattr(upload, "_LONGEST", 1 << 62)
    parts = upload._Parts(Path("nowhere"), 1)
    parts.begin()
    for _ in range(64):
        parts.data(bytes(1 << 16), 0, 1 << 16)
    assert (len(parts._text) > 4_000_000) is not guarded


@BOTH
@pytest.mark.skipif(os.name == "nt", reason="a program as a shell script")
def test_a_program_that_is_sent_as_a_picture(tmp_path, monkeypatch, guarded):
    """A file is what is in it, not what it is called: PostScript would be run by another program of this machine."""
    from PIL import EpsImagePlugin

    done = tmp_path / "done"
    shell = tmp_path / "gs"
    shell.write_text(f"#!/bin/sh\ntouch {done}\nexit 1\n")
    shell.chmod(0o755)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", str(shell))
    sent = tmp_path / "digit.png"
    sent.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\nshowpage\n%%EOF\n")
    if not guarded:
        monkeypatch.setattr(pictures, "FORMATS", None)
    with pytest.raises(Exception, match="digit.png|returned non-zero"):
        pictures.opened(str(sent))
    assert done.exists() is not guarded


# Where names lead


@BOTH
def test_a_sent_file_whose_name_leads_elsewhere(client, monkeypatch, guarded):
    """Over the studio's token, and so every browser would be locked out, or let in."""
    token = studio_home() / "token"
    token.parent.mkdir(parents=True)
    token.write_text("kept")
    (cleanings.tables_home() / "x").mkdir(parents=True)
    monkeypatch.setattr(cleaning_pages, "new_folder", lambda: cleanings.tables_home() / "x")
    if not guarded:
        monkeypatch.setattr(upload, "plain_name", str)
    client.post("/clean", files={"file": ("../../token", b"a,b\n1,2\n", "text/csv")})
    assert (token.read_text() != "kept") is not guarded


@BOTH
def test_a_run_whose_name_is_the_folder_above(client, run, monkeypatch, guarded):
    shutil.copy(run.path / "recipe.json", home() / "recipe.json")
    if not guarded:
        monkeypatch.setattr(views, "run_named", lambda name: Run((runs_home() / name).resolve()))
    client.post("/runs/%2e%2e/delete")
    assert home().exists() is guarded


@BOTH
@pytest.mark.parametrize("where", ["static", "drawing"])
def test_a_file_beside_the_folder(tmp_path, monkeypatch, guarded, where):
    """Routes give one part of an address: on Windows a backslash in it leads elsewhere, and some day a slash may."""

    class Trusting(type(Path())):  # type: ignore[misc]
        """A path that says of every name that it is plain."""

        @property
        def name(self) -> str:
            return str(self)

    folder = tmp_path / "pictures"
    folder.mkdir()
    (tmp_path / "secret.svg").write_text("<svg/>")
    monkeypatch.setattr(app, "BUILT", folder)
    if not guarded:
        monkeypatch.setattr(render, "Path", Trusting)
        monkeypatch.setattr(app, "Path", Trusting)
    serve = app.static if where == "static" else partial(render.drawing, folder)
    try:
        given = serve("../secret.svg").status_code
    except HTTPException as error:
        given = error.status_code
    assert given == (404 if guarded else 200)


@BOTH
def test_a_file_beside_the_portfolio(client, monkeypatch, guarded):
    place = portfolio_pages.place()
    place.mkdir(parents=True)
    (place.parent / "token").write_text("secret")
    monkeypatch.setattr(portfolio_pages.manifest, "is_portfolio", lambda _: True)

    class All(list[str]):
        def __contains__(self, name: object) -> bool:
            return True

    named = All() if not guarded else ["index.html"]
    monkeypatch.setattr(portfolio_pages.manifest, "read", lambda _: {"files": named})
    for address in ("/path/portfolio/..%2Ftoken", "/path/portfolio/%2e%2e/token"):
        assert ("secret" in client.get(address).text) is not guarded
