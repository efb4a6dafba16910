"""Evidence: what each kind of attempt says about which concept, and what says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from jinjie.course.content.library import Library, load
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import BUILDING, NO_GUESS, Evidence, day, evidence

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def event(kind: str, slug: str, hours: float = 0, **more: Any) -> Attempt:
    return Attempt(kind, slug, time=NOON + timedelta(hours=hours), **more)


def found(library: Library, *events: Attempt) -> list[Evidence]:
    return evidence(library, events)


def test_an_answer_is_about_its_item_with_the_chance_to_guess_it(library: Library) -> None:
    items = {item.id: item for item in library.quizzes["attention"].entry.items}
    number = next(item for item in items.values() if item.number)
    choice = next(item for item in items.values() if item.choices)
    one, two = found(
        library,
        event("quiz", "attention", item=number.id, seed=1, passed=True),
        event("review", "attention", 1, item=choice.id, seed=1, passed=False),
    )
    assert (one.concept, one.passed, one.difficulty, one.guess) == (
        number.concept,
        True,
        number.difficulty,
        NO_GUESS,
    )
    assert (two.concept, two.passed, two.guess) == (choice.concept, False, 1 / len(choice.choices))


def test_not_knowing_is_an_answer_that_nobody_hits_blindly(library: Library) -> None:
    item = next(item for item in library.quizzes["attention"].entry.items if item.choices)
    (one,) = found(
        library, event("placement", "attention", item=item.id, seed=1, passed=False, detail={"unknown": True})
    )
    assert not one.passed
    assert one.guess == 0


def test_the_same_variant_again_within_a_day_says_nothing(library: Library) -> None:
    item = library.quizzes["attention"].entry.items[0].id
    hours = [(0, 1), (0.1, 1), (20, 1), (43, 1), (68, 1), (0.2, 2)]
    events = [event("quiz", "attention", at, item=item, seed=seed, passed=True) for at, seed in hours]
    # 20 h and 43 h are within a day of the time before, 68 h is not; another seed is another question.
    assert [(one.time - NOON).total_seconds() / 3600 for one in found(library, *events)] == [0, 0.2, 68]


def test_an_exercise_counts_once_a_day_for_each_of_its_concepts_with_its_hints(library: Library) -> None:
    slug, exercise = next((s, e) for s, e in library.exercises.items() if len(e.entry.concepts) > 1)
    events = [
        event("exercise", slug, 0, passed=False),
        event("exercise", slug, 0.1),
        event("exercise", slug, 0.2, passed=True),
        event("exercise", slug, 0.3, passed=False),
        event("exercise", slug, 40, passed=False),
    ]
    evident = found(library, *events)
    assert {(one.concept, one.passed, one.hints) for one in evident} == {
        (concept, passed, 1) for concept in exercise.entry.concepts for passed in (True, False)
    }
    assert {(one.difficulty, one.guess) for one in evident} == {(BUILDING, NO_GUESS)}
    assert len(evident) == 2 * len(exercise.entry.concepts)


def test_what_the_course_no_longer_has_and_what_is_no_answer_say_nothing(library: Library) -> None:
    assert not found(
        library,
        event("quiz", "attention", item="gone", seed=1, passed=True),
        event("quiz", "gone", item="gone", seed=1, passed=True),
        event("exercise", "gone", passed=True),
        event("lesson", "attention", passed=True),
        event("experiment", "attention-map"),
        event("run", "gpt-poems", item="gpt-poems-1", score=5.6),
        event("placement", "gone", detail={"said": "known"}),
        event("goal", "concept:gpt"),
    )


def test_the_learners_own_word(library: Library) -> None:
    known, not_known = found(
        library,
        event("placement", "gpt", detail={"said": "known"}),
        event("placement", "adam", 1, detail={"said": "unknown"}),
    )
    assert (known.concept, known.passed, known.said) == ("gpt", True, True)
    assert (not_known.concept, not_known.passed, not_known.said) == ("adam", False, True)


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-11-26 03:59", 0, "2026-11-25"),
        ("2026-11-26 04:00", 0, "2026-11-26"),
        ("2026-11-25 20:00", 8, "2026-11-26"),
        ("2026-11-25 19:59", 8, "2026-11-25"),
    ],
)
def test_a_day_begins_at_four_where_the_learner_is(moment: str, zone: int, expected: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=zone)))
    assert str(day(at)) == expected
