"""A question that was not seen: which item, and with which numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jinjie.course.content.library import Library, load
from jinjie.learner.attempt import Attempt
from jinjie.path.variants import fresh

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def asked_often(library: Library, concept: str, times: int) -> list[Attempt]:
    events: list[Attempt] = []
    for i in range(times):
        one = fresh(library, events, [concept])[concept]
        when = NOON + timedelta(days=i)
        events.append(Attempt("review", one.quiz, one.id, seed=one.seed, passed=True, time=when))
    return events


def test_every_concept_of_a_written_lesson_can_be_asked_again(library: Library) -> None:
    taught = [concept for lesson in library.climb for concept in lesson.entry.teaches]
    made = fresh(library, [], taught)
    assert list(made) == taught
    assert all(made[concept].item.concept == concept for concept in taught)
    assert fresh(library, [], ["gone", taught[0]]).keys() == {taught[0]}


def test_no_seed_comes_twice_and_the_items_take_turns(library: Library) -> None:
    concept = "mini-batch"  # five items
    events = asked_often(library, concept, 60)
    assert len({(event.slug, event.item, event.seed) for event in events}) == 60
    rounds = [{event.item for event in events[i : i + 5]} for i in range(0, 60, 5)]
    assert all(len(round_) == 5 for round_ in rounds)


def test_what_it_looks_like_is_new_while_there_is_something_new(library: Library) -> None:
    quiz = library.quizzes["optimizers"]
    item = next(item for item in quiz.entry.items if item.concept == "momentum" and item.number)
    from jinjie.course.quizzes import variant

    events = [
        event
        for event in asked_often(library, "momentum", 12)
        if (event.slug, event.item) == (quiz.slug, item.id)
    ]
    stems = [variant(quiz, item.id, event.seed or 0).stem for event in events]
    assert len(stems) > 3
    assert len(set(stems)) == len(stems)


def test_a_question_left_open_comes_again_as_it_was(library: Library) -> None:
    concepts = ["gradient", "perplexity", "self-attention"]
    before = fresh(library, [], concepts)
    events = [Attempt("review", one.quiz, one.id, seed=one.seed, passed=True) for one in [before["gradient"]]]
    after = fresh(library, events, concepts)
    assert after["gradient"].seed != before["gradient"].seed
    for concept in concepts[1:]:
        assert (after[concept].id, after[concept].seed) == (before[concept].id, before[concept].seed)


def test_a_seed_from_anywhere_is_passed_over(library: Library) -> None:
    """A log of another program may hold seeds that are none of ours."""
    one = fresh(library, [], ["gradient"])["gradient"]
    strange = [Attempt("quiz", one.quiz, one.id, seed=seed, passed=True) for seed in (-5, 2**62, one.seed)]
    assert fresh(library, strange, ["gradient"])["gradient"].seed not in {-5, 2**62, one.seed}


def test_no_seed_comes_twice_though_they_run_out(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinjie.path.variants.SEEDS", 60)
    events = asked_often(library, "gradient", 50)  # one item, four choices: 24 orders
    assert len({event.seed for event in events}) == 50
