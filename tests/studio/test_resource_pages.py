"""The catalog in the studio: what the command line lists, narrowed by a form, each with its reason."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from jinjie.cli.main import main
from jinjie.course.content.library import load
from jinjie.learner.attempts import Attempt, write
from jinjie.learner.store import open_store
from jinjie.path import checked

LIBRARY = load()


def listed(page: str) -> list[str]:
    """The addresses of the list, in its order."""
    return [
        part.split('"')[0]
        for part in page.split('<ol class="offered">')[1].split("</ol>")[0].split('<a href="')[1:]
    ]


def test_the_same_list_as_on_the_command_line(
    client: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["transformer", "--language", "en", "-n", "12", "--json"]
    monkeypatch.setattr("sys.argv", ["jinjie", "resources", *words])
    with pytest.raises(SystemExit):
        main()
    ours = json.loads(capsys.readouterr().out)["resources"]
    page = html.unescape(client.get("/path/resources?topic=transformer&language=en").text)
    assert listed(page)[: len(ours)] == [one["url"] for one in ours] and len(ours) == 12
    for one in ours:
        assert one["reason"]["en"] in page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_topic_it_is_what_comes_next(client: TestClient, lang: str) -> None:
    client.cookies.set("lang", lang)
    with open_store() as store:
        write(store, Attempt("goal", "role:nlp-engineer", detail={"language": "zh", "free_only": True}))
    page = html.unescape(client.get("/path/resources").text)
    assert LIBRARY.roles["nlp-engineer"].entry.name.in_(lang) in page  # type: ignore[arg-type]
    by_address = {one.entry.url: one.entry for one in LIBRARY.resources.values()}
    shown = [by_address[address] for address in listed(page)]
    assert shown and all(one.cost == "free" and "zh" in one.language for one in shown), "as the goal asks"


def test_a_filter_narrows_and_all_of_them_are_a_step_away(client: TestClient) -> None:
    few = html.unescape(client.get("/path/resources?topic=transformer&kind=paper").text)
    assert len(listed(few)) <= 12
    by_address = {one.entry.url: one.entry for one in LIBRARY.resources.values()}
    assert {by_address[address].kind for address in listed(few)} == {"paper"}
    every = html.unescape(client.get("/path/resources?topic=transformer&all=true").text)
    assert len(listed(every)) > 12


def test_what_is_no_choice_and_no_topic_is_said(client: TestClient) -> None:
    answer = client.get("/path/resources?topic=attention&kind=bok&level=expert")
    page = html.unescape(answer.text)
    assert answer.status_code == 422 and "book" in page and "advanced" in page
    answer = client.get("/path/resources?topic=attentoin")
    assert answer.status_code == 422 and "attention" in html.unescape(answer.text)
    assert '<ol class="offered">' not in answer.text


def test_an_address_that_was_gone_is_left_out_and_a_spoiled_file_told_of(client: TestClient) -> None:
    first = listed(html.unescape(client.get("/path/resources?topic=attention").text))[0]
    now = datetime.now(UTC).isoformat()
    kept = {
        "version": 1,
        "addresses": {first: {"status": "gone", "asked": now, "found": None, "code": 404, "to": None}},
    }
    checked.file().write_text(json.dumps(kept), encoding="utf-8")
    page = html.unescape(client.get("/path/resources?topic=attention").text)
    assert first not in listed(page) and "Left out: 1" in page
    checked.file().write_text("[]", encoding="utf-8")
    page = html.unescape(client.get("/path/resources?topic=attention").text)
    assert 'role="alert"' in page and first in listed(page)
