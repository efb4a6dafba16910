"""What is damaged on the disk, and a disk that is full: said, and nothing else lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stories import Nursery, assert_nothing_lost, assert_same, begin, console, told

from jinjie.training import checkpoint
from jinjie.training.events import DiskFull
from jinjie.training.runs import Run

STORY = "mnist-mlp"
HALF: dict[str, Any] = {"kill_at": None}


def flip(path: Path, place: float) -> None:
    """Turn one bit of a file, `place` of the way through it."""
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(bytes(content))


def rewrite_step(folder: Path) -> None:
    """A digit of state.json that is still a number: only a checksum can tell."""
    state = folder / "state.json"
    state.write_text(state.read_text().replace('"step": 9', '"step": 8'))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "a bit of the weights": lambda folder: flip(folder / "weights.safetensors", 0.7),
    "a bit of the weights' header": lambda folder: flip(folder / "weights.safetensors", 0.0),
    "a bit of the moments": lambda folder: flip(folder / "optimizer.safetensors", 0.5),
    "a digit of the state": rewrite_step,
    "the state's first byte": lambda folder: flip(folder / "state.json", 0.0),
    "state.json missing": lambda folder: (folder / "state.json").unlink(),
    "the weights missing": lambda folder: (folder / "weights.safetensors").unlink(),
    "the weights cut short": lambda folder: (folder / "weights.safetensors").write_bytes(b"\x08"),
    "an empty folder": lambda folder: [file.unlink() for file in folder.iterdir()] and None,
}


@pytest.fixture
def stopped(nursery: Nursery, references: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run killed after its third checkpoint, of step 9 (those of steps 6 and 9 stand)."""
    told = references.of(STORY, monkeypatch)
    run = begin(STORY, tmp_path / "run", monkeypatch)
    # The third rename of a folder after which events go on is that of step 9; kill at the end of its own line.
    lines = [i for i, name in enumerate(told.moments, 1) if name == "after a line"]
    for place in lines:
        if nursery.work(run, kill_at=place) != -9:
            break
        if [e["step"] for e in run.events if e["type"] == "checkpoint"][-1:] == [9]:
            return run
        shutil.rmtree(run.path / "checkpoints", ignore_errors=True)
        (run.path / "events.jsonl").unlink()
        shutil.rmtree(run.path / "model", ignore_errors=True)
    raise AssertionError("no checkpoint of step 9")
