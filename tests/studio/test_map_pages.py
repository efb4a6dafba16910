"""The map as a page: the learner's states on it, the way to a goal, the list behind it, concepts without a lesson."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path.goals import goal, way
from jinjie.path.graph import Graph
from jinjie.studio import map_pages
from jinjie.studio.standing import standing

SVG = "{http://www.w3.org/2000/svg}"
LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
NOW = datetime.now().astimezone()
SHAPES = ("wide", "middle", "narrow")


def drawings(page: str) -> list[ET.Element]:
    found = re.findall(r'<svg class="map .*?</svg>', page, re.DOTALL)
    assert len(found) == len(SHAPES)
    return [ET.fromstring(one) for one in found]


def point(page: str, slug: str) -> ET.Element:
    """The stone of a concept, which is the same in all three shapes but for its place."""
    stones = [one for root in drawings(page) for one in root.iter(f"{SVG}a") if one.get("data-slug") == slug]
    assert len(stones) == len(SHAPES)
    assert len({(one.get("class"), one.get("href"), one.findtext(f"{SVG}title")) for one in stones}) == 1
    return stones[0]


def log(*events: Attempt) -> None:
    with open_store() as store:
        write(store, *events)


def answers(concept: str, passed: bool, days: float, seed: int = 0) -> list[Attempt]:
    """An answer to every question about a concept."""
    asked = [
        (slug, item.id)
        for slug, quiz in LIBRARY.quizzes.items()
        for item in quiz.entry.items
        if item.concept == concept
    ]
    return [
        Attempt("quiz", quiz, item, seed=seed, passed=passed, time=NOW - timedelta(days=days))
        for quiz, item in asked
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_concept_is_a_link_and_a_row(client: TestClient, lang: str) -> None:
    client.cookies.set("lang", lang)
    answer = client.get("/map")
    assert answer.status_code == 200 and " style=" not in answer.text
    text = answer.text.split('id="map-list"')[1]
    rows = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>', text)
    assert [html.unescape(name) for _, name in rows] == [
        str(LIBRARY.concepts[slug].entry.name.in_(lang))  # type: ignore[arg-type]
        for slug in sorted(GRAPH.concepts, key=lambda slug: GRAPH.stages[slug])
    ]
    hrefs = dict(zip(sorted(GRAPH.concepts, key=lambda slug: GRAPH.stages[slug]), rows, strict=True))
    for root in drawings(answer.text):
        links = {one.get("data-slug", ""): one for one in root.iter(f"{SVG}a")}
        assert links.keys() == GRAPH.concepts.keys()
        for slug, link in links.items():
            assert link.get("href") == hrefs[slug][0]
            lesson = GRAPH.lessons.get(slug)
            assert link.get("href") == (f"/learn/{lesson}" if lesson else f"/map/{slug}")
            entry = GRAPH.concepts[slug]
            title = link.findtext(f"{SVG}title") or ""
            assert entry.name.in_(lang) in title and str(entry.minutes) in title  # type: ignore[arg-type]
            kind = "prior" if entry.prior else "written" if lesson else "planned"
            assert kind in link.get("class", "").split()


def test_states_are_right_after_an_attempt(client: TestClient) -> None:
    assert point(client.get("/map").text, "linear-model").get("class") == "point written new"
    log(*answers("linear-model", False, 0.1))
    after = point(client.get("/map").text, "linear-model")
    assert "some" in after.get("class", "").split() and "in part" in (after.findtext(f"{SVG}title") or "")
    log(*answers("linear-model", True, 0.05, seed=1), Attempt("lesson", "linear-regression", passed=True))
    held = point(client.get("/map").text, "linear-model")
    assert "held" in held.get("class", "").split() and "held" in (held.findtext(f"{SVG}title") or "")
    assert point(client.get("/map").text, "gpt").get("class") == "point written new"


def test_what_is_due_is_marked(client: TestClient) -> None:
    log(*answers("linear-model", True, 60))
    stone = point(client.get("/map").text, "linear-model")
    assert "due" in stone.get("class", "").split()
    assert any(one.get("class") == "due-mark" for one in stone)
    assert "review due" in (stone.findtext(f"{SVG}title") or "")
    other = point(client.get("/map").text, "gpt")
    assert not any(one.get("class") == "due-mark" for one in other)


def test_the_learner_stands_where_the_next_step_is(client: TestClient) -> None:
    first = map_pages.here(standing(LIBRARY))
    assert first is not None and GRAPH.lessons[first] == LIBRARY.climb[0].slug
    roots = drawings(client.get("/map").text)
    for root in roots:
        here = next(one for one in root.iter(f"{SVG}g") if one.get("class") == "here")
        at = next(one for one in root.iter(f"{SVG}a") if one.get("data-slug") == first)
        assert here.get("transform") == at.get("transform")
    assert "You are here" in client.get("/map").text
    log(*answers("adam", True, 80))  # a review is due, and is the next step
    assert map_pages.here(standing(LIBRARY)) == "adam"


@pytest.mark.parametrize("word", ["nlp-engineer", "concept:transformer-layer", "system:gpt-chat", "Adam"])
def test_the_way_to_a_goal_stands_out(client: TestClient, word: str) -> None:
    if word.startswith("system:"):
        word = f"system:{next(iter(LIBRARY.systems))}"
    page = client.get("/map", params={"goal": word}).text
    wanted = way(LIBRARY, GRAPH, goal(LIBRARY, word))
    assert 0 < len(wanted) < len(GRAPH.concepts)
    for root in drawings(page):
        for one in root.iter(f"{SVG}a"):
            aside = "aside" in one.get("class", "").split()
            assert aside == (one.get("data-slug") not in wanted)
    assert page.count('<tr class="on-way">') == len(wanted)
    assert f"{len(wanted)} concepts on the way" in html.unescape(page)
    assert f'<option value="{goal(LIBRARY, word).name}" selected>' in page
    assert "aside" not in drawings(client.get("/map").text)[0].find(f".//{SVG}a").get("class", "")  # type: ignore[union-attr]


def test_a_goal_that_there_is_not_is_said_on_the_map(client: TestClient) -> None:
    answer = client.get("/map", params={"goal": "nlp-enginer<b>"})
    assert answer.status_code == 404 and "<b>" not in answer.text.split('role="alert"')[1].split("</p>")[0]
    assert "nlp-engineer" in answer.text and len(drawings(answer.text)) == 3


def test_a_concept_without_a_lesson_says_where_else_it_is_taught(client: TestClient) -> None:
    page = html.unescape(client.get("/map/mixture-of-experts").text)
    assert 'href="https://' in page and "No lesson of this course" in page
    for one in GRAPH.requires["mixture-of-experts"]:
        assert str(GRAPH.concepts[one].name.en) in page
    client.cookies.set("lang", "zh")
    assert "自带的基础" in client.get("/map/python").text


def test_every_unwritten_concept_has_a_page(client: TestClient) -> None:
    for slug in [one for one in GRAPH.concepts if one not in GRAPH.lessons][::9]:
        assert client.get(f"/map/{slug}").status_code == 200, slug


def test_a_concept_with_a_lesson_is_its_lesson(client: TestClient) -> None:
    answer = client.get("/map/adam")
    assert answer.status_code == 303 and answer.headers["location"] == f"/learn/{GRAPH.lessons['adam']}"
    assert client.get("/map/adamm").status_code == 404 and "adam" in client.get("/map/adamm").text


def test_layouts_are_drawn_once_for_a_course_and_a_language(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []
    real = map_pages.mountain
    monkeypatch.setattr(map_pages, "mountain", lambda *of: drawn.append(of[-1]) or real(*of))
    monkeypatch.setattr(map_pages, "_kept", None)
    client.get("/map")
    log(*answers("adam", True, 1))
    client.get("/map?goal=adam")
    assert drawn == [map_pages.WIDE, map_pages.MIDDLE]
    client.cookies.set("lang", "zh")
    assert "注意力" in client.get("/map").text and len(drawn) == 4


def test_pages_lead_to_the_map(client: TestClient) -> None:
    for path in ("/", "/learn", "/path"):
        assert 'href="/map"' in client.get(path).text, path


def test_a_log_that_cannot_be_read_is_said(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JINJIE_DATABASE", str(tmp_path / "log.sqlite"))
    (tmp_path / "log.sqlite").write_bytes(b"no database" * 99)
    answer = client.get("/map")
    assert answer.status_code == 200 and 'role="alert"' in answer.text
