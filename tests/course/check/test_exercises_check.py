"""C020 to C024: each fault planted once and found at its file and line; our exercises as a learner meets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import made_exercises as made
import pytest

from jinjie.course.check.exercises import exercise, exercises
from jinjie.course.content import load
from jinjie.course.content.library import one_exercise
from jinjie.course.grading.marking import grade

OURS = sorted(load().exercises)


def found(root: Path, seeds: int = 4) -> list[tuple[str, str, int, str]]:
    written = one_exercise("descent-step", [root])
    return [(one.code, one.file.name, one.line, one.says("en")) for one in exercise(written, seeds)]


def test_a_whole_exercise_has_no_finding(tmp_path: Path) -> None:
    assert found(made.exercise(tmp_path), seeds=20) == []


def solution(old: str, new: str) -> dict[str, str]:
    """The solution with one change."""
    assert old in made.SOLUTION
    return {"solution": made.SOLUTION.replace(old, new)}


def sheet(old: str, new: str) -> dict[str, str]:
    """The sheet with one change."""
    assert old in made.SHEET
    return {"sheet": made.SHEET.replace(old, new)}


def wrong(**more: str) -> dict[str, dict[str, str]]:
    """The wrong solutions with these others."""
    return {"wrong": {**made.WRONG, **more}}


STEP = "    return theta"
UNSEEDED = "import numpy as np\n\n\ndef cases(rng):\n    rng = np.random.default_rng()"
ONE_ENTRY = (
    "def cases(rng):\n    while True:\n        yield {'en': 'a', 'zh': '一'}, 'loss', (rng.normal(size=3),)\n"
)
CHANGES = {
    "solution": made.WRONG["changes_theta"],
    "wrong": {name: made.WRONG[name] for name in ("goes_uphill", "sums_instead_of_mean")},
    **sheet("changes_theta", "always"),
}
NO_WRONG = {
    "wrong": {},
    "sheet": made.SHEET.partition("hints:")[0] + "hints: [{when: always, en: a, zh: 一}]\n",
}
SLOW = solution(STEP, f"    import time\n    time.sleep(0.01)\n{STEP}") | sheet(
    "seconds: 1.0", "seconds: 0.2"
)
ENDLESS = solution(STEP, f"    while True: pass\n{STEP}") | sheet("seconds: 1.0", "seconds: 0.2")

PLANTED: dict[str, tuple[dict[str, Any], str, str, int, str]] = {
    "the starter is the solution": (
        {"starter": made.SOLUTION},
        "C020",
        "starter.py",
        1,
        "the starter passes",
    ),
    "the starter is no Python": ({"starter": "x = 1\ndef f(:\n"}, "C020", "starter.py", 2, "is no Python"),
    "the starter lacks a function": (
        {"starter": "def loss(e):\n    0\n"},
        "C020",
        "starter.py",
        1,
        "lacks step",
    ),
    "the solution raises for some seeds": (
        solution(STEP, f"    assert len(theta) < 8\n{STEP}"),
        *("C021", "solution.py", 9, "AssertionError"),
    ),
    "the solution lacks a function": (
        solution("def step", "def stop"),
        *("C021", "solution.py", 1, "no attribute 'step'"),
    ),
    "the solution is another each time": (
        solution("np.mean(errors**2)", "np.mean(errors**2) + np.random.normal()"),
        *("C021", "solution.py", 4, "expected"),
    ),
    "the solution changes its arguments": (CHANGES, "C021", "solution.py", 8, "changes its arguments"),
    "the solution is no text": ({"solution": "\0"}, "C001", "solution.py", 1, "U+0000"),
    "cases are not seeded": (
        {"cases": made.CASES.replace("def cases(rng):", UNSEEDED)},
        *("C021", "cases.py", 6, "for the same seed"),
    ),
    "no case calls a function": ({"cases": ONE_ENTRY}, "C021", "exercise.yaml", 4, "no case calls `step`"),
    "a case's name in one language": (
        {"cases": made.CASES.replace('{"en": "two errors", "zh": "两个误差"}', '"two errors"')},
        *("C003", "cases.py", 2, "two errors"),
    ),
    "a wrong solution is right": (
        wrong(goes_uphill=made.SOLUTION),
        *("C022", "goes_uphill.py", 1, "passes with seed"),
    ),
    "a wrong solution has a slip": (
        wrong(goes_uphill=made.SOLUTION.replace("rate * ", "rates * ")),
        *("C022", "goes_uphill.py", 1, "ends in NameError"),
    ),
    "two wrong solutions are one": (
        wrong(goes_uphill=made.WRONG["sums_instead_of_mean"]),
        *("C022", "sums_instead_of_mean.py", 1, "gets the hint of `goes_uphill`"),
    ),
    "a hint is for nothing": (
        sheet("when: goes_uphill", "when: goes_downhill"),
        *("C022", "exercise.yaml", 12, "there is no wrong/goes_downhill.py. Did you mean"),
    ),
    "a wrong solution has no hint": (
        wrong(forgets_rate=made.SOLUTION.replace("rate * ", "")),
        *("C022", "exercise.yaml", 10, "wrong/forgets_rate.py has no hint"),
    ),
    "too few wrong solutions": (NO_WRONG, "C022", "exercise.yaml", 1, "there are 0"),
    "no tolerance": (
        sheet("rtol: 1.0e-6\natol: 1.0e-9\n", ""),
        *("C023", "exercise.yaml", 1, "neither `rtol` nor `atol`"),
    ),
    "slow": (SLOW, "C024", "exercise.yaml", 9, "of a limit of 0.2 s"),
    "endless": (ENDLESS, "C024", "solution.py", 1, "timeout"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_fault_is_found_where_it_is(tmp_path: Path, name: str) -> None:
    files, code, file, line, words = PLANTED[name]
    root = made.exercise(tmp_path, **files)
    all_found = found(root)
    matching = [one for one in all_found if one[:3] == (code, file, line) and words in one[3]]
    assert matching, all_found


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    root = made.exercise(tmp_path)
    (root / "exercises" / "descent-step" / "cases.py").unlink()
    (root / "exercises" / "descent-step" / "wrong" / "two words.py").write_text("", encoding="utf-8")
    assert {(code, file) for code, file, _, _ in found(root)} == {
        ("C001", "cases.py"),
        ("C001", "two words.py"),
    }


def test_one_bad_exercise_hides_no_other(tmp_path: Path) -> None:
    made.exercise(tmp_path, "first", solution="def f(:\n")
    made.exercise(tmp_path, "second", starter=made.SOLUTION)
    codes = {(one.code, one.file.parent.name) for one in exercises(load([tmp_path]))}
    assert ("C021", "first") in codes and ("C020", "second") in codes


@pytest.mark.parametrize("slug", OURS)
def test_our_exercises_as_a_learner_meets_them(slug: str) -> None:
    """Handed in: the starter fails, the solution passes."""
    written = one_exercise(slug)
    assert not grade(written, (written.folder / "starter.py").read_bytes()).passed
    assert grade(written, (written.folder / "solution.py").read_bytes()).passed


@pytest.mark.slow
@pytest.mark.parametrize("slug", OURS)
def test_each_wrong_solution_of_ours_gets_its_own_hint_at_the_first_try(slug: str) -> None:
    written = one_exercise(slug)
    for path in sorted((written.folder / "wrong").glob("*.py")):
        made_grade = grade(written, path.read_bytes())
        assert not made_grade.passed, path
        own = [hint.en for hint in written.entry.hints if hint.when == path.stem]
        assert own[0] in [hint.en for hint in made_grade.hints], path
        assert list(made_grade.behaves_like) == [path.stem], path
