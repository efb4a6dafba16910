"""The rules that need the whole graph, each broken once; and our own course, which has no finding."""

from __future__ import annotations

from pathlib import Path

import made_exercises as made
import pytest
from course_folders import LESSON, small
from typer.testing import CliRunner

from jinjie.base.errors import NotFound
from jinjie.cli.main import build
from jinjie.cli.quoted import commands
from jinjie.course.check import RUNNING, check, of_lessons
from jinjie.course.content import load
from jinjie.course.content.sync import declare_equal
from sampled import sampled

QUIZ = """items:
  - id: way
    concept: descent
    difficulty: 1
    stem: {en: "Which way?", zh: "往哪边？"}
    choices:
      - {text: {en: Down, zh: 下}, explain: {en: Yes., zh: 对。}, correct: true}
      - {text: {en: Up, zh: 上}, explain: {en: "That climbs.", zh: "那是往上。"}}
"""


def codes(root: Path) -> list[str]:
    return [one.code for one in check([root], run=False)[1]]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one lesson that wants only its exercise."""
    root = small(tmp_path / "course", quizzes__descent_yaml=QUIZ)
    declare_equal(load([root]).lesson("descent"))
    return root


def change(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new, 1))


def test_only_the_exercise_is_missing(course: Path) -> None:
    assert codes(course) == ["C012"]


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("concepts/first.yaml", "minutes: 10,", "requires: [descent], minutes: 10,", "C010"),
        ("concepts/first.yaml", "minutes: 10,", "soft_requires: [desent], minutes: 10,", "C005"),
        ("concepts/first.yaml", "lesson: descent}", "lesson: descent, planned: true}", "C005"),
        ("concepts/first.yaml", "lesson: descent}", "lesson: other}", "C012"),
        ("lessons/descent/lesson.yaml", "minutes:", "requires: [scaling-law-fit]\nminutes:", "C005"),
        ("lessons/descent/lesson.yaml", "minutes:", "experiments: [none-such]\nminutes:", "C005"),
        ("lessons/descent/lesson.yaml", "minutes:", "quiz: none-such\nminutes:", "C005"),
        ("lessons/descent/lesson.yaml", "minutes:", "requires: [self-attention]\nminutes:", "C013"),
        ("lessons/descent/en.md", "Words.", "Other words.", "C004"),
        ("lessons/descent/zh.md", "文字。", "$$x$$", "C042"),
        ("lessons/descent/lesson.yaml", "Downhill.", "Down $x^$.", "C041"),
        ("quizzes/descent.yaml", "That climbs.", "That climbs $x^$.", "C041"),
        ("quizzes/descent.yaml", "concept: descent", "concept: none-such", "C005"),
        ("quizzes/descent.yaml", ", correct: true", "", "C030"),
    ],
)
def test_each_fault_has_its_code(course: Path, file: str, old: str, new: str, code: str) -> None:
    change(course, file, old, new)
    assert code in codes(course), check([course], run=False)[1]


def test_the_code_of_both_languages_is_run(course: Path) -> None:
    """Only the texts of a fence may differ between languages, and so may what it prints: each is held to its own."""
    fence = "Words.\n\n```python\nprint('{}')\n```\n\n```output\n{}\n```\n"
    (course / "lessons/descent/en.md").write_text(fence.format("down", "down"))
    (course / "lessons/descent/zh.md").write_text(fence.format("下", "上"))
    declare_equal(load([course]).lesson("descent"))
    found = [(one.code, one.file.name) for one in check([course])[1]]
    assert ("C040", "zh.md") in found and ("C040", "en.md") not in found


def test_a_planned_concept_is_taught_by_nobody(course: Path) -> None:
    planned = next(one.slug for one in load().concepts.values() if one.entry.planned)
    change(course, "lessons/descent/lesson.yaml", "minutes:", f"requires: [{planned}]\nminutes:")
    assert "C011" in codes(course)


def test_sync_leaves_the_rest_of_the_file_alone(tmp_path: Path) -> None:
    root = small(tmp_path / "course", lessons__descent__lesson_yaml="# mine\n" + LESSON)
    file = declare_equal(load([root]).lesson("descent"))
    declare_equal(load([root]).lesson("descent"))
    text = file.read_text()
    assert text.startswith("# mine\n" + LESSON) and text.count("synced:") == 1


SLOW = ("experiment.check.slow", "check.exercise.slow")
"""What is only slow is left to `jinjie content check`: a busy machine is no fault of the course."""


def test_our_course_has_no_finding_that_can_be_read() -> None:
    _, found = check(also=(commands,), run=False)
    assert [str(one) for one in found] == []


@pytest.mark.parametrize("slug", sampled(sorted(load().lessons, reverse=True), 6))
def test_what_a_lesson_of_ours_runs_keeps_every_rule(slug: str) -> None:
    """Its fences print what stands there, its experiments answer; of its exercises the starter fails, the solution
    passes on 20 seeds, and each wrong one fails on them with its hint, all within limits."""
    part = of_lessons(load(), [slug])
    found = [one for rule in RUNNING for one in rule(part)]
    assert [str(one) for one in found if one.problem.key not in SLOW] == []


def test_every_part_of_ours_belongs_to_a_lesson() -> None:
    """And so is run by the test above."""
    library = load()
    lessons = [one.entry for one in library.lessons.values()]
    assert {slug for one in lessons for slug in one.exercises} == set(library.exercises)
    assert {slug for one in lessons for slug in one.experiments} == set(library.experiments)
    assert {one.quiz for one in lessons} == set(library.quizzes)


def test_what_is_told_of_a_lesson_alone_includes_its_wrong_solutions(course: Path) -> None:
    change(course, "lessons/descent/lesson.yaml", "minutes:", "exercises: [going-down]\nminutes:")
    made.exercise(course, "going-down", wrong={**made.WRONG, "nothing_is_wrong": made.SOLUTION})
    _, found = check([course], slugs=["descent"])
    assert ("C022", "nothing_is_wrong.py") in [(one.code, one.file.name) for one in found]


def test_a_lesson_can_be_checked_alone(course: Path) -> None:
    change(course, "lessons/descent/en.md", "Words.", "Other words.")
    runner = CliRunner()
    mine = runner.invoke(build(), ["content", "check", "descent", "--quick", "--content", str(course)])
    assert mine.exit_code == 1 and "C004" in mine.output
    other = runner.invoke(build(), ["content", "check", "attention", "--quick", "--content", str(course)])
    assert other.exit_code == 0
    none = runner.invoke(build(), ["content", "check", "atention", "--quick"])
    assert isinstance(none.exception, NotFound) and "attention" in str(none.exception)


def test_the_command_names_file_line_and_fix(course: Path) -> None:
    change(course, "lessons/descent/en.md", "Words.", "Other words.")
    result = CliRunner().invoke(build(), ["content", "check", "--quick", "--content", str(course)])
    assert result.exit_code == 1
    assert "C004" in result.output and "jinjie content sync" in result.output
    result = CliRunner().invoke(build(), ["content", "sync", "descent", "--content", str(course), "--json"])
    assert result.exit_code == 0
    assert codes(course) == ["C012"]


def test_a_command_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    root = small(tmp_path / "course")
    text = root / "lessons" / "descent" / "en.md"
    text.write_text(text.read_text() + "\n```console\njinjie runs\njinjie rum line-2\n```\n")
    line = text.read_text().splitlines().index("jinjie rum line-2") + 1
    result = CliRunner().invoke(build(), ["content", "check", "--quick", "--content", str(root), "--json"])
    assert f'"line": {line}' in result.output and "C044" in result.output
    assert result.output.count("C044") == 1
