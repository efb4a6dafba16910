"""Reviews and the placement in the browser: each answer in the log before the next question."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from jinjie.course.content.library import load
from jinjie.course.quizzes import variant
from jinjie.course.quizzes.variants import LETTERS
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
from jinjie.learner.store import open_store

LIBRARY = load()


def log() -> list[Attempt]:
    with open_store() as store:
        return list(iterate(store))


def asked(page: str) -> dict[str, str]:
    """What the form of the page says it asks."""
    form = page[page.index('id="question"') :]
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', form)[1]  # type: ignore[index]
        for name in ("quiz", "item", "seed")
    }


def answer(question: dict[str, str], right: bool) -> str:
    made: Any = variant(LIBRARY.quiz(question["quiz"]), question["item"], int(question["seed"]))
    if made.choices:
        return LETTERS[made.right] if right else LETTERS[(made.right + 1) % len(made.choices)]
    return repr(float(made.right) if right else float(made.right) + 1e6)


@pytest.fixture
def learned() -> str:
    """A concept that was answered rightly ten days ago."""
    quiz = LIBRARY.quizzes["gradient-descent"]
    item = quiz.entry.items[0]
    when = datetime.now().astimezone() - timedelta(days=10)
    with open_store() as store:
        write(store, Attempt("quiz", quiz.slug, item=item.id, seed=1, passed=True, time=when))
    return item.concept


def test_nothing_to_review(client: TestClient) -> None:
    page = client.get("/path/review").text
    assert "Nothing has been learned yet" in page and 'id="question"' not in page


def test_a_review_is_answered_and_comes_up_later(client: TestClient, learned: str) -> None:
    assert "1 due today" in client.get("/path").text
    page = client.get("/path/review").text
    question = asked(page)
    assert LIBRARY.concepts[learned].entry.name.en in page and "Right." not in page
    assert client.get("/path/review").text == page, (
        "a question that was not answered is asked again as it was"
    )
    page = client.post("/path/review", data={**question, "answer": answer(question, True)}).text
    assert "Right." in page and "It comes up again on" in page and "Nothing more is due." in page
    event = log()[-1]
    assert (event.kind, event.slug, event.item, event.passed) == (
        "review",
        question["quiz"],
        question["item"],
        True,
    )
    assert event.seed == int(question["seed"]) and event.detail["scheduler"]["name"] == "fsrs"
    assert "Nothing is due today." in client.get("/path/review").text


def test_a_wrong_answer_is_explained_and_not_knowing_is_an_answer(client: TestClient, learned: str) -> None:
    question = asked(client.get("/path/review").text)
    page = client.post("/path/review", data={**question, "answer": answer(question, False)}).text
    assert "Not quite." in page and "Right is:" in page
    assert log()[-1].passed is False and "unknown" not in log()[-1].detail
    page = client.post("/path/review", data={**question, "answer": "?"}).text
    assert "Right is:" in page and log()[-1].detail["unknown"] is True


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"seed": "-1"}, 422),
        ({"seed": "many"}, 422),
        ({"quiz": "no-such-quiz"}, 404),
        ({"item": "no-such-item"}, 404),
    ],
)
@pytest.mark.parametrize("path", ["/path/review", "/path/place"])
def test_a_form_that_is_none_of_ours_writes_nothing(
    client: TestClient, learned: str, path: str, change: dict[str, str], status: int
) -> None:
    question = asked(client.get("/path/review").text)
    before = len(log())
    answered = client.post(path, data={**question, **change, "answer": "a"})
    assert answered.status_code == status and "Traceback" not in answered.text
    assert len(log()) == before


def test_what_is_no_answer_is_asked_again(client: TestClient, learned: str) -> None:
    question = asked(client.get("/path/review").text)
    before = len(log())
    page = client.post("/path/review", data={**question, "answer": "<b>perhaps</b>"}).text
    assert 'class="errors"' in page and "<b>perhaps" not in page and asked(page) == question
    assert len(log()) == before


def test_a_placement_from_the_first_question_to_what_it_concludes(client: TestClient) -> None:
    page = client.get("/path/place").text
    assert "1 of at most 12" in page
    for number in range(1, 13):
        if 'id="question"' not in page:
            break
        question = asked(page)
        given = "?" if number % 4 == 0 else answer(question, number % 2 == 1)
        page = client.post("/path/place", data={**question, "answer": given}).text
        assert len(log()) == number and log()[-1].kind == "placement" and log()[-1].detail["round"] == 1
        if 'id="concluded"' in page:
            break
        page = client.get("/path/place").text
        assert asked(page) != question
    assert 'id="concluded"' in page and "likely known" in page
    assert 'id="concluded"' in client.get("/path/place").text
    assert "questions answered" in client.get("/path").text
    page = client.get("/path/place?again=true").text
    assert 'id="question"' in page and "1 of at most 12" in page


def test_the_learners_word_against_the_placement(client: TestClient) -> None:
    came = client.post("/path/said", data={"concept": "gpt", "said": "known"})
    assert came.status_code == 303 and log()[-1].detail == {"said": "known"} and log()[-1].slug == "gpt"
    assert client.post("/path/said", data={"concept": "gptt", "said": "known"}).status_code == 404
    assert client.post("/path/said", data={"concept": "gpt", "said": "perhaps"}).status_code == 422
    assert len(log()) == 1


def test_another_page_can_answer_nothing(client: TestClient, learned: str) -> None:
    question = asked(client.get("/path/review").text)
    before = len(log())
    for path in ("/path/review", "/path/place", "/path/said"):
        came = client.post(
            path,
            data={**question, "answer": "?", "concept": "gpt", "said": "known"},
            headers={"origin": "http://evil.example"},
        )
        assert came.status_code == 403
    assert len(log()) == before


def test_a_log_that_cannot_be_read_is_said(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JINJIE_DATABASE", str(tmp_path / "log.sqlite"))
    (tmp_path / "log.sqlite").write_bytes(b"no database" * 99)
    for path in ("/path/review", "/path/place"):
        answered = client.get(path)
        assert (
            answered.status_code >= 400 and "log.sqlite" in answered.text and "Traceback" not in answered.text
        )
    assert client.get("/path").status_code == 200
