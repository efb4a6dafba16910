"""The log as one file, and back: the command's bytes out, the command's checks in."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
from jinjie.learner.drafts import Draft, save
from jinjie.learner.exchange import export
from jinjie.learner.merge import merge
from jinjie.learner.store import open_store
from jinjie.studio import log_pages


@pytest.fixture
def learned() -> None:
    with open_store() as store:
        for slug in ("attention", "adam"):
            write(store, Attempt("quiz", slug, item="one", passed=True))
        save(store, Draft("softmax", "def softmax(x): ..."))


def sent(client: TestClient, content: bytes, **fields: str) -> str:
    file = {"file": ("progress.jsonl", content, "application/jsonl")}
    answer = client.post("/path/log", data=fields, files=file)
    return f"{answer.status_code} " + html.unescape(answer.text)


def test_the_download_is_what_the_command_writes(client: TestClient, learned: None, tmp_path: Path) -> None:
    with open_store() as store:
        export(store, tmp_path / "out.jsonl")
    got = client.get("/path/log/export")
    assert got.content == (tmp_path / "out.jsonl").read_bytes()
    assert (
        "attachment" in got.headers["content-disposition"] and ".jsonl" in got.headers["content-disposition"]
    )
    assert "2 events on 1 days" in client.get("/path/log").text


@pytest.mark.parametrize(
    ("lang", "first", "again"),
    [
        (
            "en",
            "New: 2 attempts and 1 drafts. Here already: 0.",
            "New: 0 attempts and 0 drafts. Here already: 3.",
        ),
        ("zh", "新增 2", "新增 0 "),
    ],
)
def test_it_comes_in_once_elsewhere(
    client: TestClient,
    learned: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    lang: str,
    first: str,
    again: str,
) -> None:
    content = client.get("/path/log/export").content
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "elsewhere"))
    client.cookies.set("lang", lang)
    assert first in sent(client, content)
    assert again in sent(client, content)
    with open_store() as store:
        assert [one.slug for one in iterate(store)] == ["attention", "adam"]
    assert client.get("/path/log/export").content == content


def test_the_first_time_it_says_that_its_learner_moved_in(
    client: TestClient, learned: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = client.get("/path/log/export").content
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "elsewhere"))
    page = sent(client, content)
    assert "New: 2 attempts and 1 drafts. Here already: 0." in page and "log of the file's learner" in page


def test_another_learners_comes_in_only_when_both_are_one(
    client: TestClient, learned: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = client.get("/path/log/export").content
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "elsewhere"))
    with open_store() as store:
        write(store, Attempt("quiz", "lora", passed=False))
    page = sent(client, content)
    assert page.startswith("422 ") and "another learner" in page and "jinjie-log-" not in page
    with open_store() as store:
        assert len(list(iterate(store))) == 1, "nothing came in"
    page = sent(client, content, as_mine="1")
    assert page.startswith("200 ") and "New: 2 attempts" in page


def test_what_is_wrong_is_said_as_the_command_says_it(
    client: TestClient, learned: None, tmp_path: Path
) -> None:
    content = client.get("/path/log/export").content
    changed = content.replace(b"softmax(x)", b"softmax(y)")
    (tmp_path / "progress.jsonl").write_bytes(changed)
    with open_store() as store, pytest.raises(Exception) as told:  # noqa: PT011
        merge(store, tmp_path / "progress.jsonl")
    page = sent(client, changed)
    assert page.startswith("422 ")
    for problem in told.value.problems:  # type: ignore[attr-defined]
        assert str(problem) in page
    for content, words in (
        (b"", "first line"),
        (b"{}\n", "first line"),
        (json.dumps([1]).encode(), "first line"),
    ):
        page = sent(client, content)
        assert page.startswith("422 ") and words in page and "jinjie-log-" not in page
    assert "Choose a file first" in html.unescape(client.post("/path/log", data={"as_mine": "1"}).text)


def test_a_file_that_is_too_large_is_not_read(
    client: TestClient, learned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = client.get("/path/log/export").content
    monkeypatch.setattr(log_pages, "LARGEST", len(content) - 1)
    page = sent(client, content)
    assert page.startswith("422 ") and "larger than" in page
