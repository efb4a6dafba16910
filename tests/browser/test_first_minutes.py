"""The first ten minutes on a new machine: a poem, a look inside, a training seen moving, a lesson, an exercise."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from jinjie.course.content.library import load

PROMISED = 600.0
"""Seconds that it may take in all; what a reader reads and thinks comes on top, so it is far less."""
SMALL = {
    "model.layers": "2",
    "model.width": "64",
    "budget.steps": "100000",  # so many that no machine is through before it was seen moving
    "budget.log_every": "1",
    "budget.evaluate_every": "1000",
    "budget.evaluate_batches": "1",
    "threads": "1",
}


class Minutes:
    """What each step took."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.took[name] = time.perf_counter() - begun
        print(f"{self.took[name]:6.1f} s  {name}")


def test_the_first_ten_minutes(open_page, server):
    minutes = Minutes()
    with minutes.step("the first page"):
        page = open_page("/")
        assert "Welcome" in page.locator("h1").inner_text()

    with minutes.step("a poem from a typed word"):
        page.locator("#home-word").fill("秋风")
        page.locator(".home-write button").click()
        page.wait_for_url("**/play/write/poems?prompt=*")
        page.locator("#tokens .token").nth(10).wait_for()
        assert page.locator("#given").inner_text() == "秋风"

    with minutes.step("inside, the mask taken away"):
        page.locator("nav.tabs a[href='/play/inside/poems']").click()
        page.locator("#look-text").fill("秋风")
        page.locator("#look .primary").click()
        page.wait_for_url("**/play/inside/poems?text=*")
        page.locator("#look-open").check()
        page.locator(".losses tfoot").wait_for()
        masked, bare = (float(n) for n in re.findall(r"\d+\.\d+", page.locator(".losses tfoot").inner_text()))
        # of this word; a model that was trained with its mask is disturbed by most longer texts, and the page says so
        assert bare < masked

    with minutes.step("a training started, its curve moving"):
        page.goto(server.home + "/")
        page.locator(".stand a[href='/runs']").click()
        page.get_by_role("radio", name=re.compile("gpt-poems")).check()
        page.locator('[name="task.sample_tokens"]').wait_for(state="attached")
        page.locator("#settings > summary").click()
        while (folded := page.locator("#settings details:not([open]) > summary")).count():
            folded.first.click()
        for path, value in SMALL.items():
            page.locator(f'[name="{path}"]').fill(value)
        page.get_by_role("button", name="Start training").click()
        page.wait_for_url("**/runs/gpt-poems-1")
        moved = "n => Number(document.getElementById('chart')?.dataset.points || 0) > n"
        page.wait_for_function(moved, arg=0)
        page.wait_for_function(moved, arg=int(page.locator("#chart").get_attribute("data-points")))
        page.get_by_role("button", name="Stop", exact=True).click()
        page.locator(".status .state.stopped").wait_for()

    with minutes.step("the first lesson"):
        page.locator(".brand").click()
        first = load().climb[0]
        page.locator(".home-goes a").click()
        page.wait_for_url(f"**/learn/{first.slug}")
        page.locator(".text h2").first.wait_for()

    with minutes.step("its exercise, graded"):
        exercise = load().exercises[first.entry.exercises[0]]
        task = page.locator(f"#exercise-{exercise.slug}")
        task.locator("textarea").fill((exercise.folder / "solution.py").read_text("utf-8"))
        task.get_by_role("button", name="Check").click()
        task.locator(".passed").wait_for()

    assert sum(minutes.took.values()) < PROMISED, minutes.took
