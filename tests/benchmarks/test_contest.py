"""Contests: contenders take turns, in a clean environment, and one that dies is named."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import json, os, sys, time
from contest.contender import serve, settings
given = settings()
print("a library's chatter", flush=True)
rounds = 0
def run():
    global rounds
    rounds += 1
    if rounds == given.get("dies"):
        sys.exit(3)
    with open(given["diary"], "a") as diary:
        diary.write(given["name"])
    seen = {"core": os.environ.get("OPENBLAS_CORETYPE"), "mine": os.environ.get("MINE")}
    return {"seconds": given["seconds"][rounds - 1], **seen}
serve({"versions": given["name"] + " 1.0"}, run)
"""


@pytest.fixture
def contest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    rounds = importlib.import_module("contest.rounds")
    (tmp_path / "contender.py").write_text(PROGRAM)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    return rounds


def contender(contest: Any, folder: Path, name: str, **more: Any) -> Any:
    given = {"name": name, "diary": str(folder / "diary"), "seconds": [9.0, 3.0, 1.0, 2.0], **more}
    return contest.Contender(name, str(folder / "contender.py"), sys.executable, given, {"MINE": name})


def test_they_take_turns_and_the_warm_up_does_not_count(contest: Any, tmp_path: Path) -> None:
    found = [contender(contest, tmp_path, name) for name in "AB"]
    contest.compete(found, rounds=3)
    assert (tmp_path / "diary").read_text() == "AB" + "ABABAB"
    for one in found:
        assert [r["seconds"] for r in one.rounds] == [3, 1, 2]
        assert one.median() == 2 and one.spread() == (1, 3)
        assert one.about == {"versions": f"{one.name} 1.0"}
        assert one.rounds[0]["core"] is None and one.rounds[0]["mine"] == one.name
        assert one.process.returncode == 0


def test_one_that_dies_is_named_and_the_others_are_sent_home(contest: Any, tmp_path: Path) -> None:
    found = [contender(contest, tmp_path, "A"), contender(contest, tmp_path, "B", dies=3)]
    with pytest.raises(RuntimeError, match="B ended with code 3"):
        contest.compete(found, rounds=3)
    assert found[0].process.returncode == 0


def test_an_environment_is_made_once_and_anew_for_other_pins(
    contest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments = importlib.import_module("contest.environments")
    ran: list[list[str]] = []
    monkeypatch.setattr(environments, "PEERS", tmp_path)
    monkeypatch.setenv("JINJIE_BENCH_CACHE", str(tmp_path / "cache"))

    def run(command: list[str], **_: Any) -> None:
        ran.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True)

    monkeypatch.setattr(subprocess, "run", run)
    (tmp_path / "peer.txt").write_text("one==1\n")
    python = environments.python_of("peer")
    assert python.is_relative_to(tmp_path / "cache") and len(ran) == 2
    assert ran[1][0] == str(python) and ran[1][-2:] == ["-r", str(tmp_path / "peer.txt")]
    assert environments.python_of("peer") == python and len(ran) == 2
    (tmp_path / "peer.txt").write_text("one==2\n")
    assert environments.python_of("peer") != python and len(ran) == 4


def test_pins_are_exact() -> None:
    for file in (ROOT / "benchmarks" / "peers").glob("*.txt"):
        assert all("==" in line for line in file.read_text().split()), file.name


@pytest.mark.slow
def test_the_digits_contender_learns(contest: Any, tmp_path: Path) -> None:
    """Our own two, on digits made of noise and a mark: the whole way from settings to a report."""
    import numpy as np

    rng = np.random.default_rng(0)
    x, y = rng.random((60, 784), dtype=np.float32), np.arange(60) % 10
    x[np.arange(60), y] = 20
    np.savez(tmp_path / "data.npz", x=x, y=y, held_x=x, held_y=y)
    common = {"data": str(tmp_path / "data.npz"), "batch": 8, "epochs": 30, "dropout": 0.2}
    found = [
        contest.Contender(
            f"{name}, batch 8", "mnist_scratch.py", sys.executable, {**common, "fast": name == "fast"}
        )
        for name in ("fast", "clear")
    ]
    contest.compete(found, rounds=1)
    for one in found:
        assert one.rounds[0]["accuracy"] > 0.9 and one.rounds[0]["seconds"] > 0
