"""Kinds of work and the way to them, as a browser without a script sees them."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store

LIBRARY = load()


def test_every_role_is_listed(client: TestClient) -> None:
    page = html.unescape(client.get("/path").text)
    for slug, role in LIBRARY.roles.items():
        assert f'href="/path/roles/{slug}"' in page and role.entry.name.en in page
    client.cookies.set("lang", "zh")
    assert "大模型" in client.get("/path").text


QUICK = ("nlp-engineer", "data-scientist")


@pytest.mark.parametrize(
    "slug",
    [slug if slug in QUICK else pytest.param(slug, marks=pytest.mark.slow) for slug in sorted(LIBRARY.roles)],
)
def test_a_role_is_a_page(client: TestClient, slug: str) -> None:
    client.cookies.set("lang", "zh" if len(slug) % 2 else "en")
    answer = client.get(f"/path/roles/{slug}")
    assert answer.status_code == 200
    page, entry = html.unescape(answer.text), LIBRARY.roles[slug].entry
    lang = "zh" if len(slug) % 2 else "en"
    for question in entry.questions:
        assert question.question.in_(lang) in page  # type: ignore[arg-type]
    for project in entry.projects:
        assert project.name.in_(lang) in page  # type: ignore[arg-type]
    assert "<svg" in page and "<table" in page, "the picture, and the same in numbers"
    assert " style=" not in answer.text[answer.text.index('<div class="text does">') :].split("<svg")[0]


def test_what_is_learned_closes_the_gap(client: TestClient) -> None:
    before = client.get("/path/roles/inference-engineer").text
    known = [
        Attempt("placement", concept, detail={"said": "known"})
        for concept in LIBRARY.roles["inference-engineer"].entry.needs
    ]
    with open_store() as store:
        write(store, *known)
    after = client.get("/path/roles/inference-engineer").text
    assert after != before and "0 % of what it asks for" in before and "0 % of what it asks for" not in after


def test_hours_move_the_end(client: TestClient) -> None:
    pages = {hours: client.get(f"/path/roles/nlp-engineer?hours={hours}").text for hours in ("2.0", "20.0")}
    assert "with 2 a week" in pages["2.0"] and "with 20 a week" in pages["20.0"]
    # hours that are none of the choices are as the usual ones; what is no number is said to be none
    assert "with 5 a week" in client.get("/path/roles/nlp-engineer?hours=-3").text
    assert client.get("/path/roles/nlp-engineer?hours=many").status_code == 422


def test_a_role_that_there_is_not(client: TestClient) -> None:
    answer = client.get("/path/roles/nlp-enginer")
    assert answer.status_code == 404 and "nlp-engineer" in answer.text


def test_a_log_that_cannot_be_read_is_said(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JINJIE_DATABASE", str(tmp_path / "log.sqlite"))
    (tmp_path / "log.sqlite").write_bytes(b"no database" * 99)
    answer = client.get("/path/roles/nlp-engineer")
    assert answer.status_code == 200 and 'role="alert"' in answer.text
