"""Questions, answers and the search as a browser without a script sees them."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

from jinjie.course.content.library import load

LIBRARY = load()


def test_all_questions_by_theme(client: TestClient) -> None:
    page = html.unescape(client.get("/ask").text)
    for id_, one in LIBRARY.questions.items():
        assert f'href="/ask/{id_}"' in page and one.entry.question.en in page
    client.cookies.set("lang", "zh")
    page = client.get("/ask").text
    assert "什么是大模型？" in page and 'aria-current="page">问答' in page


@pytest.mark.parametrize(
    ("lang", "every"),
    [
        ("en", 8),
        ("zh", 8),
        pytest.param("en", 1, marks=pytest.mark.slow),
        pytest.param("zh", 1, marks=pytest.mark.slow),
    ],
)
def test_every_answer_is_a_page(client: TestClient, lang: str, every: int) -> None:
    client.cookies.set("lang", lang)
    for id_, one in list(LIBRARY.questions.items())[::every]:
        answer = client.get(f"/ask/{id_}")
        assert answer.status_code == 200, id_
        article = answer.text[answer.text.index("<article") : answer.text.index("</article>")]
        assert one.entry.question.in_(lang) in html.unescape(article)  # type: ignore[arg-type]
        assert not re.search(r"\{[a-z0-9]+_[a-z_0-9]+\}", article), f"{id_}: a number that was not filled in"
        assert " style=" not in article and "<script" not in article


def test_an_answer_with_this_machines_numbers_and_what_is_near(client: TestClient) -> None:
    page = client.get("/ask", params={"q": "how much memory does training need"}).text
    assert "112 GB" in page and 'href="/formulas/training-memory"' in page
    assert 'href="/ask/memory-to-run"' in page
    assert 'value="how much memory does training need"' in page


def test_what_the_course_has_besides(client: TestClient) -> None:
    page = client.get("/ask", params={"q": "gradient descent"}).text
    assert '<a href="/learn/gradient-descent">' in page and "<mark>" in page
    page = client.get("/ask", params={"q": "speech engineer"}).text
    assert '<a href="/path/roles/speech-engineer">' in page


@pytest.mark.parametrize(
    "asked",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "x" * 10_000, "？！", "-", "\x00"],
)
def test_anything_may_be_asked(client: TestClient, asked: str) -> None:
    answer = client.get("/ask", params={"q": asked})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text and "<img src=x" not in answer.text


def test_what_nobody_answers_says_so(client: TestClient) -> None:
    page = client.get("/ask", params={"q": "how do I bake bread"}).text
    assert "None of the questions here is clearly this one." in page and 'id="answer"' not in page


def test_a_question_that_there_is_not(client: TestClient) -> None:
    answer = client.get("/ask/out-of-memry")
    assert answer.status_code == 404 and "out-of-memory" in answer.text
