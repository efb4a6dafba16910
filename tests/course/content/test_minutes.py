"""The minutes that a lesson says it takes are those of its words, code, experiments, exercises and questions."""

from __future__ import annotations

import re

import pytest

from jinjie.base.words import LANGUAGES, Language
from jinjie.course.content.library import Library, load

LIBRARY = load()
A_MINUTE = {"en": (r"[A-Za-z']+", 200), "zh": (r"[\u4e00-\u9fff]", 300)}
"""What is counted, and how many of them one reads in a minute when one has to think."""


def minutes(library: Library, slug: str, lang: Language) -> float:
    """Ten lines of code a minute, two minutes an experiment, one a question, an exercise what it says."""
    lesson = library.lessons[slug]
    text = lesson.words(lang)
    code = "".join(re.findall(r"^```python\n(.*?)^```$", text, flags=re.M | re.S))
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    pattern, pace = A_MINUTE[lang]
    quiz = library.quizzes[lesson.entry.quiz or ""].entry.items
    return (
        len(re.findall(pattern, prose)) / pace
        + len([line for line in code.splitlines() if line.strip()]) / 10
        + 2 * len(lesson.entry.experiments)
        + len(quiz)
        + sum(library.exercises[exercise].entry.minutes for exercise in lesson.entry.exercises)
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", sorted(LIBRARY.lessons))
def test_the_minutes_of_a_lesson(slug: str, lang: Language) -> None:
    """To a tenth or five minutes: they are rounded to five, and the two languages are not equally long."""
    estimate = minutes(LIBRARY, slug, lang)
    assert LIBRARY.lessons[slug].entry.minutes == pytest.approx(estimate, rel=0.1, abs=5)
