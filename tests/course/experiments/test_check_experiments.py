"""C005 and C070: each fault of an experiment is found at its line; a sound one has none."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty_experiments import add

from jinjie.course.check.experiments import experiments
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "content"
    (made / "experiments").mkdir(parents=True)
    return made


def found(folder: Path) -> list[Finding]:
    library = load([folder])
    assert not library.findings, [str(finding) for finding in library.findings]
    return list(experiments(library))


def test_a_sound_experiment_has_no_finding(folder: Path) -> None:
    add(folder, "valley", "show")
    assert found(folder) == []


@pytest.mark.parametrize(
    ("function", "code", "line", "word"),
    [
        ("absent", "C005", 2, "no function 'absent'"),
        ("raises", "C070", 3, "ZeroDivisionError"),
        ("nothing", "C070", 3, "not dict"),
        ("slow", "C070", 3, "within 0.3 s"),
        ("few", "C070", 3, "steps"),
        ("edge", "C070", 4, "rate=1.2"),
    ],
)
def test_each_fault_is_found_at_its_line(
    folder: Path, function: str, code: str, line: int, word: str
) -> None:
    add(folder, "broken", function)
    faults = found(folder)
    assert [(fault.code, fault.line) for fault in faults] == [(code, line)]
    assert word in faults[0].says("en")
    assert faults[0].says("zh") != faults[0].says("en")


def test_a_file_that_is_not_there_or_does_not_import(folder: Path) -> None:
    add(folder, "a", "show")
    (folder / "experiments" / "a.py").unlink()
    add(folder, "b", "show")
    (folder / "experiments" / "b.py").write_text("import nonesuch\n", "utf-8")
    assert [(fault.code, fault.file.stem) for fault in found(folder)] == [("C005", "a"), ("C070", "b")]


def test_two_knobs_of_one_name(folder: Path) -> None:
    add(folder, "a", "show", "name: noisy", "name: start")
    faults = found(folder)
    assert ("C070", 7) in [(fault.code, fault.line) for fault in faults]


RECIPE = """\
title: {en: A training, zh: 一次训练}
recipe: NAME
settings: {budget.steps: 20}
knobs:
  - {name: KNOB, label: {en: batch, zh: 批}, choices: [8, LAST], default: 8}
notice: {en: x, zh: 甲}
"""


@pytest.mark.parametrize(
    ("name", "knob", "last", "expected"),
    [
        ("digits", "budget.batch", "64", []),
        ("digist", "budget.batch", "64", [("C005", 2)]),
        ("digits", "budget.bacth", "64", [("C070", 5)]),
        ("digits", "budget.batch", "-1", [("C070", 5)]),
    ],
)
def test_recipes_are_read_with_their_settings(
    folder: Path, name: str, knob: str, last: str, expected: list[tuple[str, int]]
) -> None:
    from jinjie import recipes

    real = next(iter(recipes.all_recipes()))
    text = (
        RECIPE.replace("NAME", real if name == "digits" else name).replace("KNOB", knob).replace("LAST", last)
    )
    (folder / "experiments" / "run.yaml").write_text(text, "utf-8")
    assert [(fault.code, fault.line) for fault in found(folder)] == expected
