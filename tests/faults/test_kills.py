"""train(2N) equals train(N), kill -9, resume: bit for bit, wherever the kill comes."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from killing import MUTATIONS
from stories import STORIES, Killer, Nursery, assert_same, begin, console

from jinjie.training import launch
from sampled import sampled

CAMPAIGN = int(os.environ.get("JINJIE_TEST_KILLS", "200"))
"""Kills that the slow campaign has to make; fewer for a quick look."""


QUICK = (
    "line-1",
    "line-2",
    "mnist-mlp bf16",
    "credit under focal",
    "sentiment-zh r-drop",
    "gpt-shakespeare bf16 muon",
)
"""Stories of every mechanism: each optimiser, an epoch's edge, accumulation, dropout, rare examples, bf16, Muon."""


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in STORIES]
)
def test_a_killed_run_ends_with_the_same_bits(
    name: str, nursery: Nursery, references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault: kill -9, twice, of every recipe; dropout, an epoch's edge, accumulation, bf16 and Muon are among them."""
    told = references.of(name, monkeypatch)
    killer = Killer(nursery, seed=random.SystemRandom().randrange(10**6))
    while not killer.kills:
        run = begin(name, tmp_path / "killed", monkeypatch)
        killer.tell(run, told.moments, told.seconds, times=2)
    assert_same(told.run, run)


@pytest.mark.parametrize(
    "moment",
    [
        "half a line",
        "half the weights",
        "before fsync",
        "before rename",
        "after rename",
        "before replace",
        "half removed",
    ],
)
def test_a_kill_inside_a_write(
    moment: str, nursery: Nursery, references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault: the kill comes inside a checkpoint's or an event's writing, at the last such moment of the run."""
    told = references.of("line-1", monkeypatch)
    place = max(i for i, name in enumerate(told.moments, 1) if name == moment)
    run = begin("line-1", tmp_path / "killed", monkeypatch)
    assert nursery.work(run, kill_at=place) == -signal.SIGKILL
    assert nursery.work(run) == 0, console(run)
    assert_same(told.run, run)


def test_a_launched_worker_computes_the_same_bits(
    references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proofs of this folder hold for runs as users start them: launch, kill -9, resume, against a forked worker."""
    name = "gpt-shakespeare bf16 muon"
    told = references.of(name, monkeypatch)
    run = begin(name, tmp_path / "launched", monkeypatch)
    assert launch.resume(run).pid is not None
    while not any(event["type"] == "checkpoint" for event in run.events):
        time.sleep(0.005)
    pid = run.pid
    if pid is not None:  # else it was over already: the comparison stands
        os.kill(pid, signal.SIGKILL)
        while run.pid is not None:
            time.sleep(0.01)
        if run.state() != "finished":
            launch.resume(run)
        while run.pid is not None:
            time.sleep(0.02)
    assert_same(told.run, run)


@pytest.mark.parametrize("mutation", sampled(MUTATIONS, 2))
def test_a_build_with_a_fault_fails(
    mutation: str, nursery: Nursery, references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof proves something: with any one of its foundations taken away, a short campaign goes red."""
    name = "gpt-shakespeare"
    told = references.of(name, monkeypatch, mutation=mutation)
    for seed in range(12):
        run = begin(name, tmp_path / "killed", monkeypatch)
        try:
            Killer(nursery, seed).tell(run, told.moments, told.seconds, times=1, mutation=mutation)
            assert_same(told.run, run)
        except AssertionError:
            assert "Traceback" not in console(run)  # it is found by its bits, not by a crash
            return
    pytest.fail(f"twelve kills did not notice: {mutation}")


@pytest.mark.slow
def test_the_campaign(
    nursery: Nursery, references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 kills over all stories, most of them inside writes; the seed of a failure is in its message."""
    kills: Counter[str] = Counter()
    by_story: Counter[str] = Counter()
    seed = first = int(os.environ.get("JINJIE_TEST_SEED", random.SystemRandom().randrange(10**6)))
    begun = time.perf_counter()
    while kills.total() < CAMPAIGN:
        name = list(STORIES)[seed % len(STORIES)]
        told = references.of(name, monkeypatch)
        killer = Killer(nursery, seed)
        run = begin(name, tmp_path / "killed", monkeypatch)
        try:
            killer.tell(run, told.moments, told.seconds, times=1 + seed % 3)
            assert_same(told.run, run)
        except AssertionError as error:
            raise AssertionError(
                f"JINJIE_TEST_SEED={seed} ({name}, after {killer.kills}): {error}"
            ) from error
        kills.update(killer.kills)
        by_story[name] += len(killer.kills)
        seed += 1
    print(
        f"{kills.total()} kills in {seed - first} runs, {time.perf_counter() - begun:.0f} s:",
        dict(kills),
        dict(by_story),
    )
