"""`jinjie experiment`: listed, shown, drawn into a file, and what it says of a wrong knob."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from faulty_experiments import add

from invoked import invoke


def jinjie(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return invoke("experiment", *arguments)


def test_the_list_says_the_knobs(folder: Path) -> None:
    said = jinjie("--content", folder).stdout
    assert "valley" in said and "0.01 … 1.2" in said and "left, right" in said
    listed = json.loads(jinjie("--json", "--content", folder).stdout)
    valley = next(one for one in listed if one["slug"] == "valley")
    assert valley["title"] == {"en": "Descent in a valley", "zh": "在山谷中下降"}
    assert [(knob["name"], knob["whole"]) for knob in valley["knobs"]][:2] == [
        ("rate", False),
        ("steps", True),
    ]


def test_one_is_shown_in_the_terminal_and_as_json(folder: Path) -> None:
    said = jinjie("valley", "rate=0.5", "--content", folder, "--lang", "zh")
    assert said.returncode == 0, said.stderr
    assert "最后的损失" in said.stdout and "窄的一边说了算。" in said.stdout and "rate=0.5" in said.stdout
    told = json.loads(jinjie("valley", "steps=3", "noisy=true", "--json", "--content", folder).stdout)
    assert told["knobs"] == {"rate": 0.1, "steps": 3, "start": "left", "noisy": True}
    assert [panel["kind"] for panel in told["panels"]] == ["curves", "numbers", "words"]


def test_a_picture_is_written_whole_or_not_at_all(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "valley.svg"
    assert jinjie("valley", "--svg", file, "--content", folder, "--lang", "zh").returncode == 0
    assert ET.parse(file).getroot().tag.endswith("svg")
    assert "在山谷中下降" in file.read_text("utf-8")
    assert [path.name for path in file.parent.iterdir()] == ["valley.svg"]
    (tmp_path / "file").write_text("x", "utf-8")
    refused = jinjie("valley", "--svg", tmp_path / "file" / "valley.svg", "--content", folder)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    kept = file.read_bytes()
    assert jinjie("valley", "rate=9", "--svg", file, "--content", folder).returncode == 2
    assert file.read_bytes() == kept


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["valley", "raet=0.1", "steps=99"], ["'rate'", "1 … 50"]),
        (["vally"], ["'valley'"]),
        (["valley", "rate"], ["rate"]),
        (["valley", "rate=nan"], ["0.01 … 1.2"]),
    ],
)
def test_wrong_input_is_said_with_the_nearest(folder: Path, arguments: list[str], words: list[str]) -> None:
    said = jinjie(*arguments, "--content", folder)
    assert said.returncode == 2
    assert all(word in said.stderr for word in words), said.stderr
    assert "Traceback" not in said.stderr


def test_a_function_that_fails_ends_with_one(folder: Path) -> None:
    add(folder, "broken", "raises")
    said = jinjie("broken", "--content", folder)
    assert said.returncode == 1
    assert "broken.py:" in said.stderr and "ZeroDivisionError" in said.stderr
    assert "Traceback" not in said.stderr
