"""`jinjie find`: what it prints, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jinjie.course.find.kinds import COMMANDS


def test_for_people(jinjie: Any) -> None:
    ran = jinjie("find", "gradient", "descent", "-n", "2")
    assert ran.returncode == 0, ran.stderr
    assert "concept  Gradient descent" in ran.stdout and "jinjie lesson gradient-descent" in ran.stdout
    ran = jinjie("--lang", "zh", "find", "知识蒸馏", "-n", "1")
    assert ran.stdout.startswith("概念  知识蒸馏  （这一课还没写）")


def test_for_scripts(jinjie: Any) -> None:
    ran = jinjie("find", "atention", "--kind", "lesson", "--json")
    told = json.loads(ran.stdout)
    assert (told["question"], told["suggestion"]) == ("atention", "attention")
    hit = told["hits"][0]
    assert (hit["kind"], hit["id"], hit["command"]) == ("lesson", "attention", "jinjie lesson attention")
    assert set(hit["title"]) == {"en", "zh"}
    hit = json.loads(jinjie("find", "steepest", "--kind", "concept", "--json").stdout)["hits"][0]
    assert [hit["snippet"][start:end] for start, end in hit["marks"]][0] == "steepest"


@pytest.mark.parametrize("signs", ["-", '"', "*", "-mask", "。", "[bold]", ""])
def test_signs_are_no_fault(jinjie: Any, signs: str) -> None:
    ran = jinjie("find", signs)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout


def test_a_misspelt_option_and_an_unknown_kind_are_faults(jinjie: Any) -> None:
    ran = jinjie("find", "attention", "--knd", "lesson")
    assert ran.returncode == 2 and "--kind" in ran.stderr
    ran = jinjie("find", "attention", "--kind", "lessn", "--json")
    assert ran.returncode == 2 and "lesson" in json.loads(ran.stdout)["error"]["problems"][0]["message"]
    assert jinjie("find").returncode == 2


def test_other_peoples_content_must_be_a_folder(jinjie: Any, tmp_path: Path) -> None:
    ran = jinjie("find", "attention", "--content", str(tmp_path / "nowhere"))
    assert ran.returncode == 2 and "nowhere" in ran.stderr


def test_every_command_can_be_found() -> None:
    from jinjie.cli.main import build

    app = build()
    names = {command.name for command in app.registered_commands if not command.hidden}
    names |= {group.name for group in app.registered_groups if not group.hidden}
    assert {name for name in names if name} == set(COMMANDS), (
        "a new command belongs into course/find/kinds.py"
    )
