"""`jinjie clean` as a user runs it: text in both languages, JSON, a plan without a change, errors with exit code 2."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from invoked import invoke

TABLE = "age,city\n20,Rome\nNA,Oslo\n20,Rome\n40,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_text(TABLE)
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return invoke("clean", *words, folder=folder)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            ["Rows: 4, columns: 2", "empty cells filled with 30 (mean): 1", "line 4: repeats an earlier row"],
        ),
        ("zh", ["共 4 行、2 列", "1 个空格子填入 30（mean）", "第 4 行：与前面的某行重复"]),
    ],
)
def test_it_says_what_it_found_and_did(lang: str, said: list[str], folder: Path) -> None:
    came = run(folder, "in.csv", "out.csv", "missing=mean", "--lang", lang)
    assert came.returncode == 0, came.stderr
    assert [words for words in said if words not in came.stdout] == []
    assert (folder / "out.csv").read_text() == "age,city\n20,Rome\n30,Oslo\n40,Oslo\n"
    assert (folder / "in.csv").read_text() == TABLE
    assert sorted(p.name for p in (folder / "out.csv.report").iterdir()) == ["report.html", "report.json"]


def test_json_is_the_report_and_its_folder_can_be_chosen(folder: Path) -> None:
    came = run(folder, "in.csv", "out.csv", "missing=drop", "--json", "--report", "here/there")
    report = json.loads(came.stdout)
    assert (report["found"]["rows"], report["rows"], report["dropped_count"]) == (4, 1, 3)
    assert json.loads((folder / "here/there/report.json").read_text("utf-8")) == report
    assert not (folder / "out.csv.report").exists()


def test_a_plan_changes_nothing_and_says_passes_and_memory(folder: Path) -> None:
    came = run(folder, "in.csv", "out.csv", "missing=median", "scale.age=standard", "--plan")
    assert came.returncode == 0 and "passes over the file: 4" in came.stdout
    assert "age  whole numbers: missing=median, scale=standard" in came.stdout
    assert sorted(p.name for p in folder.iterdir() if p.name != "home") == ["in.csv"]
    plan = json.loads(run(folder, "in.csv", "out.csv", "missing=drop", "--plan", "--json").stdout)
    assert plan["passes"] == 1 and plan["held"] == []


def test_errors_name_the_line_and_end_with_code_two(folder: Path) -> None:
    (folder / "in.csv").write_text("a,b\n1,2\n3\n")
    came = run(folder, "in.csv", "out.csv")
    assert came.returncode == 2 and "in.csv:3" in came.stderr and "Traceback" not in came.stderr
    came = run(folder, "in.csv", "in.csv", "--json")
    assert (
        came.returncode == 2 and "never writes over its input" in json.loads(came.stdout)["error"]["message"]
    )
    came = run(folder, "in.csv", "out.csv", "mising=drop", "scale=x")
    assert came.returncode == 2 and "Did you mean 'missing'?" in came.stderr and "standard" in came.stderr
