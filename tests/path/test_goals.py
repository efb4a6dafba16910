"""Goals: by id, by name in either language, by alias; the newest of the log; what there is no such thing as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jinjie.base.errors import NotFound
from jinjie.course.content.library import Library, load
from jinjie.learner.attempt import Attempt
from jinjie.path.goals import USE, chosen, goal, spine

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.mark.parametrize("word", ["gpt", "concept:gpt", "GPT", "Concept:GPT"])
def test_a_concept_by_its_id_or_name(library: Library, word: str) -> None:
    assert goal(library, word).name == "concept:gpt"
    assert goal(library, word).wants == {"gpt": USE}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_concept_is_found_by_its_name_in_either_language(library: Library, lang: str) -> None:
    for slug, concept in library.concepts.items():
        if not concept.entry.prior:
            found = goal(library, f"concept:{getattr(concept.entry.name, lang)}")
            assert getattr(library.concepts[found.id].entry.name, lang) == getattr(
                concept.entry.name, lang
            ), slug


def test_what_is_misspelt_is_told_with_the_nearest(library: Library) -> None:
    with pytest.raises(NotFound, match="backpropagation"):
        goal(library, "backpropagaton")
    with pytest.raises(NotFound):
        goal(library, "role:gpt")


def test_without_a_goal_it_is_what_the_written_lessons_teach(library: Library) -> None:
    found, event = chosen(library, [])
    assert event is None
    assert found == spine(library)
    assert set(found.wants) == {slug for lesson in library.climb for slug in lesson.entry.teaches}


def test_the_newest_goal_that_the_course_still_has_counts(library: Library) -> None:
    events = [
        Attempt("goal", slug, time=NOON + timedelta(hours=hours), detail={"hours": 5})
        for slug, hours in (("concept:gone", 3), ("concept:adam", 2), ("concept:gpt", 1))
    ]
    found, event = chosen(library, events)
    assert found.name == "concept:adam"
    assert event == events[1]
