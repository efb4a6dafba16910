"""`jinjie lesson`: listed, read, as JSON and as a notebook."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from invoked import invoke

FILES = {
    "concepts/first.yaml": """\
stage: 1
name: {en: First steps, zh: 第一步}
concepts:
  - {id: rise, name: {en: Rise, zh: 上升}, minutes: 20, level: 1, lesson: rises}
  - {id: fall, name: {en: Fall, zh: 下降}, requires: [rise], minutes: 30, level: 1, lesson: falls, planned: true}
""",
    "lessons/rises/lesson.yaml": """\
title: {en: Rises, zh: 上升}
summary: {en: What rises., zh: 什么在上升。}
stage: 1
teaches: [rise]
minutes: 20
memory_mb: 200
""",
    "lessons/rises/en.md": "It rises by $\\eta$.\n\n```python\nprint(1)\n```\n",
    "lessons/rises/zh.md": "上升 $\\eta$。\n\n```python\nprint(1)\n```\n",
}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "course"


def jinjie(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return invoke("lesson", *arguments)


def test_lessons_are_listed_by_stage_with_what_is_planned(content: Path) -> None:
    said = jinjie("--content", content).stdout
    rows = [line.split() for line in said.splitlines()]
    assert ["rises", "20", "min", "Rises"] in rows and ["falls", "planned", "Fall"] in rows
    stages = json.loads(jinjie("--content", content, "--json").stdout)
    told = {one["slug"]: one["planned"] for stage in stages for one in stage["lessons"]}
    assert told["rises"] is False and told["falls"] is True


def test_a_lesson_is_read_in_either_language(content: Path) -> None:
    said = jinjie("rises", "--content", content)
    assert said.returncode == 0
    assert "It rises by η." in said.stdout and "print(1)" in said.stdout and "Teaches: Rise" in said.stdout
    assert "上升 η。" in jinjie("--lang", "zh", "rises", "--content", content).stdout
    told = json.loads(jinjie("rises", "--content", content, "--json").stdout)
    assert told["text"][1] == {"node": "python", "source": "print(1)", "output": None, "line": 3}


def test_a_misspelt_lesson_is_told_the_nearest(content: Path) -> None:
    said = jinjie("rizes", "--content", content)
    assert said.returncode == 2 and "'rises'" in said.stderr


def test_a_notebook_is_written(content: Path, tmp_path: Path) -> None:
    file = tmp_path / "rises.ipynb"
    assert jinjie("rises", "--content", content, "--notebook", file).returncode == 0
    assert json.loads(file.read_text(encoding="utf-8"))["nbformat"] == 4
    again = jinjie("rises", "--content", content, "--notebook", file)
    assert again.returncode == 2 and "--replace" in again.stderr
    alone = jinjie("--notebook", file)
    assert alone.returncode == 2 and "lesson" in alone.stderr


def test_a_text_that_is_gone_is_said_and_no_traceback(content: Path) -> None:
    (content / "lessons" / "rises" / "en.md").unlink()
    said = jinjie("rises", "--content", content)
    assert said.returncode == 2 and "en.md" in said.stderr and "Traceback" not in said.stderr
