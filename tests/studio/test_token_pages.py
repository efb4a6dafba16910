"""Tokens side by side: the command's numbers, every id on the page, and no name that opens a folder."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jinjie.cli.main import main
from jinjie.studio import token_pages
from jinjie.training.tokenizers import at_hand, named

TEXT = "明月 moonlight 🌙"


def ids(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'<i class="cut-\d">(\d+)</i>', page)]


def test_the_ids_and_counts_are_the_commands(
    client: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["jinjie", "tokenize", "inspect", "mix", TEXT, "--json"])
    with pytest.raises(SystemExit):
        main()
    told = json.loads(capsys.readouterr().out)
    page = client.get("/play/tokens", params={"text": TEXT, "by": "mix"}).text
    assert ids(page) == [one["id"] for one in told["split"]]
    fit = told["texts"]["text"]
    assert f"<strong>{fit['tokens']}</strong>" in page
    assert f'<td class="n">{fit["characters"] / fit["tokens"]:.2f}</td>' in page


def test_several_side_by_side_and_each_told_apart(client: TestClient) -> None:
    page = client.get("/play/tokens", params={"text": TEXT, "by": ["mix", "poems"]}).text
    both = [token_pages.cut(name, named(name), TEXT) for name in ("mix", "poems")]
    assert both[0].fit.tokens != both[1].fit.tokens
    assert ids(page) == [i for one in both for line in one.lines for piece in line for i, _ in piece.tokens]
    checked = re.findall(r'value="([^"]+)" checked', page)
    assert sorted(checked) == ["mix", "poems"]
    part = client.get("/play/tokens", params={"text": TEXT, "by": "mix"}, headers={"hx-request": "true"}).text
    assert part.startswith('<div id="cuts"'), "a script is given the answer alone"


def test_without_anything_it_shows_an_example(client: TestClient) -> None:
    page = html.unescape(client.get("/play/tokens").text)
    assert "床前明月光" in page and len(re.findall('value="[^"]+" checked', page)) >= 2
    assert set(re.findall('name="by" value="([^"]+)"', page)) == set(at_hand())


def test_what_cannot_be_cut_is_said(client: TestClient, tmp_path: Path) -> None:
    for asked, words in (
        ({"text": "  "}, "nothing to cut"),
        ({"text": "a" * 2001}, "2,000"),
        ({"text": "a", "by": "moix"}, "mix"),
        ({"text": "a", "by": str(tmp_path)}, "There is no tokenizer"),
        ({"text": "<script>alert(1)</script>", "by": "mix"}, "&lt;script&gt;"),
    ):
        answer = client.get("/play/tokens", params=asked)
        assert words in answer.text.replace("2000", "2,000"), asked
        assert answer.status_code == (200 if "script" in asked["text"] else 422)
        assert "<script>alert" not in answer.text


def test_the_api_answers_as_the_command_does(
    client: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["jinjie", "tokenize", "encode", "mix", TEXT, "--json"])
    with pytest.raises(SystemExit):
        main()
    told = json.loads(capsys.readouterr().out)
    assert client.post("/api/tokenize", json={"tokenizer": "mix", "text": TEXT}).json() == told
    assert client.get("/api/tokenizers").json() == at_hand()
    assert client.post("/api/tokenize", json={"tokenizer": "/", "text": TEXT}).status_code == 404
