"""Data sets as pages: the same words as the command's, and first examples of what is on this machine."""

from __future__ import annotations

import html
import json

import pytest
from starlette.testclient import TestClient

from jinjie.analyse import examples
from jinjie.cli.main import main
from jinjie.data.catalogue import catalogue


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["jinjie", *words])
    with pytest.raises(SystemExit):
        main()
    return capsys.readouterr().out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_data_set_with_what_the_command_says(
    client: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    client.cookies.set("lang", lang)
    page = html.unescape(client.get("/data").text)
    told = " ".join(said(capsys, monkeypatch, "--lang", lang, "data").split())
    for entry in catalogue():
        about = entry.about
        for words in (entry.name, str(about.title.in_(lang)), about.source, about.licence):  # type: ignore[arg-type]
            assert words in page and " ".join(words.split()) in told, (entry.name, words)


def test_the_first_examples_are_what_a_training_meets_first(
    client: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = html.unescape(client.get("/data/line").text)
    rows = json.loads(said(capsys, monkeypatch, "data", "look", "line", "--json"))["examples"]
    entry = examples.entry("line")
    batch = entry.config.load().batch(0, 0, examples.FIRST)
    assert len(rows) == examples.FIRST
    for row, x, y in zip(rows, batch["x"], batch["y"], strict=True):
        assert row == {"input": f"x={x[0]:.6g}", "answer": f"{y[0]:.6g}"}
        assert row["input"] in page and f"→ {row['answer']}" in page
    assert '<a href="/runs?recipe=line-1">' in page, "and what learns from it"
    assert client.get("/api/data/line").json()["examples"] == rows
    assert [one["name"] for one in client.get("/api/data").json()] == [one.name for one in catalogue()]


def test_text_is_cut_short_and_keeps_its_lines(client: TestClient) -> None:
    look = examples.look(examples.entry("text"), 2)
    assert all("\n" in one.words and not one.answer for one in look.examples)
    page = html.unescape(client.get("/data/text").text)
    assert look.examples[0].words in page


def test_what_is_not_here_is_not_fetched_by_a_page(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.setenv("JINJIE_DATA", str(empty))
    page = client.get("/data/digits").text
    assert "jinjie data fetch digits" in page and "data-examples" not in page
    assert client.get("/api/data/digits").status_code == 409
    assert list(empty.rglob("*")) == []


def test_a_name_that_is_none_leads_to_the_nearest(client: TestClient) -> None:
    answer = client.get("/data/digit")
    assert answer.status_code == 404 and "digits" in answer.text
