"""Questions of the path as a page asks them, and their answers."""

from __future__ import annotations

from typing import Any

from jinjie.course.content.library import load
from jinjie.course.quizzes import variant
from jinjie.course.quizzes.variants import LETTERS, Variant


def about(page: Any) -> Variant:
    """The question that the page asks, as its form says it."""
    quiz, item, seed = (
        page.locator(f"#question input[name={name}]").get_attribute("value")
        for name in ("quiz", "item", "seed")
    )
    return variant(load().quiz(quiz), item, int(seed))


def answer(page: Any, known: bool = True) -> None:
    """Answer the question of a review or a placement, rightly or by saying that it is not known."""
    if known:
        made: Any = about(page)
        if made.choices:
            page.locator(f"#question input[name=answer][value={LETTERS[made.right]}]").check()
        else:
            page.locator("#question input[name=answer]").fill(repr(float(made.right)))
        page.locator("#question button").click()
    else:
        page.locator("form.pass button").click()
    page.locator(".judged.right" if known else ".judged.wrong").wait_for()
