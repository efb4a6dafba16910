"""Starting a run: its folder, its environment, what is refused before a process is spent on it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest
from toys import small

from jinjie import recipes
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.training import launch
from jinjie.training.runs import Run, all_runs


def ended(run: Run) -> Run:
    deadline = time.monotonic() + 60
    while run.pid is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return run


def test_a_launched_run_says_everything_of_itself(home: Path) -> None:
    run = launch.launch(small(threads=1))
    assert run.path == home / "runs" / "line-1-1"
    ended(run)
    assert run.state() == "finished"
    written = json.loads((run.path / "recipe.json").read_bytes())
    assert written["schema"] == 1 and written["launch"]["threads"] == 1
    assert Run(run.path).recipe == small(threads=1)
    started = next(event for event in run.events if event["type"] == "started")
    assert (started["threads"], started["total"], started["source"]["real"]) == (1, 4, False)
    assert "step 4/4" in (run.path / "console.log").read_text()
    with pytest.raises(JinjieError, match="nothing to resume"):
        launch.resume(run)


def test_two_launches_at_once_get_two_folders(home: Path) -> None:
    made: list[Run] = []
    threads = [
        threading.Thread(target=lambda: made.append(launch.create(small(threads=1)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {run.name for run in made} == {f"line-1-{i}" for i in range(1, 9)}
    assert {run.name for run in all_runs()} == {run.name for run in made}


def test_the_workers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    environment = launch.environment(3)
    assert environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == "3"
    assert "OPENBLAS_CORETYPE" not in environment
    assert environment["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == environment["LRU_CACHE_CAPACITY"] == "64"
    assert environment["JINJIE_HOME"] == os.environ["JINJIE_HOME"]
    if sys.platform == "linux":
        assert environment["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"


def test_data_that_are_not_there_are_refused_before_a_folder_is_made(home: Path) -> None:
    """The config itself, or the launch, says so; no run is left behind that could never train."""
    with pytest.raises(InvalidInput, match="nowhere.csv"):
        launch.launch(recipes.find("line-1").changed({"data.path": "nowhere.csv"}))
    assert all_runs() == []


def test_a_path_of_the_users_own_holds_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.csv").write_text("x,y\n" + "".join(f"{i},{2 * i}\n" for i in range(20)))
    monkeypatch.chdir(tmp_path)
    run = launch.create(recipes.find("line-1").changed({"data.path": "own.csv", "threads": 1}))
    assert run.recipe.data.path == str(tmp_path / "own.csv")  # type: ignore[attr-defined]


def test_a_worker_that_cannot_start_says_what_its_console_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Fault: a broken Python environment."""
    broken = tmp_path / "broken"
    (broken / "jinjie").mkdir(parents=True)
    (broken / "jinjie" / "__init__.py").write_text("raise SystemExit('a broken package')\n")
    run = launch.create(small(threads=1))
    monkeypatch.setenv("PYTHONPATH", str(broken))
    with pytest.raises(JinjieError, match="a broken package"):
        launch.resume(run)
    assert run.state() == "interrupted"
