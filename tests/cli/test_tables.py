"""A table of one's own on the command line: trained on, asked, compared, and refused with what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from invoked import invoke

JINJIE = [sys.executable, "-m", "jinjie"]
ROWS = "".join(
    f"{i / 6:.2f},{('tea', 'coffee', '')[i % 3]},{('stays', 'goes')[i > 180]}\n" for i in range(240)
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic: who is older than 30 goes."""
    path = tmp_path_factory.mktemp("table") / "own.csv"
    path.write_text("age,drinks,leaves\n" + ROWS, "utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data_home: Path, file: Path) -> dict[str, str]:
    """An environment whose home has two finished runs of that file."""
    home = tmp_path_factory.mktemp("trained")
    environment = {
        **os.environ,
        "JINJIE_HOME": str(home),
        "JINJIE_DATA": str(data_home),
        "JINJIE_LANG": "en",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
    }
    for balance in ("none", "over"):
        changes = [
            "threads=1",
            "optimizer.lr=0.05",
            "budget.epochs=30",
            "budget.evaluate_every=30",
            f"data.balance={balance}",
        ]
        words = ["run", "credit", f"data.path={file}", "data.clean=missing.age=median", *changes]
        came = told(environment, *words, "--json")
        events = [json.loads(line) for line in came.stdout.splitlines()]
        assert events[-1]["type"] == "finished", came.stdout + came.stderr
        assert events[-1]["metrics"]["auc"] > 0.9
    return environment


def told(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    if words[0] == "run":
        return subprocess.run(
            [*JINJIE, *words], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    return invoke(*words, environment=environment)


def test_the_finished_model_answers(trained: dict[str, str]) -> None:
    asked = ("age=39, drinks=tea", '{"age": 2}', "drinks=COFFEE")
    came = told(trained, "predict", "credit-1", *asked, "--json")
    assert came.returncode == 0, came.stderr
    answers: list[dict[str, Any]] = json.loads(came.stdout)
    assert [answer["label"] for answer in answers[:2]] == ["goes", "stays"]
    for answer in answers:
        assert set(answer["probabilities"]) == {"goes", "stays"}
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)


def test_a_misspelling_is_answered_with_what_is_near(trained: dict[str, str]) -> None:
    came = told(trained, "predict", "credit-1", "agge=39, drinks=cofee")
    assert came.returncode == 2
    assert "'age'" in came.stderr and "'coffee'" in came.stderr


def test_runs_that_differ_in_balance_are_compared_by_it(trained: dict[str, str]) -> None:
    came = told(trained, "compare", "credit-1", "credit-2", "--json")
    assert came.returncode == 0, came.stderr
    rows = json.loads(came.stdout)
    rows = rows["runs"] if isinstance(rows, dict) else rows
    assert [row["settings"]["data.balance"] for row in rows] == ["none", "over"]
    assert all(0 <= row["test"]["f1"] <= 1 for row in rows)


def test_what_cannot_be_known_before_reading_is_not_guessed(trained: dict[str, str], file: Path) -> None:
    came = told(trained, "show", "credit", f"data.path={file}", "--json")
    assert came.returncode == 0, came.stderr
    shown = json.loads(came.stdout)
    assert shown["estimate"] is None and shown["data"]["facts"] == {}
    assert shown["data"]["source"] == str(file) and shown["data"]["licence"] == "yours"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["data.target=leves"], "'leaves'"),
        (["data.balance=ovr"], "'over'"),
        (["data.clean=missing=medium"], "jinjie clean"),
        (["data.target=drinks", "data.leave_out=agee"], "'age'"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(
    trained: dict[str, str], file: Path, changes: list[str], said: str
) -> None:
    came = told(trained, "run", "credit", "threads=1", f"data.path={file}", *changes)
    assert came.returncode != 0
    assert said in came.stdout + came.stderr and "Traceback" not in came.stdout + came.stderr


def test_three_classes_and_a_recipe_that_goes_by_auc(trained: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "three.csv"
    path.write_text("x,kind\n" + "".join(f"{i},{'abc'[i % 3]}\n" for i in range(60)), "utf-8")
    came = told(trained, "run", "credit", "threads=1", f"data.path={path}", "budget.epochs=2")
    assert came.returncode != 0 and "task.best=accuracy" in came.stdout + came.stderr
    came = told(trained, "run", "credit", "threads=1", f"data.path={path}", "budget.epochs=2", "task.best=f1")
    assert came.returncode == 0, came.stdout + came.stderr
