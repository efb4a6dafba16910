"""The catalog in the studio: what the command line lists, narrowed by a form, each with its reason."""

from __future__ import annotations

import html
import json
import threading
import time
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from jinjie.cli.main import main
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path import addresses, checked
from jinjie.path.addresses import Answer

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


def asked(client: TestClient) -> str:
    """The page once the round of questions has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page = html.unescape(client.get("/path/resources/check").text)
        if "hx-trigger" not in page:
            return page
        time.sleep(0.01)
    raise AssertionError("the round did not end")


def test_addresses_are_asked_when_the_button_says_so_and_kept(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = next(iter(LIBRARY.resources.values())).entry.url
    answers: list[str] = []

    def ask(address: str, timeout: float) -> Answer:
        answers.append(address)
        return Answer("gone", 404) if address == gone else Answer("found", 200)

    monkeypatch.setattr(addresses, "ask", ask)
    monkeypatch.setattr(addresses, "PAUSE", 0.0)
    monkeypatch.setattr(addresses.ask_all, "__defaults__", (10.0, 0.0, time.sleep))
    page = client.get("/path/resources").text
    assert "never asked" in page and answers == [], "a page alone asks nothing"
    answer = client.post("/path/resources/check")
    assert (answer.status_code, answer.headers["location"]) == (303, "/path/resources/check")
    page = asked(client)
    count = len({one.entry.url for one in LIBRARY.resources.values()})
    assert len(answers) == count and f"{count - 1} of {count} addresses asked are there" in page
    assert "gone (404)" in page and checked.read()[gone].status == "gone"


def test_a_stop_keeps_what_was_answered(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on = threading.Event(), threading.Event()
    count = iter(range(10_000))

    def ask(address: str, timeout: float) -> Answer:
        if next(count) == 3:
            reached.set()
            assert go_on.wait(30)
        return Answer("found", 200)

    monkeypatch.setattr(addresses, "ask", ask)
    client.post("/path/resources/check")
    assert reached.wait(30)
    page = html.unescape(client.get("/path/resources/check").text)
    assert "3 of " in page and "<progress" in page
    client.post("/path/resources/check/stop")
    go_on.set()
    assert "were not asked" in asked(client) and len(checked.read()) == 4


def test_without_a_line_it_is_said_with_what_was_known_before(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked.keep({}, {"http://a/": Answer("found", 200)})
    held = checked.file().read_bytes()
    monkeypatch.setattr(addresses, "ask", lambda address, timeout: Answer("unreachable"))
    client.post("/path/resources/check")
    page = asked(client)
    assert "no connection to the internet" in page and "1 addresses were asked from this machine" in page
    assert checked.file().read_bytes() == held
