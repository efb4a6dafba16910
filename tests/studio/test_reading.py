"""What is kept of the course's texts, and that nothing stale is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.course.content.library import load
from jinjie.course.render.results import Printed
from jinjie.course.render.tree import Figure, Python
from jinjie.studio.reading import Reading

LIBRARY = load()
WORDS = "# A title\n\n```python\nprint(1)\n```\n"
FILE = Path("lesson") / "en.md"


class Answers:
    """Results that say the same of every fence."""

    def __init__(self, said: str) -> None:
        self.said = said

    def printed(self, code: Python) -> Printed | None:
        return Printed(self.said)

    def drawing(self, figure: Figure) -> bytes | None:
        return None


@pytest.fixture
def reading() -> Reading:
    return Reading(LIBRARY, None)


def test_a_lesson_is_read_once_and_anew_when_its_words_change(reading: Reading) -> None:
    tree = reading.tree(WORDS, FILE, "en")
    assert reading.tree(WORDS, FILE, "en") is tree
    assert reading.tree(WORDS + "More.", FILE, "en") is not tree
    assert reading.tree(WORDS, FILE, "zh") is not tree


def test_a_page_is_another_when_its_code_prints_something_else(reading: Reading) -> None:
    tree = reading.tree(WORDS, FILE, "en")
    first = reading.page(tree, "en", Answers("once"))
    assert reading.page(tree, "en", Answers("once")) is first and "once" in first.body
    second = reading.page(tree, "en", Answers("twice"))
    assert "twice" in second.body and "once" not in second.body
    other = reading.tree(WORDS.replace("title", "name"), FILE, "en")
    assert "name" in reading.page(other, "en", Answers("twice")).body


def test_texts_and_lines_are_kept_apart(reading: Reading) -> None:
    assert reading.text("*so*", "en") == "<p><em>so</em></p>"
    assert reading.line("*so*", "en") == "<em>so</em>"
    assert reading.text("*so*", "en") is reading.text("*so*", "en")


def test_the_search_finds_in_what_is_kept(reading: Reading) -> None:
    from jinjie.course.find.search import find

    assert reading.index is reading.index
    hits = find("attention", database=reading.index).hits
    assert [hit.id for hit in hits] == [hit.id for hit in find("attention").hits]
