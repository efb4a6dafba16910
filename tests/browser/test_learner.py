"""A learner's way in a real browser: placed, with a goal, through a lesson and a crash, and back after forty days."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from answers import about, answer

from jinjie.base.paths import learner_home
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
from jinjie.learner.store import open_store
from jinjie.path.graph import Graph

LIBRARY = load()
KNOWN = 1
"""The learner knows what is taught up to this stage of the way, and says of the rest that they do not."""


def later(days: int, put_by: Path) -> None:
    """As if `days` had passed: the same events, so much longer ago, in a log of their own; a log is never changed."""
    with open_store() as store:
        events = list(iterate(store))
    shutil.move(learner_home(), put_by)
    with open_store() as store:
        aged = [replace(one, time=one.time - timedelta(days=days), learner_id=None) for one in events]
        assert write(store, *aged) == len(events)


@pytest.mark.long
def test_a_learner_is_placed_learns_survives_a_crash_and_reviews(open_page, server, eye, tmp_path):
    page = open_page("/")
    assert "Welcome" in page.locator("h1").inner_text()

    # placed: some is known, some is not
    page.locator(".stand a[href='/path/place']").click()
    stages, asked, right = Graph.of(LIBRARY).stages, 0, 0
    while True:
        page.locator("form.pass").wait_for()
        knows = stages[about(page).item.concept] <= KNOWN
        answer(page, knows)
        asked, right = asked + 1, right + knows
        if page.locator("#concluded").count():
            break
        page.locator("a.go-on").click()
    assert 0 < right < asked <= 12
    assert page.locator(".verdict.known").count() > 0 and page.locator(".verdict.new").count() > 0

    # a goal
    page.goto(server.home + "/path/plan")
    page.get_by_label("Where to").select_option("role:nlp-engineer")
    page.locator("#hours").fill("6")
    page.locator(".doing .primary").click()
    page.wait_for_url("**/path/plan")
    with (
        open_store() as store
    ):  # whoever comes for language has chosen a framework; its lesson has no knob to turn
        write(store, Attempt("placement", "tensor-framework", detail={"said": "known"}))
    page.locator(".brand").click()
    week = page.locator(".this-week")
    assert LIBRARY.roles["nlp-engineer"].entry.name.en in week.inner_text()

    # the lesson that the first page names
    named = page.locator(".home-goes a")
    lesson = LIBRARY.lessons[named.get_attribute("href").removeprefix("/learn/")]
    named.click()
    page.wait_for_url(f"**/learn/{lesson.slug}")
    assert page.locator("h1").inner_text() == lesson.entry.title.en

    # a knob is turned
    place = page.locator(".experiment[data-kind=function]").first
    knob = place.locator("input[type=range]").first
    before = place.locator(".pictures svg").first.inner_html()
    knob.focus()
    page.keyboard.press("Home")
    place.locator(":scope[data-drawn]").or_(page.locator(".experiment[data-drawn]")).first.wait_for()
    assert place.locator(".pictures svg").first.inner_html() != before

    # an exercise answered wrongly: the case that fails, and a hint
    exercise = LIBRARY.exercises[lesson.entry.exercises[0]]
    task = page.locator(f"#exercise-{exercise.slug}")
    area, check = task.locator("textarea"), task.get_by_role("button", name="Check")
    wrong = sorted((exercise.folder / "wrong").glob("*.py"))[-1].read_text("utf-8")
    area.fill(wrong)
    check.click()
    task.locator(".hint").first.wait_for()
    assert task.locator(".cases .wrong").count() > 0 and task.locator(".passed").count() == 0
    assert "expected" in task.locator(".fault").inner_text() and task.locator(".verbatim").count() == 0
    assert page.locator("#lost").is_hidden()

    # the studio dies while the learner types
    typed = wrong + "\n# half a thought"
    area.fill(typed)
    eye.away = True
    server.kill()
    check.click()
    page.locator("#lost").wait_for(state="visible")
    assert area.input_value() == typed
    server.start()
    check.click()
    page.locator("#lost").wait_for(state="hidden")
    task.locator(".verbatim").first.wait_for()  # the smallest case that fails, from the second try on
    assert area.input_value() == typed
    page.reload()
    eye.away = False
    assert area.input_value() == typed, "what was handed in is there when the page is opened anew"
    area.fill((exercise.folder / "solution.py").read_text("utf-8"))
    check.click()
    task.locator(".passed").wait_for()
    page.locator("form.done button").click()
    page.locator("p.passed[role=status]").wait_for()
    page.locator(".brand").click()
    assert page.locator(".stand a[href='/path/review']").count() == 0, "nothing is due on the same day"

    # forty days later
    server.kill()
    later(40, tmp_path / "before")
    server.start()
    page.goto(server.home + "/")
    assert page.locator(".home-goes a").get_attribute("href") == "/path/review"
    page.locator(".home-goes a").click()
    page.wait_for_url("**/path/review")
    due = int(re.search(r"· (\d+)", page.locator(".lead").inner_text())[1])
    for left in range(due, 0, -1):
        answer(page)
        assert page.locator("a.go-on").count() == (left > 1)
        if left > 1:
            page.locator("a.go-on").click()
            page.locator("form.pass").wait_for()
    page.locator(".brand").click()
    assert page.locator(".home-goes a").get_attribute("href") != "/path/review"
    assert page.locator(".stand a[href='/path/review']").count() == 0, "what was answered is due no longer"
