"""Belief: what moves it and which way; whether it is right about simulated learners whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.course.content.library import Library, load
from jinjie.learner.attempt import Attempt
from jinjie.path import ability
from jinjie.path.ability import GRID, LINE, above, before
from jinjie.path.evidence import Evidence
from jinjie.path.goals import BUILD, EXPLAIN, USE
from jinjie.path.graph import Graph
from jinjie.path.mastery import MASTERED, belief, from_evidence, met

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
CONCEPT = "backpropagation"


@pytest.fixture(scope="module")
def library() -> Library:
    return LIBRARY


def seen(
    passed: bool,
    days: float = 0,
    difficulty: int = 3,
    guess: float = 0.25,
    concept: str = CONCEPT,
    name: str = "a",
) -> Evidence:
    at = NOON + timedelta(days=days)
    return Evidence(concept, at, passed, difficulty, guess, "quiz", "q", "i", 1, f"{name}{days}{difficulty}")


def p(found: list[Evidence], days: float = 0, concept: str = CONCEPT) -> float:
    return from_evidence(LIBRARY, GRAPH, found, NOON + timedelta(days=days))[concept].p


answers = st.lists(
    st.builds(
        seen,
        st.booleans(),
        st.floats(-400, 0).map(lambda days: round(days, 2)),
        st.integers(1, 5),
        st.sampled_from([0.0, 0.02, 0.25, 0.5]),
        st.sampled_from([CONCEPT, "chain-rule", "attention-mask", "gpt", "vectors"]),
    ),
    max_size=12,
).map(lambda found: sorted((one for one in found if one.concept in GRAPH.place), key=lambda one: one.time))


@settings(max_examples=150, deadline=None)
@given(answers, st.integers(1, 5), st.sampled_from([0.0, 0.25]))
def test_a_right_answer_never_lowers_and_a_wrong_one_never_raises(
    found: list[Evidence], difficulty: int, guess: float
) -> None:
    """Of the concept itself. 1e-9: what the sums of floating-point numbers leave."""
    was = p(found)
    assert p([*found, seen(True, 0, difficulty, guess)]) >= was - 1e-9
    assert p([*found, seen(False, 0, difficulty, guess)]) <= was + 1e-9


@settings(max_examples=150, deadline=None)
@given(answers, st.floats(0, 4000))
def test_time_alone_never_raises(found: list[Evidence], days: float) -> None:
    now = from_evidence(LIBRARY, GRAPH, found, NOON)
    later = from_evidence(LIBRARY, GRAPH, found, NOON + timedelta(days=days))
    for concept in {one.concept for one in found}:
        # Its own distribution sinks; what others tell of it may not, and is the same prior or a smaller one.
        if later[concept].prior <= now[concept].prior:
            assert later[concept].p <= now[concept].p + 1e-9


def test_the_order_within_a_sitting_does_not_matter() -> None:
    one, two, three = seen(True, 0), seen(False, 0, 2), seen(True, 0, 5)
    assert p([one, two, three]) == pytest.approx(p([three, one, two]), abs=1e-12)


def test_what_was_done_raises_what_it_stands_on_and_a_failure_lowers_what_stands_on_it() -> None:
    nothing = from_evidence(LIBRARY, GRAPH, [], NOON)
    right = from_evidence(LIBRARY, GRAPH, [seen(True), seen(True, 0, 4, 0.02)], NOON)
    wrong = from_evidence(LIBRARY, GRAPH, [seen(False), seen(False, 0, 2, 0.0)], NOON)
    for one in GRAPH.needs[CONCEPT]:
        assert right[one].p >= nothing[one].p
    for one in GRAPH.leads_to[CONCEPT]:
        assert wrong[one].p <= nothing[one].p
    assert right["chain-rule"].p > nothing["chain-rule"].p + 0.2
    assert wrong["gpt"].p < nothing["gpt"].p


def test_nothing_is_mastered_by_what_was_done_elsewhere(library: Library) -> None:
    everywhere = [seen(True, 0, 5, 0.0, concept) for concept in GRAPH.concepts if concept != CONCEPT]
    found = from_evidence(library, GRAPH, everywhere, NOON)[CONCEPT]
    assert found.p < MASTERED and not met(found, USE)
    assert met(found, EXPLAIN)  # what stands on it was done


def test_a_lesson_done_well_is_mastered_and_a_year_later_no_longer_sure(library: Library) -> None:
    events = [
        Attempt("quiz", CONCEPT, item=item.id, seed=1, passed=True, time=NOON - timedelta(minutes=30 - i))
        for i, item in enumerate(library.quizzes[CONCEPT].entry.items)
    ]
    quiz = belief(library, GRAPH, events, NOON)[CONCEPT]
    assert not quiz.built and not met(quiz, BUILD)
    events += [
        Attempt("exercise", slug, passed=True, time=NOON) for slug in library.lessons[CONCEPT].entry.exercises
    ]
    found = belief(library, GRAPH, events, NOON)
    for concept in library.lessons[CONCEPT].entry.teaches:
        assert met(found[concept], BUILD), concept
    assert not met(belief(library, GRAPH, events, NOON + timedelta(days=365))[CONCEPT], USE)
    assert set(found[CONCEPT].why) <= {event.id for event in events} and len(found[CONCEPT].why) == 3


def test_the_learners_own_word_stands_until_something_is_asked(library: Library) -> None:
    events = [Attempt("placement", CONCEPT, detail={"said": "known"}, time=NOON - timedelta(hours=3))]
    known = belief(library, GRAPH, events, NOON)[CONCEPT]
    assert known.prior == 0.9 and known.answers == 0 and met(known, EXPLAIN) and not met(known, USE)
    events.append(Attempt("placement", CONCEPT, detail={"said": "unknown"}, time=NOON - timedelta(hours=2)))
    assert belief(library, GRAPH, events, NOON)[CONCEPT].p <= 0.05
    item = next(item for item in library.quizzes[CONCEPT].entry.items if item.concept == CONCEPT)
    events.append(Attempt("quiz", CONCEPT, item=item.id, seed=3, passed=True, time=NOON - timedelta(hours=1)))
    assert belief(library, GRAPH, events, NOON)[CONCEPT].p > 0.05


def test_what_comes_after_now_is_not_yet_known() -> None:
    assert p([seen(True, 1)], 0) == p([], 0)
    assert p([seen(True, 1)], 2) > p([], 2)


# Learners whose truth is known


def learners(rng: np.random.Generator, kind: str, count: int) -> Iterator[tuple[list[Evidence], bool]]:
    """Answers of simulated learners to one concept, and whether they have mastered it at the last of them."""
    for _ in range(count):
        theta = rng.choice(GRID, p=before(0.3))
        if kind == "two-peaked":
            theta = rng.choice([-2.5, 2.5], p=[0.7, 0.3])
        slip = 0.2 if kind == "careless" else ability.SLIP
        found: list[Evidence] = []
        half_life, day = ability.HALF_LIFE / (2 if kind == "forgetful" else 1), 0.0
        for _sitting in range(int(rng.integers(1, 5))):
            right = 0
            asked = int(rng.integers(1, 6))
            for i in range(asked):
                difficulty, guess = int(rng.integers(1, 6)), float(rng.choice([0.02, 0.25, 0.33]))
                luck = min(2 * guess, 0.9) if kind == "lucky" else guess
                chance = luck + (1 - luck - slip) / (1 + np.exp(-ability.SLOPE * (theta - difficulty + 3)))
                passed = bool(rng.random() < chance)
                right += passed
                found.append(seen(passed, day + i / 1000, difficulty, guess, name=str(len(found))))
            if 2 * right > asked:
                half_life = min(half_life * ability.LONGER, ability.LONGEST)
            master = theta >= LINE
            pause = float(rng.exponential(20))
            day += 1 + pause
            if theta > ability.FORGOTTEN:
                kept = 0.5 ** ((1 + pause) / half_life)
                theta = ability.FORGOTTEN + (theta - ability.FORGOTTEN) * kept
            if kind != "learns nothing" and rng.random() < ability.LEARNED:
                theta = rng.choice(GRID, p=before(0.5))
        yield found, master


def judged(kind: str, count: int, seed: int = 0) -> list[tuple[float, bool]]:
    """(P, truth) of each learner at the last answer."""
    drawn = list(learners(np.random.default_rng(seed), kind, count))
    courses = [ability.course(found) for found, _ in drawn]
    curves = ability.curves(courses, [0.3] * count, NOON, fresh=True)
    return [(above(curve), truth) for curve, (_, truth) in zip(curves, drawn, strict=True)]


def told(kind: str, pairs: list[tuple[float, bool]]) -> tuple[float, int]:
    """The share of those with P ≥ 0.95 who have not mastered it, and their number; calibration is printed."""
    sure = [truth for p_, truth in pairs if p_ >= MASTERED]
    bins = [[(q, t) for q, t in pairs if low <= q < low + 0.2] for low in np.arange(0, 1, 0.2)]
    shown = " ".join(f"{np.mean([q for q, _ in b]):.2f}:{np.mean([t for _, t in b]):.2f}" for b in bins if b)
    false = 1 - float(np.mean(sure)) if sure else 0.0
    print(
        f"{kind}: {len(sure)} of {len(pairs)} held for masters, {false:.3f} of them falsely; P against truth {shown}"
    )
    return false, len(sure)


KINDS = ["as the model", "careless", "two-peaked", "learns nothing", "forgetful"]
LUCKY = 0.12
"""Who hits twice as often by luck as there are choices cannot be told from one who knows: 11 % were measured."""


@pytest.mark.parametrize("kind", [*KINDS, "lucky"])
def test_who_is_held_for_a_master_is_one(kind: str) -> None:
    """At most 5 % of those with P ≥ 0.95 are not, whatever kind of learner; 3 standard errors of chance allowed."""
    false, count = told(kind, judged(kind, 2500))
    most = LUCKY if kind == "lucky" else 0.05
    assert count >= 8
    assert false <= most + 3 * (most * (1 - most) / count) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*KINDS, "lucky"])
def test_belief_is_calibrated(kind: str) -> None:
    """Too few to tell 5 % from 6: of 200,000 the careless were at 5.2 % and the forgetful at 5.6 (decision 0011)."""
    pairs = judged(kind, 20_000, seed=1)
    false, _ = told(kind, pairs)
    assert false <= (LUCKY if kind == "lucky" else 0.05)
    if kind == "as the model":
        for low in np.arange(0, 1, 0.1):
            inside = [(q, t) for q, t in pairs if low <= q < low + 0.1]
            if len(inside) > 200:  # 0.06: two standard errors of the smallest of them
                told_, true = np.mean([q for q, _ in inside]), np.mean([t for _, t in inside])
                assert told_ == pytest.approx(true, abs=0.06)


def test_ten_years_of_log_take_no_longer_than_their_number(library: Library) -> None:
    """Ten times the events take at most fifteen times as long, on whatever machine: nothing grows with their square."""
    import time

    items = [(slug, item.id) for slug, quiz in library.quizzes.items() for item in quiz.entry.items]
    rng = np.random.default_rng(0)
    events = []
    for i in range(10_000):
        quiz, item = items[i % len(items)]
        at, right = NOON - timedelta(days=3650 * (1 - i / 10_000)), bool(rng.random() < 0.8)
        events.append(Attempt("review", quiz, item=item, seed=i, passed=right, time=at))

    def seconds(part: list[Attempt]) -> float:
        took = []
        for _ in range(3):
            began = time.process_time()
            belief(library, GRAPH, part, NOON)
            took.append(time.process_time() - began)
        return min(took)

    few, many = seconds(events[-1000:]), seconds(events)
    print(f"1,000 events: {few:.2f} s, 10,000: {many:.2f} s")
    assert many < 15 * few
    found = belief(library, GRAPH, events, NOON)
    assert sum(one.answers for one in found.values()) == 10_000
