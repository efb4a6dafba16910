"""The recipes in small, told without a kill and with kills, and compared bit for bit."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinjie import recipes
from jinjie.training import checkpoint, events
from jinjie.training.launch import create
from jinjie.training.runs import Run

SMALL: dict[str, Any] = {
    "threads": 1,
    "budget.log_every": 1,
    "budget.evaluate_batches": 1,
    "budget.checkpoint_every": 3,
    "budget.evaluate_every": 8,
}
CHANGED: dict[str, Any] = {
    "data.augment.shift": 2,
    "data.augment.crop": 0.8,
    "data.augment.colour": 0.2,
    "data.augment.mix": 0.4,
}
GPT: dict[str, Any] = {
    **SMALL,
    "model.layers": 2,
    "model.feedforward": 64,
    "model.width": 32,
    "model.heads": 2,
    "model.block": 16,
    "data.block": 16,
    "model.dropout": 0.2,
    "budget.batch": 8,
    "budget.steps": 12,
    "task.sample_tokens": 6,
}
STORIES: dict[str, tuple[str, dict[str, Any]]] = {
    "line-1": ("line-1", {**SMALL, "budget.steps": 12, "optimizer.kind": "momentum"}),
    # 14 points to learn from, one a step: the epoch ends twice on the way.
    "line-2": ("line-2", {**SMALL, "data.examples": 20, "budget.epochs": 2, "optimizer.kind": "adagrad"}),
    # 7,000 images in batches of 700: an epoch ends after the tenth step.
    "mnist-mlp": ("mnist-mlp", {**SMALL, "budget.batch": 700, "budget.steps": 12, "budget.accumulate": 2}),
    "mnist-mlp bf16": (
        "mnist-mlp",
        {
            **SMALL,
            "budget.batch": 700,
            "budget.steps": 12,
            "precision": "bf16",
            "optimizer.kind": "rmsprop",
            "average": 0.8,
        },
    ),
    # Running means of batch norm, the average of these and of the weights, and every change of pictures, mix-up too.
    # 7,000 images in batches of 700, as above.
    "mnist-cnn": (
        "mnist-cnn",
        {
            **SMALL,
            "budget.batch": 700,
            "budget.steps": 12,
            "precision": "fp32",
            "average": 0.8,
            "model.filters": [4, 8],
            **CHANGED,
        },
    ),
    # 1,254 emoji in batches of 128: the epoch ends after the tenth step.
    "emoji-cnn as a resnet, bf16": (
        "emoji-cnn",
        {
            **SMALL,
            "budget.batch": 128,
            "budget.steps": 12,
            "budget.accumulate": 2,
            "precision": "bf16",
            "model.kind": "resnet",
            "model.stages": [4, 8],
            "data.augment.flip": True,
            **CHANGED,
        },
    ),
    # 4,482 rows an epoch where the rare class is drawn more often, 1,756 where the common one is drawn less: each ends
    # after the ninth step; weighed, 3,119 rows end after the eighth.
    "credit over": (
        "credit",
        {**SMALL, "budget.batch": 500, "budget.steps": 12, "data.balance": "over"},
    ),
    "credit under focal": (
        "credit",
        {
            **SMALL,
            "budget.batch": 200,
            "budget.steps": 12,
            "data.balance": "under",
            "task.loss": "focal",
            "data.clean": "missing=median outliers=clip",
        },
    ),
    "credit weights": (
        "credit",
        {**SMALL, "budget.batch": 400, "budget.steps": 12, "data.balance": "weights", "budget.accumulate": 2},
    ),
    # Two passes through dropout, each with other tokens hidden; 13,864 reviews in batches of 1,400: an epoch ends after
    # the tenth step.
    "sentiment-zh r-drop": (
        "sentiment-zh",
        {
            **SMALL,
            "start": None,
            "model.vocabulary": None,
            "model.layers": 1,
            "model.width": 16,
            "model.heads": 2,
            "model.dropout": 0.3,
            "model.pooling": "mean",
            "model.pooler": False,
            "data.block": 16,
            "data.hidden": 0.2,
            "task.r_drop": 3.0,
            "budget.batch": 1400,
            "budget.steps": 12,
            "budget.accumulate": 2,
        },
    ),
    "gpt-shakespeare": (
        "gpt-shakespeare",
        {**GPT, "precision": "fp32", "optimizer.kind": "adamw", "budget.accumulate": 2},
    ),
    "gpt-shakespeare bf16 muon": (
        "gpt-shakespeare",
        {**GPT, "precision": "bf16", "optimizer.kind": "muon", "budget.accumulate": 2},
    ),
    "gpt-poems": (
        "gpt-poems",
        {**GPT, "data.form": "five", "precision": "bf16", "optimizer.kind": "adamw", "budget.accumulate": 4},
    ),
}
UNTOLD = ("checkpoint", "loading", "resumed")
"""Events that tell of how a run went and not of what it computed."""


class Nursery:
    """Starts workers, in this machine's environment with the test's home; see nursery.py."""

    def __init__(self) -> None:
        # Workers compute with one thread, and as a launched run's do.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        script = Path(__file__).with_name("nursery.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._answer()

    def start(self, run: Run, **plan: Any) -> int:
        """The pid of a new worker for a run."""
        environment = {k: v for k, v in os.environ.items() if k.startswith("JINJIE_")}
        return int(self._ask({"start": str(run.path), "environment": environment, "plan": plan})["pid"])

    def wait(self, pid: int) -> int:
        """The exit code of a worker when it has ended; −9 when it was killed."""
        return int(self._ask({"wait": pid})["code"])

    def work(self, run: Run, **plan: Any) -> int:
        """Start a worker and wait for its end."""
        return self.wait(self.start(run, **plan))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def begin(name: str, home: Path, monkeypatch: Any, **more: Any) -> Run:
    """A new run of a story, not yet started, in an empty home of its own: so that equal runs have equal names."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    monkeypatch.setenv("JINJIE_HOME", str(home))
    recipe, changes = STORIES[name]
    changes = {**changes, **more}
    return create(recipes.find(recipe).changed({k.replace("__", "."): v for k, v in changes.items()}))


def console(run: Run) -> str:
    return (run.path / "console.log").read_text("utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def told(run: Run) -> list[dict[str, Any]]:
    """What a run computed, by its events: every loss, metric, sample and picture."""
    return [
        {k: v for k, v in event.items() if k not in events.UNEQUAL}
        for event in run.events
        if event["type"] not in UNTOLD
    ]


def assert_same(one: Run, other: Run) -> None:
    """Bit for bit: events, weights, optimiser moments, the state beside them, the model's folder, the pictures."""
    assert told(one) == told(other)
    newest = [checkpoint.newest(run.path) for run in (one, other)]
    assert newest[0] is not None and newest[1] is not None
    assert newest[0].step == newest[1].step
    for left, right in (
        (newest[0].folder, newest[1].folder),
        (one.path / "model", other.path / "model"),
        (one.path / "pictures", other.path / "pictures"),
    ):
        mine, theirs = files(left), files(right)
        assert mine.keys() == theirs.keys()
        assert [name for name in mine if mine[name] != theirs[name]] == []


def assert_nothing_lost(run: Run) -> None:
    """After a kill: the newest checkpoint is whole, and none that was told of is gone."""
    damaged: list[str] = []
    newest = checkpoint.newest(run.path, damaged)
    assert damaged == []
    known = [event["step"] for event in run.events if event["type"] == "checkpoint"]
    if known:
        assert newest is not None and newest.step >= max(known)


class Killer:
    """Kills a story at moments drawn from a seed, and lets it finish: counts how often it really died, and where."""

    def __init__(self, nursery: Nursery, seed: int) -> None:
        self.nursery = nursery
        self.random = random.Random(seed)
        self.kills: list[str] = []

    def tell(self, run: Run, moments: list[str], seconds: float, times: int, **plan: Any) -> None:
        """Kill a run `times` times, by halves at a dangerous moment and at any time at all; then let it finish.

        `moments` and `seconds` are those of the same story without a kill.
        """
        for _ in range(times):
            if self.random.random() < 0.7:
                # Every kind of moment is as likely, however often it comes: lines of events outnumber all others.
                kind = self.random.choice(sorted(set(moments)))
                place = self.random.choice([i for i, name in enumerate(moments, 1) if name == kind])
                code = self.nursery.work(run, kill_at=place, **plan)
            else:
                kind = "any time"
                pid = self.nursery.start(run, **plan)
                time.sleep(self.random.uniform(0, seconds))
                os.kill(pid, signal.SIGKILL)
                code = self.nursery.wait(pid)
            if code == 0:  # it was over before the moment came
                return
            assert code == -signal.SIGKILL, console(run)
            self.kills.append(kind)
            assert_nothing_lost(run)
        assert self.nursery.work(run, **plan) == 0, console(run)
