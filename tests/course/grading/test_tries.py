"""The learner's log and what it decides: tries, hints asked for, the solution; and the learner's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import made_exercises as made
import pytest

from jinjie.base.errors import InvalidInput, NotFound
from jinjie.base.words import Text
from jinjie.course.content.library import Written, one_exercise
from jinjie.course.content.schema import Exercise, Hint
from jinjie.course.grading import hints, tries, workspace
from jinjie.course.grading.behaviour import explained
from jinjie.course.grading.faults import Fault
from jinjie.course.grading.reference import Answer
from jinjie.learner import attempts, standing
from jinjie.learner.store import Store, open_store

UPHILL = made.WRONG["goes_uphill"]


@pytest.fixture
def exercise(tmp_path: Path) -> Written[Exercise]:
    return one_exercise("descent-step", [made.exercise(tmp_path / "content")])


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with open_store() as opened:
        yield opened


def test_every_try_is_an_event_that_can_be_repeated(exercise: Written[Exercise], store: Store) -> None:
    first = tries.hand_in(exercise, UPHILL, store)
    second = tries.hand_in(exercise, "def f(:", store)
    third = tries.hand_in(exercise, made.SOLUTION, store)
    assert (first.tries, second.tries, third.tries) == (1, 2, 2)
    events = list(attempts.iterate(store))
    assert [(one.kind, one.slug, one.passed) for one in events] == [
        ("exercise", "descent-step", False),
        ("exercise", "descent-step", False),
        ("exercise", "descent-step", True),
    ]
    assert [one.seed for one in events] == [first.seed, second.seed, third.seed]
    assert events[0].detail["behaves_like"] == first.behaves_like
    assert events[0].detail["faults"][0]["like"] == "goes_uphill"
    assert events[0].detail["source"] == UPHILL and events[0].score == first.score < 1
    assert events[2].score == 1 and events[0].content == events[2].content
    again = tries.hand_in(exercise, UPHILL, store, seed=first.seed)
    assert [one.passed for one in again.cases] == [one.passed for one in first.cases]
    assert attempts.count(store) == 3, "a repeated check is no try"


def test_tries_count_from_the_last_pass(exercise: Written[Exercise], store: Store) -> None:
    for source in (UPHILL, UPHILL, made.SOLUTION):
        tries.hand_in(exercise, source, store)
    assert standing.standing(store, "descent-step").failed == 0
    assert tries.hand_in(exercise, UPHILL, store).tries == 1
    found = standing.standings(list(attempts.iterate(store)))["descent-step"]
    assert (found.tries, found.passed, found.failed) == (4, True, 1)


def test_hints_come_one_by_one(exercise: Written[Exercise], store: Store) -> None:
    def ask() -> tuple[list[str], int]:
        told, left = tries.ask_hint(exercise, store)
        return [one.en for one in told], left

    assert ask() == (["Work one step on paper."], 1), "nothing was tried: the general ones"
    tries.hand_in(exercise, UPHILL, store)
    assert ask() == (["Which way is down?", "Work one step on paper."], 1)
    assert ask()[0][2:] == ["theta minus rate times gradient."]
    assert ask()[1] == 0
    assert attempts.count(store, kind="exercise") == 5
    assert standing.standing(store, "descent-step").tries == 1, "asking is no try"


def test_the_solution_comes_after_a_pass_or_when_asked_twice(
    exercise: Written[Exercise], store: Store, tmp_path: Path
) -> None:
    assert tries.ask_solution(exercise, store) is None
    assert tries.ask_solution(exercise, store) == made.SOLUTION
    other = one_exercise("other", [made.exercise(tmp_path / "other", "other")])
    tries.hand_in(other, made.SOLUTION, store)
    assert tries.ask_solution(other, store) == made.SOLUTION
    asked = [one.detail["asked"] for one in attempts.iterate(store, kind="exercise") if one.passed is None]
    assert asked == ["solution"] * 3


def test_a_starter_is_copied_once_and_work_is_never_lost(exercise: Written[Exercise], home: Path) -> None:
    first = workspace.start(exercise)
    assert first.began and first.file == home / "exercises" / "descent-step" / "descent_step.py"
    assert first.file.read_text(encoding="utf-8") == made.STARTER
    first.file.write_text("mine", encoding="utf-8")
    again = workspace.start(exercise)
    assert not again.began and first.file.read_text(encoding="utf-8") == "mine"
    kept = [workspace.reset(exercise).kept for _ in range(3)]
    assert len({one for one in kept if one is not None}) == 3
    assert kept[0] is not None and kept[0].read_text(encoding="utf-8") == "mine"
    assert first.file.read_text(encoding="utf-8") == made.STARTER
    assert [workspace.slug_of(one) for one in kept if one] == ["descent-step"] * 3


def test_what_is_no_file_is_said(tmp_path: Path, exercise: Written[Exercise]) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path, tmp_path / "nothing.py", tmp_path / "pipe"):
        with pytest.raises(InvalidInput):
            workspace.content(name)
    assert workspace.slug_of(tmp_path / "Größe.py") is None
    with pytest.raises(NotFound, match="descent-step"):
        one_exercise("decent-step", [exercise.folder.parent.parent])
    for odd in ("..", "../descent-step", "descent-step/", "", "a\0b"):
        with pytest.raises(NotFound):
            one_exercise(odd, [exercise.folder.parent.parent])


def hint(when: str, words: str = "") -> Hint:
    return Hint(when=when, en=words or when, zh="好")


def fault(kind: str = "value", like: str | None = None) -> Fault:
    return Fault(kind, Text("", ""), "f", like=like)


@pytest.mark.parametrize(
    ("faults", "shown"),
    [
        ([fault(like="b")], [["b1"], ["b1", "b2"], ["b1", "b2", "x"], ["b1", "b2", "x", "y"]]),
        ([fault(like="b"), fault(like="a")], [["a", "b1"], ["a", "b1", "b2"]]),
        ([fault()], [["x"], ["x", "y"], ["x", "y"]]),
        ([fault("exception")], [["e"], ["e", "x"], ["e", "x", "y"]]),
        ([fault(like="a"), fault("exception")], [["a", "e"], ["a", "e", "x"]]),
        ([fault("syntax")], [[], [], []]),
        ([], [[]]),
    ],
)
def test_which_hints_are_shown_at_each_try(faults: list[Fault], shown: list[list[str]]) -> None:
    written = [
        hint("a"),
        hint("b", "b1"),
        hint("b", "b2"),
        hint("exception", "e"),
        hint("always", "x"),
        hint("always", "y"),
    ]
    for number, expected in enumerate(shown, 1):
        assert [one.en for one in hints.shown(written, faults, number)] == expected


def answers(*values: object) -> list[Answer]:
    return [Answer(raised=value) if isinstance(value, str) else Answer(value) for value in values]


def test_the_fewest_wrong_solutions_that_explain_most() -> None:
    right = answers(1, 2, 3, 4)
    both, half = answers(9, 9, 9, 4), answers(9, 2, 9, 4)
    assert explained(answers(9, 9, 9, 4), right, {"half": half, "both": both}, 0, 0) == {
        0: "both",
        1: "both",
        2: "both",
    }
    # `half` fits exactly, `both` is contradicted by a case that is right
    assert explained(answers(9, 2, 9, 4), right, {"both": both, "half": half}, 0, 0) == {0: "half", 2: "half"}
    assert explained(answers(7, 7, 3, 4), right, {"both": both}, 0, 0) == {}
    assert explained(
        answers("KeyError", 2, 3, 9),
        right,
        {"a": answers("KeyError", 2, 3, 4), "b": answers(1, 2, 3, 9)},
        0,
        0,
    ) == {0: "a", 3: "b"}
    assert explained(answers("ValueError", 2, 3, 4), right, {"a": answers("KeyError", 2, 3, 4)}, 0, 0) == {}
    assert explained(answers(1, 2, 3, 4), right, {"both": both}, 0, 0) == {}
    in_place = [Answer(9, mutated=True), *right[1:]]
    assert explained(answers(9, 2, 3, 4), right, {"in_place": in_place}, 0, 0) == {}, (
        "it leaves its arguments alone"
    )
    assert explained(in_place, right, {"in_place": in_place}, 0, 0) == {0: "in_place"}
    assert explained(answers(9, 2, 3, 4), right, {"late": [None, None, None, None]}, 0, 0) == {}
