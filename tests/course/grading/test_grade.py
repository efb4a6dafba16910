"""Submissions graded end to end, in the sandbox that this machine has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import made_exercises as made
import pytest

from jinjie.course.content.library import one_exercise
from jinjie.course.grading import parts
from jinjie.course.grading.marking import Grade, grade
from jinjie.course.grading.parts import ExerciseBroken

NUMPY = "import numpy as np\n\n\n"
LOSS = "def loss(errors):\n    return np.mean(errors**2)\n\n\n"
HEAD = "def step(theta, gradient, rate):\n"
STEP = HEAD + "    return theta - rate * gradient\n"


@pytest.fixture(scope="module")
def its(tmp_path_factory: pytest.TempPathFactory) -> Iterator[parts.Parts]:
    root = made.exercise(tmp_path_factory.mktemp("content"))
    yield parts.read(one_exercise("descent-step", [root]))


def one(
    tmp_path: Path, solution: str, cases: str, submission: str, settings: str = "", **more: object
) -> Grade:
    root = made.one_function(tmp_path / "content", solution, cases, settings=settings)
    return grade(one_exercise("one", [root]), submission, **more)  # type: ignore[arg-type]


def kinds(found: Grade) -> list[tuple[str, str | None]]:
    return [(fault.kind, fault.entry) for fault in found.faults]


def hints(found: Grade) -> list[str]:
    return [hint.en for hint in found.hints]


def test_the_solution_passes_on_other_hidden_cases_each_time(its: parts.Parts) -> None:
    first, second = grade(its, made.SOLUTION), grade(its, made.SOLUTION)
    for found in (first, second):
        assert found.passed and not found.faults and not found.hints and found.score == 1.0
        assert [one.visible for one in found.cases] == [True] * 4 + [False] * 16
        assert found.tier in (1, 2) and found.tries == 0
    assert first.seed != second.seed


def test_a_check_can_be_repeated_by_its_seed(its: parts.Parts) -> None:
    """A function that is right for a part of the hidden cases shows by which cases they were."""
    sometimes = (
        NUMPY
        + LOSS
        + "def step(theta, gradient, rate):\n    return theta - rate * (gradient.flat[0] > 0) * gradient\n"
    )
    first = grade(its, sometimes)
    again = grade(its, sometimes, seed=first.seed)
    assert [one.passed for one in again.cases] == [one.passed for one in first.cases]
    assert len({one.passed for one in first.cases}) == 2
    other = [tuple(one.passed for one in grade(its, sometimes).cases[4:]) for _ in range(3)]
    assert any(marks != tuple(one.passed for one in first.cases[4:]) for marks in other)
    assert all(one.passed == two.passed for one, two in zip(first.cases[:4], again.cases[:4], strict=True))


def test_the_starter_is_not_written_yet(its: parts.Parts) -> None:
    found = grade(its, made.STARTER)
    assert kinds(found) == [("unwritten", "loss"), ("unwritten", "step")]
    assert found.faults[0].line == 6 and found.faults[0].source == "raise NotImplementedError"
    assert hints(found) == ["Work one step on paper."]


@pytest.mark.parametrize("name", made.WRONG)
def test_a_wrong_solution_gets_its_own_hint(its: parts.Parts, name: str) -> None:
    found = grade(its, made.WRONG[name])
    assert not found.passed
    said = {
        "sums_instead_of_mean": "Mean, not sum.",
        "goes_uphill": "Which way is down?",
        "changes_theta": "Make a new array.",
    }
    assert hints(found) == [said[name]]
    assert found.behaves_like.keys() == {name}


def test_the_same_mistake_in_other_words_gets_the_hint(its: parts.Parts) -> None:
    """What is compared is behaviour, and no text."""
    other = (
        NUMPY
        + LOSS
        + HEAD
        + "    for _ in range(3):\n        theta = theta + rate / 3 * gradient\n    return theta\n"
    )
    assert hints(grade(its, other)) == ["Which way is down?"]


def test_several_faults_are_told_at_once_each_with_its_hint(its: parts.Parts) -> None:
    found = grade(
        its,
        NUMPY
        + "def loss(errors):\n    return (errors**2).sum()\n\n\n"
        + HEAD
        + "    if theta.ndim == 2:\n        return gradient.T\n    return theta + rate * gradient\n",
    )
    assert kinds(found) == [("value", "loss"), ("value", "step"), ("shape", "step")]
    assert [fault.like for fault in found.faults] == ["sums_instead_of_mean", "goes_uphill", None]
    assert hints(found) == ["Mean, not sum.", "Which way is down?", "Work one step on paper."]
    assert sum(len(fault.cases) for fault in found.faults) == 20


def test_more_is_shown_with_every_try(its: parts.Parts) -> None:
    wrong = made.WRONG["goes_uphill"]
    first, second, third = (grade(its, wrong, failed_before=before, seed=7) for before in range(3))
    assert (first.tries, second.tries, third.tries) == (1, 2, 3)
    assert first.shown is None and hints(first) == ["Which way is down?"]
    assert hints(second) == [*hints(first), "Work one step on paper."]
    assert hints(third) == [*hints(second), "theta minus rate times gradient."]
    assert second.shown is not None
    assert second.shown.name.zh == "两个数" and second.shown.call.startswith("step(np.array([")
    assert second.shown.expected != second.shown.came.en


def test_the_smallest_case_is_one_that_everyone_may_see(tmp_path: Path) -> None:
    """Of twenty lengths the shortest that fails; the visible one has ten."""
    cases = """def cases(rng):
    yield {"en": "ten", "zh": "十"}, (list(range(10)),)
    while True:
        yield {"en": "ten", "zh": "十"}, (list(range(int(rng.integers(2, 30)))),)
        yield {"en": "odd one", "zh": "怪例"}, ([77],)
"""
    wrong = "def f(x):\n    return sum(x) if len(x) < 6 and 77 not in x else -1\n"
    found = one(
        tmp_path, "def f(x):\n    return sum(x)\n", cases, wrong, "visible: 1\nhidden: 9", failed_before=1
    )
    assert found.shown is not None
    assert 6 <= len(eval(found.shown.call.removeprefix("f"))) < 10  # noqa: S307  written by this test
    assert "[77]" not in repr(found)


def test_a_fault_of_hidden_cases_alone_tells_their_name_and_nothing_else(tmp_path: Path) -> None:
    cases = """def cases(rng):
    yield {"en": "small", "zh": "小"}, (1,)
    while True:
        yield {"en": "large", "zh": "大"}, (int(rng.integers(10**8, 10**9)),)
"""
    leak = """def f(x):
    if x > 9:
        print(x)
        raise type(f"E{x}", (Exception,), {})(f"the case is {x}")
    return x
"""
    found = one(tmp_path, "def f(x):\n    return x\n", cases, leak, "visible: 1\nhidden: 3", failed_before=1)
    assert not found.passed and found.cases[0].passed and found.shown is None
    assert [fault.says.en for fault in found.faults] == ["it raises Exception"]
    assert found.faults[0].source.startswith("raise type(") and found.faults[0].line == 4
    said = str(found.for_json() | {"seed": 0, "seconds": 0, "ran": 0})
    assert [found.cases[i].name.en for i in found.faults[0].cases] == ["large", "large"]
    assert not re.search(r"\d{8}", said), "digits of a hidden case"


def test_wrong_values_of_hidden_cases_are_told_without_them(tmp_path: Path) -> None:
    cases = """def cases(rng):
    yield {"en": "small", "zh": "小"}, (1,)
    while True:
        yield {"en": "large", "zh": "大"}, (int(rng.integers(10**8, 10**9)),)
"""
    wrong = "def f(x):\n    return x if x < 9 else x + 1\n"
    found = one(tmp_path, "def f(x):\n    return x\n", cases, wrong, "visible: 1\nhidden: 3", failed_before=1)
    assert [fault.says.en for fault in found.faults] == ["the value is wrong"]
    assert not re.search(r"\d{8}", str(found.for_json() | {"seed": 0, "seconds": 0, "ran": 0}))


def test_a_warning_names_the_file_and_not_its_place_in_the_sandbox(its: parts.Parts) -> None:
    found = grade(its, made.SOLUTION.replace("return theta", "return np.array([1.0]) / 0 + theta"))
    assert found.printed.startswith("submission.py:9: RuntimeWarning: divide by zero")


def test_a_wrong_solution_that_never_ends_is_recognised_and_not_waited_for(tmp_path: Path) -> None:
    loop = made.SOLUTION.replace(
        "    return theta", "    while theta.ndim == 2:\n        pass\n    return theta"
    )
    text = made.SHEET.replace(
        "  - {when: exception", "  - {when: loops, en: It never ends., zh: 停不下来。}\n  - {when: exception"
    )
    root = made.exercise(tmp_path, sheet=text, wrong={**made.WRONG, "loops": loop})
    its = one_exercise("descent-step", [root])
    right = grade(its, made.SOLUTION)
    # half a second for the loop, and a second for everything else
    assert right.passed and right.seconds < 3
    found = grade(its, loop.replace("pass", "theta = theta + 0"))
    assert kinds(found) == [("timeout", None)] and hints(found) == ["It never ends."]


def test_prints_of_visible_cases_are_shown(its: parts.Parts) -> None:
    found = grade(
        its,
        NUMPY
        + LOSS
        + "def step(theta, gradient, rate):\n    print('rate', rate, '\\x1b[31m')\n    return 0\n",
    )
    assert found.printed == "rate 0.1 \\x1b[31m\nrate 0.3 \\x1b[31m\n"


@pytest.mark.parametrize(
    ("submission", "kind", "words"),
    [
        (NUMPY + LOSS, "missing", "there is no function `step` in the file"),
        (NUMPY + LOSS + STEP.replace("step", "steps"), "missing", "There is `steps`: is it meant?"),
        (NUMPY + LOSS + STEP.replace(", rate", ""), "signature", "as asked: `step(theta, gradient, rate)`"),
        (NUMPY + LOSS + "step = 3\n", "signature", "`step` is no function"),
        (NUMPY + LOSS + STEP.replace("return ", "x = "), "none", "Is a `return` missing?"),
        (NUMPY + LOSS + STEP.replace("return", "yield"), "type", "expected an array of float64, came generator"),
        (NUMPY + LOSS + HEAD + "    return gradient[99]\n", "exception", "IndexError: index 99 is out of bounds"),
        (NUMPY + LOSS + "import nopackage\n" + STEP, "import", "No module named 'nopackage'. An exercise has NumPy"),
        (NUMPY + LOSS + "print(rate)\n" + STEP, "import", "NameError: name 'rate' is not defined"),
        (NUMPY + LOSS + HEAD + "    return theta.tolist()\n", "type", "expected an array of float64, came a list"),
    ],
)  # fmt: skip
def test_each_fault_is_said_as_what_it_is(its: parts.Parts, submission: str, kind: str, words: str) -> None:
    found = grade(its, submission)
    assert [fault.kind for fault in found.faults] == [kind]
    assert words in found.faults[0].says.en
    if kind == "exception":
        assert (found.faults[0].line, found.faults[0].source) == (9, "return gradient[99]")


def test_a_text_that_is_no_python_is_not_run(its: parts.Parts) -> None:
    found = grade(its, "def step(:\n")
    assert kinds(found) == [("syntax", None)] and found.tier is None and not found.cases
    assert found.faults[0].line == 1 and not found.hints


def test_expected_none_and_nested_values(tmp_path: Path) -> None:
    cases = 'def cases(rng):\n    yield {"en": "a", "zh": "一"}, (int(rng.integers(9)),)\n'
    solution = "import numpy as np\ndef f(x):\n    return None, {'a': [np.ones(3) * x, (x, 'b', True)]}\n"
    assert one(tmp_path / "right", solution, cases, solution).passed
    wrong = solution.replace("True", "1")
    assert [f.kind for f in one(tmp_path / "wrong", solution, cases, wrong).faults] == ["type"]


@pytest.mark.parametrize(
    ("solution", "cases", "words"),
    [
        ("def g(x):\n    return x\n", "def cases(rng):\n    yield 'a', (1,)\n", "has no attribute 'f'"),
        ("def f(x):\n    return 1 / 0\n", "def cases(rng):\n    yield 'a', (1,)\n", "solution.py:2: ZeroDivisionError"),
        ("def f(x):\n    return x\n", "def cases(rng):\n    yield 'a', [1]\n", "are a tuple or a dict, came [1]"),
        ("def f(x):\n    return x\n", "def cases(rng):\n    return\n    yield\n", "yields nothing"),
        ("def f(x):\n    return x\n", "def cases(rng):\n    yield 1, (1,)\n", "a case's name is a text"),
        ("def f(x):\n    return x\n", "def cases(rng):\n    yield 'a', 'g', (1,)\n", "entry is one of f, came 'g'"),
        ("def f(x):\n    return x\n", "def cases(rng:\n", "cases.py:1: SyntaxError"),
    ],
)  # fmt: skip
def test_an_exercise_that_fails_by_itself_is_nobody_elses_fault(
    tmp_path: Path, solution: str, cases: str, words: str
) -> None:
    with pytest.raises(ExerciseBroken) as caught:
        one(tmp_path, solution, cases, "def f(x):\n    return x\n")
    assert words in str(caught.value) and "not of your code" in str(caught.value)
