"""The first page, for who is new and for who goes on; and the places that every page leads to."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from jinjie.base import words
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.studio.places import places

LIBRARY = load()
NOW = datetime.now().astimezone()


def test_who_is_new_is_shown_a_model_that_writes_and_the_first_lesson(client: TestClient) -> None:
    page = client.get("/").text
    first = LIBRARY.climb[0]
    assert "Welcome" in page and "Begin here" in page and "/path/place" in page
    assert f'<a href="/learn/{first.slug}">{first.entry.title}</a>' in page
    assert page.index("home-word") < page.index("Begin here")
    form = re.search(r'<form action="([^"]+)" method="get">.*?value="([^"]+)"', page, re.DOTALL)
    assert form is not None
    written = client.get(form[1], params={"prompt": form[2]})
    assert written.status_code == 200 and written.text.count('class="token') > 10


def test_who_goes_on_sees_what_is_due_and_why(client: TestClient) -> None:
    concept = "linear-model"
    asked = [
        (slug, item.id)
        for slug, quiz in LIBRARY.quizzes.items()
        for item in quiz.entry.items
        if item.concept == concept
    ]
    with open_store() as store:
        write(
            store,
            *[
                Attempt("quiz", quiz, item, seed=0, passed=True, time=NOW - timedelta(days=60))
                for quiz, item in asked
            ],
        )
    page = client.get("/").text
    assert "Welcome" not in page and "Your next step" in page
    assert 'class="home-goes"><a href="/path/review">' in page
    assert page.count('href="/path/review"') == 1, "what comes next is not named twice"
    assert page.index("Your next step") < page.index("home-word")
    assert "this-week" not in page and 'href="/path"' in page
    client.post("/path/plan", data={"goal": "concept:adam", "hours": "5"})
    page = client.get("/").text
    assert "this-week" in page and "Adam" in page


@pytest.mark.parametrize(
    ("here", "place", "marked"),
    [
        ("/", "Learn", {"/": "page"}),
        ("/learn/linear-regression", "Learn", {"/learn": "true"}),
        ("/formulas/adam", "Learn", {"/learn": "true"}),
        ("/map", "Learn", {"/map": "page"}),
        ("/runs/line-1-1", "Runs", {"/runs": "true"}),
        ("/start", "Runs", {"/runs": "true"}),
        ("/clean", "Runs", {"/clean": "page"}),
        ("/play/write/poems", "Playground", {"/play": "true"}),
        ("/path", "Path", {"/path": "page"}),
        ("/path/roles/nlp-engineer", "Path", {"/path": "true"}),
        ("/path/plan", "Path", {"/path/plan": "page"}),
        ("/nowhere", "", {}),
    ],
)
def test_the_page_one_is_on_is_marked_in_its_place(here: str, place: str, marked: dict[str, str]) -> None:
    words.use("en")
    found = places(here)
    assert [one.link.name for one in found] == ["Learn", "Runs", "Playground", "Path"]
    assert [one.link.name for one in found if one.link.current] == ([place] if place else [])
    assert {page.href: page.current for one in found for page in one.pages if page.current} == marked


def test_every_page_of_the_head_is_served(client: TestClient) -> None:
    for place in places("/"):
        for link in place.pages:
            answer = client.get(link.href)
            assert answer.status_code == 200, link.href
            assert re.search(rf'<a href="{link.href}" aria-current="page">', answer.text), link.href


def test_an_address_of_a_recipe_leads_to_its_form(client: TestClient) -> None:
    answer = client.get("/?recipe=gpt-poems")
    assert answer.status_code == 303 and answer.headers["location"] == "/runs?recipe=gpt-poems"
    assert 'value="gpt-poems" checked' in client.get(answer.headers["location"]).text
