"""Recorded trainings that do not belong to their experiment are findings, with file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from course_folders import small

from jinjie.course.check.recordings import recordings
from jinjie.course.content import load

LINE = """\
title: {en: A line, zh: 一条线}
recipe: line-2
knobs:
  - {name: optimizer.lr, label: {en: rate, zh: 学习率}, choices: [0.01, 0.1], default: 0.01}
notice: {en: It falls., zh: 它在下降。}
"""
ONE: dict[str, Any] = {
    "knobs": {"optimizer.lr": 0.01},
    "recipe": "line-2",
    "command": "jinjie content record line",
    "date": "2026-11-26",
    "machine": {"cpu": "a", "cores": 2},
    "jinjie": "0.1.0",
    "torch": "2.13.0",
    "seconds": 1.0,
    "steps": 2,
    "metrics": {"mse": 0.5},
    "training": [[1, 0.5]],
    "validation": [],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small(tmp_path / "course", experiments__line_yaml=LINE)


def found(root: Path, *entries: dict[str, Any], name: str = "line") -> list[tuple[str, int, str]]:
    file = root / "experiments" / f"{name}.recorded.json"
    file.write_text(json.dumps({"recorded": entries}, indent=1))
    return [(one.code, one.line, one.problem.key) for one in recordings(load([root]))]


def test_a_good_one(root: Path) -> None:
    assert found(root, ONE, {**ONE, "knobs": {"optimizer.lr": 0.1}}) == []


def test_each_fault_at_its_line(root: Path) -> None:
    other = {**ONE, "recipe": "line"}
    knobs = {**ONE, "knobs": {"optimizer.rate": 0.1}}
    value = {**ONE, "knobs": {"optimizer.lr": 0.3}}
    told = found(root, ONE, other, knobs, value)
    rows = (root / "experiments" / "line.recorded.json").read_text().splitlines()
    starts = [i for i, row in enumerate(rows, 1) if '"knobs":' in row]
    assert [code for code, _, _ in told] == ["C071"] * 3
    assert [line for _, line, _ in told] == starts[1:]
    assert [key for _, _, key in told][:2] == [
        "experiment.recorded.other_recipe",
        "experiment.recorded.other_knobs",
    ]


def test_a_file_of_nothing_and_one_that_cannot_be_read(root: Path) -> None:
    assert [key for *_, key in found(root, ONE, name="lime")] == ["experiment.recorded.orphan"]
    (root / "experiments" / "lime.recorded.json").unlink()
    (root / "experiments" / "line.recorded.json").write_text("{")
    assert [one.problem.key for one in recordings(load([root]))] == ["experiment.recorded.unreadable"]
