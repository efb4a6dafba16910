"""Placement: fewer doubts than by questions at random, on learners whose truth is known; broken off, it goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from jinjie.course.content.library import load
from jinjie.course.quizzes.attempts import attempt
from jinjie.course.quizzes.judging import unknown as unknown_
from jinjie.learner.attempt import Attempt
from jinjie.path.ability import rightly
from jinjie.path.evidence import guess
from jinjie.path.goals import spine
from jinjie.path.graph import Graph
from jinjie.path.placement import ENOUGH, KNOWN, QUESTIONS, UNKNOWN, Placement, chances, falls
from jinjie.path.states import states

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
WANTED = GRAPH.closure(spine(LIBRARY).wants)
ITEMS = [item for quiz in LIBRARY.quizzes.values() for item in quiz.entry.items if item.concept in WANTED]


def begun(*events: Attempt, again: bool = False) -> Placement:
    return Placement.of(LIBRARY, GRAPH, WANTED, events, again)


def answered(round_: Placement, knows: set[str] | None, unknown: bool = False, minutes: int = 0) -> Placement:
    """The round with its next question answered: rightly where the concept is known."""
    variant = round_.question()
    assert variant is not None
    right = knows is None or variant.item.concept in knows
    judged = unknown_(variant)
    event = replace(
        attempt(variant, replace(judged, passed=right), "?"),
        time=NOON + timedelta(minutes=minutes),
        detail={"unknown": True} if unknown else {},
        passed=right and not unknown,
    )
    return round_.with_(round_.attempt(variant, event))


def whole(knows: set[str] | None, unknown: bool = False) -> Placement:
    round_ = begun()
    for minute in range(QUESTIONS + 1):
        if round_.question() is None:
            return round_
        round_ = answered(round_, knows, unknown, minute)
    raise AssertionError("it went on past its last question")


def test_who_knows_everything_and_who_knows_nothing_are_told_apart_in_twelve() -> None:
    everything, nothing = whole(None), whole(set(), unknown=True)
    assert len(everything.answers) <= QUESTIONS and len(nothing.answers) <= QUESTIONS
    high = {one.concept: one.after for one in everything.concluded(NOON + timedelta(hours=1))}
    low = {one.concept: one.after for one in nothing.concluded(NOON + timedelta(hours=1))}
    assert np.mean(list(high.values())) > 0.6
    assert np.mean(list(low.values())) < 0.2
    assert all(high[concept] >= low[concept] for concept in WANTED)


def test_no_question_comes_twice_in_a_round() -> None:
    asked = [(one.slug, one.item) for one in whole({"gradient", "chain-rule"}).answers]
    assert len(set(asked)) == len(asked)


def test_a_round_that_was_broken_off_goes_on_from_the_log() -> None:
    round_ = answered(answered(begun(), None), set(), minutes=1)
    again = begun(*round_.events)
    assert again.number == 1 and len(again.answers) == 2
    first, second = round_.question(), again.question()
    assert first is not None and second is not None
    assert (first.quiz, first.id, first.seed) == (second.quiz, second.id, second.seed)


def test_a_new_round_begins_only_where_the_last_has_ended() -> None:
    part = answered(begun(), None)
    assert begun(*part.events, again=True).number == 1
    done = whole(set(), unknown=True)
    assert begun(*done.events).number == 1 and begun(*done.events).question() is None
    assert begun(*done.events, again=True).number == 2 and not begun(*done.events, again=True).answers


def test_what_was_concluded_says_why() -> None:
    round_ = whole({"gradient", "chain-rule", "mean-squared-error"})
    concluded = round_.concluded(NOON + timedelta(hours=1))
    asked = {one.concept for one in round_.answers}
    moved = [one for one in concluded if abs(one.after - one.before) > 0.15]
    assert moved
    assert all(one.why for one in moved if one.concept in asked)
    assert {found for one in concluded for found in one.why} <= set(round_.answers)


def test_a_right_answer_to_what_stands_above_saves_the_questions_below() -> None:
    known = states(GRAPH)
    weights = known.weights({})
    before = weights @ known.known
    top = "transformer-layer"
    after = weights * chances(known, top, 5, 0.02, True)
    share = (after / after.sum()) @ known.known
    for concept in GRAPH.needs[top]:
        assert share[known.place(concept)] > before[known.place(concept)]


def errors(rng: np.random.Generator, adaptive: bool, learners: int) -> float:
    """Mean of |P - truth| over the wanted concepts after twelve answers, of learners who are none of the states."""
    known, others = states(GRAPH), states(GRAPH, seed=7)
    columns = np.array([known.place(concept) for concept in WANTED])
    total = 0.0
    for _ in range(learners):
        truth = others.known[rng.integers(len(others.known))]
        weights = known.weights({})
        left = list(range(len(ITEMS)))
        for _question in range(QUESTIONS):
            if adaptive:
                pick = left[int(np.argmax(falls(known, weights, [ITEMS[i] for i in left], WANTED)))]
            else:
                pick = left[int(rng.integers(len(left)))]
            left.remove(pick)
            item = ITEMS[pick]
            # Slips, and abilities that are not the two of the model.
            theta = (KNOWN if truth[known.place(item.concept)] else UNKNOWN) + rng.normal(0, 0.7)
            passed = bool(rng.random() < rightly(np.array([theta]), item.difficulty, guess(item))[0])
            weights = weights * chances(known, item.concept, item.difficulty, guess(item), passed)
            weights = weights / weights.sum()
        total += float(np.abs((weights @ known.known)[columns] - truth[columns]).mean())
    return total / learners


@pytest.mark.parametrize("learners", [60, pytest.param(500, marks=pytest.mark.slow)], ids=["few", "many"])
def test_twelve_chosen_questions_leave_a_fifth_less_error_than_twelve_at_random(learners: int) -> None:
    chosen = errors(np.random.default_rng(1), True, learners)
    at_random = errors(np.random.default_rng(1), False, learners)
    print(
        f"{learners} learners: error {chosen:.3f} chosen, {at_random:.3f} at random, {1 - chosen / at_random:.0%} less"
    )
    assert chosen <= 0.8 * at_random


def test_it_stops_when_the_ability_is_known_well_enough() -> None:
    round_ = whole(None)
    assert len(round_.answers) == QUESTIONS or round_.doubt() <= ENOUGH or round_.question() is None
