"""What is typed into an editor and not handed in: kept, shown again, and behind what was done elsewhere later."""

from __future__ import annotations

import html
import os
import time

from starlette.testclient import TestClient

from jinjie.base.paths import learner_home
from jinjie.course.content.library import load
from jinjie.course.grading import workspace
from jinjie.learner.drafts import history
from jinjie.learner.store import open_store

LESSON, SLUG = "gradient-descent", "descent-step"
DRAFT = f"/learn/{LESSON}/exercises/{SLUG}/draft"
STARTER = (load().exercise(SLUG).folder / "starter.py").read_text(encoding="utf-8")


def shown(client: TestClient) -> str:
    page = client.get(f"/learn/{LESSON}").text
    return html.unescape(page.split(f'id="source-{SLUG}"')[1].split("</textarea>")[0].partition(">\n")[2])


def test_what_was_typed_last_is_there_again(client: TestClient) -> None:
    assert shown(client) == STARTER
    for text in ("a = 1\r\n", "a = 1\nb < 2\n", "a = 1\nb < 2\n"):
        assert client.post(DRAFT, data={"source": text}).status_code == 204
    assert shown(client) == "a = 1\nb < 2\n"
    assert "As you typed it last" in client.get(f"/learn/{LESSON}").text
    with open_store() as store:
        assert [one.text for one in history(store, SLUG)] == ["a = 1\nb < 2\n", "a = 1\n"]
    assert not workspace.file_of(SLUG).exists(), "typing is not handing in"


def test_what_was_handed_in_or_edited_later_comes_first(client: TestClient) -> None:
    client.post(DRAFT, data={"source": "typed = 1\n"})
    client.post(f"/learn/{LESSON}/exercises/{SLUG}", data={"source": "handed = 1\n"})
    assert (
        shown(client) == "handed = 1\n" and "As you typed it last" not in client.get(f"/learn/{LESSON}").text
    )
    client.post(DRAFT, data={"source": "typed = 2\n"})
    assert shown(client) == "typed = 2\n"
    file = workspace.file_of(SLUG)
    file.write_text("edited = 1\n", encoding="utf-8")
    os.utime(file, (time.time() + 5, time.time() + 5))
    assert shown(client) == "edited = 1\n"


def test_a_wrong_one_is_refused(client: TestClient) -> None:
    assert client.post(f"/learn/{LESSON}/exercises/nothing/draft", data={"source": "x"}).status_code == 404
    assert client.post(DRAFT, data={"source": "x" * 100_001}).status_code == 422
    with open_store() as store:
        assert history(store, SLUG) == []


def test_a_log_that_cannot_be_read_does_not_hide_the_exercise(client: TestClient) -> None:
    client.post(DRAFT, data={"source": "typed = 1\n"})
    for one in learner_home().glob("learner.sqlite*"):
        one.write_bytes(b"damaged" * 1000)
    assert "def " in shown(client)
    assert client.post(DRAFT, data={"source": "typed = 2\n"}).status_code == 409
