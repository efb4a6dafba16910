"""Earlier versions of an exercise: everything that was typed or handed in, its grade, and back into the editor."""

from __future__ import annotations

import html
import os
import re
import time

import pytest
from starlette.testclient import TestClient

from jinjie.course.content.library import load
from jinjie.course.grading import tries, workspace
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.drafts import Draft, latest, save
from jinjie.learner.store import open_store
from jinjie.studio.version_pages import versions

LESSON, SLUG = "gradient-descent", "descent-step"
HERE = f"/learn/{LESSON}/exercises/{SLUG}"
EXERCISE = load().exercise(SLUG)
SOLUTION = (EXERCISE.folder / "solution.py").read_text("utf-8")


def shown(client: TestClient) -> str:
    page = client.get(f"/learn/{LESSON}").text
    return html.unescape(page.split(f'id="source-{SLUG}"')[1].split("</textarea>")[0].partition(">\n")[2])


def rows(client: TestClient) -> list[str]:
    page = html.unescape(client.get(f"{HERE}/versions").text)
    return page.split('<li class="panel"')[1:]


def typed(text: str) -> None:
    with open_store() as store:
        save(store, Draft(SLUG, text))


def handed_in(text: str, passed: bool, score: float) -> None:
    with open_store() as store:
        write(store, Attempt("exercise", SLUG, passed=passed, score=score, detail={"source": text}))


def put_back(client: TestClient, text: str) -> None:
    with open_store() as store:
        (id,) = {one.id for one in versions(store, SLUG) if one.text == text}
    answer = client.post(f"{HERE}/versions", data={"version": id})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/learn/{LESSON}#exercise-{SLUG}")


def test_typed_and_handed_in_with_what_the_grade_said(client: TestClient) -> None:
    assert "none yet" in client.get(f"{HERE}/versions").text
    typed("a = 1\n")
    handed_in("b = 2\n", False, 0.5)
    typed("c = '<script>'\nd = 3\n")
    typed("e = 4\n")
    handed_in("e = 4\n", True, 1.0)
    with open_store() as store:
        write(store, Attempt("exercise", SLUG, detail={"asked": "hint"}))
        write(store, Attempt("exercise", "softmax", passed=True, score=1.0, detail={"source": "other = 1\n"}))
    found = rows(client)
    said = ["handed in: passed", "typed", "50% of the cases right", "typed"]
    assert [next(words for words in said if words in row) for row in found] == said, "and e = 4 once"
    for row, text in zip(found, ("e = 4", "c = '<script>'\nd = 3", "b = 2", "a = 1"), strict=True):
        assert f"<code>{text}\n</code>" in row and "<time datetime=" in row
    assert "<code>c = '<script>" not in client.get(f"{HERE}/versions").text, "code is text on the page"


def test_a_real_grade_is_in_the_list(client: TestClient) -> None:
    client.post(HERE, data={"source": SOLUTION})
    (row,) = rows(client)
    assert "handed in: passed" in row and "stands in the editor now" in row and "<button" not in row


def test_put_back_it_is_what_the_editor_shows_and_nothing_is_lost(client: TestClient) -> None:
    typed("a = 1\n")
    handed_in("b = 2\n", False, 0.5)
    typed("c = 3\n")
    put_back(client, "a = 1\n")
    assert shown(client) == "a = 1\n"
    put_back(client, "b = 2\n")
    assert shown(client) == "b = 2\n"
    assert [re.findall(r"<code>(\w)", row)[0] for row in rows(client)] == ["b", "a", "c", "b", "a"]


def test_it_comes_before_what_was_edited_elsewhere_meanwhile(client: TestClient) -> None:
    """Fault: the last draft was the same text, so that nothing was kept, and the file edited later went on showing."""
    typed("a = 1\n")
    work = workspace.start(EXERCISE)
    work.file.write_text("edited = 1\n", encoding="utf-8")
    os.utime(work.file, (time.time(), time.time()))
    assert shown(client) == "edited = 1\n"
    put_back(client, "a = 1\n")
    assert shown(client) == "a = 1\n"
    assert any("edited = 1" in row for row in rows(client)), "what it took the place of is a version as well"


def test_half_a_solution_is_not_offered(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in("x" * tries.SOURCE, True, 1.0)
    assert rows(client) == []


def test_what_is_not_there_is_said(client: TestClient) -> None:
    answer = client.post(f"{HERE}/versions", data={"version": "nothing"})
    assert answer.status_code == 404 and "no such version" in answer.text
    assert client.get(f"/learn/{LESSON}/exercises/nothing/versions").status_code == 404
    with open_store() as store:
        assert latest(store, SLUG) is None
