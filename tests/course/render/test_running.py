"""Fences run in the sandbox, what they print is compared with their text, and results are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.base.paths import lessons_home
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Lesson
from jinjie.course.experiments.worker import Worker
from jinjie.course.render import running
from jinjie.course.render import tree as nodes
from jinjie.course.render.kept import Kept
from jinjie.course.render.reading import parse

from .conftest import ENGLISH, FILES, Shelf


def faults(shelf: Shelf, before: str, after: str) -> list[tuple[str, int, str]]:
    lesson = shelf(en=ENGLISH.replace(before, after)).lesson("slopes")
    text = parse(lesson.words("en"), lesson.words_file("en"))
    return [(one.code, one.line, one.problem.key) for one in running.findings(text, lesson)]


def line(before: str) -> int:
    return ENGLISH[: ENGLISH.index(before)].count("\n") + 1


def test_the_lesson_runs_and_prints_what_it_says(shelf: Shelf) -> None:
    assert faults(shelf, "", "") == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("print(first + 1)", "print(frist + 1)", ("C040", line("print(first + 1)"), "lesson.fence_raised")),
        ("first 42\n", "first 43\n", ("C040", line("first 42\n"), "lesson.fence_other")),
        ("\n```output\n43\n```\n", "", ("C040", line("print(first + 1)") - 1, "lesson.fence_prints")),
        (
            "print(first + 1)",
            "import os; os._exit(0)",
            ("C040", line("print(first + 1)") - 1, "lesson.fence_ended"),
        ),
    ],
)
def test_code_that_does_something_else_is_found(
    shelf: Shelf, before: str, after: str, fault: tuple[str, int, str]
) -> None:
    assert faults(shelf, before, after) == [fault]


@pytest.mark.parametrize(
    ("written", "printed", "at"),
    [
        ("loss 0.6040", "loss 0.6041", None),  # one in the last place is rounding
        ("loss 0.6040", "loss  0.6099", None),  # within 1 %
        ("loss 0.6040", "loss 0.6140", 0),
        ("a\n-1.0", "a\n1.0", 1),
        ("3,495,168", "3,495,168", None),
        ("[1. 2.]", "[1. 2.]", None),
        ("batch 64", "batch 65", 0),
        ("1e-05", "2e-05", None),  # one in its last place, however small
        ("x1 2", "x2 2", 0),  # a digit of a name is no number
        ("a", "a\nb", 1),
        ("a", "b", 0),
        ("True", "False", 0),
    ],
)
def test_outputs_are_compared_by_their_numbers(written: str, printed: str, at: int | None) -> None:
    assert running.differs(written, printed, 0.01) == at


def test_code_of_content_is_cut_off_from_the_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (ran,) = running.run([f"print(open({str(secret)!r}).read())"])
    assert "secret" not in ran.text and ran.error


def test_an_endless_fence_ends() -> None:
    made = running.run(["print(1)", "while True: pass", "print(2)"], seconds=1.0)
    assert made[0] == running.Ran("1") and made[1].missing and made[2].missing


def kept(lesson: Written[Lesson], library: Library, worker: Worker | None = None) -> Kept:
    return Kept(
        parse(lesson.words("en"), lesson.words_file("en")), lesson, library, "en", worker and (lambda: worker)
    )


def test_what_ran_is_kept_and_shown_the_next_time(library: Library) -> None:
    lesson = library.lesson("slopes")
    first = kept(lesson, library)
    assert first.printed(first.fences[0]) is None
    first.run()
    for results in (first, kept(lesson, library)):
        printed = results.printed(results.fences[0])
        assert printed is not None and printed.text == "first 42" and not printed.failed


def test_changed_code_has_results_of_its_own(shelf: Shelf) -> None:
    library = shelf()
    kept(library.lesson("slopes"), library).run()
    library = shelf(en=ENGLISH.replace("2 * 21", "2 * 22"))
    results = kept(library.lesson("slopes"), library)
    assert results.printed(results.fences[0]) is None


def test_damaged_results_are_made_again(library: Library) -> None:
    lesson = library.lesson("slopes")
    kept(lesson, library).run()
    for path in lessons_home().rglob("*.json"):
        path.write_text('[["a"', encoding="utf-8")
    results = kept(lesson, library)
    assert results.printed(results.fences[0]) is None


def test_a_figure_is_drawn_once(library: Library) -> None:
    lesson = library.lesson("slopes")
    with Worker(library) as worker:
        results = kept(lesson, library, worker)
        (figure,) = [node for node in results.text.walk() if isinstance(node, nodes.Figure)]
        drawn = results.drawing(figure)
    assert drawn is not None and drawn.startswith(b"<svg")
    assert kept(lesson, library).drawing(figure) == drawn  # without a worker: what was kept
    other = nodes.Figure(figure.experiment, {"rate": 0.3}, "", (), 1)
    assert kept(lesson, library).drawing(other) is None


def test_an_experiment_that_changed_is_drawn_anew(shelf: Shelf, tmp_path: Path) -> None:
    library = shelf()
    lesson = library.lesson("slopes")
    with Worker(library) as worker:
        results = kept(lesson, library, worker)
        (figure,) = [node for node in results.text.walk() if isinstance(node, nodes.Figure)]
        assert results.drawing(figure) is not None
    source = tmp_path / "content" / "experiments" / "valley.py"
    source.write_text(source.read_text(encoding="utf-8").replace("1 - rate", "2 - rate"), encoding="utf-8")
    assert kept(lesson, library).drawing(figure) is None


def test_a_figure_that_cannot_be_drawn_says_why(shelf: Shelf, tmp_path: Path) -> None:
    assert "experiments/valley.py" in FILES
    library = shelf()
    (tmp_path / "content" / "experiments" / "valley.py").write_text("1 / 0\n", encoding="utf-8")
    with Worker(library) as worker:
        results = kept(library.lesson("slopes"), library, worker)
        (figure,) = [node for node in results.text.walk() if isinstance(node, nodes.Figure)]
        assert results.drawing(figure) is None
    assert "ZeroDivisionError" in str(results.undrawn[figure.line])
