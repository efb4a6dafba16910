"""What is damaged on the disk, and a disk that is full: said, and nothing else lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stories import Nursery, assert_nothing_lost, assert_same, begin, console

from jinjie.base.errors import JinjieError
from jinjie.base.files import write_json
from jinjie.training import checkpoint, events
from jinjie.training.runs import Run

STORY = "line-1"


def flip(path: Path, place: float) -> None:
    """Turn one bit of a file, `place` of the way through it."""
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(bytes(content))


def another_step(folder: Path) -> None:
    """A digit of state.json that is a digit still: only a checksum can tell."""
    state = folder / "state.json"
    state.write_text(state.read_text().replace('"step": 9', '"step": 8'))


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit of the weights": lambda folder: flip(folder / "weights.safetensors", 1.0),
    "a bit of the weights' header": lambda folder: flip(folder / "weights.safetensors", 0.0),
    "a bit of the moments": lambda folder: flip(folder / "optimizer.safetensors", 1.0),
    "a digit of the state": another_step,
    "the state's first byte": lambda folder: flip(folder / "state.json", 0.0),
    "a state that is a list": lambda folder: (folder / "state.json").write_text("[]"),
    "state.json missing": lambda folder: (folder / "state.json").unlink(),
    "the weights missing": lambda folder: (folder / "weights.safetensors").unlink(),
    "the weights cut short": lambda folder: os.truncate(folder / "weights.safetensors", 20),
    "an empty folder": emptied,
}


@pytest.fixture
def killed(nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run killed when its checkpoint of step 9 stood; that of step 6 stands beside it."""
    run = begin(STORY, tmp_path / "run", monkeypatch)
    assert nursery.work(run, kill_after=["checkpoint", 9]) == -signal.SIGKILL
    assert sorted(p.name for p in (run.path / "checkpoints").iterdir()) == ["step-00000006", "step-00000009"]
    return run


def resumed(run: Run) -> dict[str, Any]:
    return next(event for event in reversed(run.events) if event["type"] == "resumed")


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_checkpoint_before_a_damaged_one_is_used(
    damage: str, killed: Run, nursery: Nursery, references: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    DAMAGES[damage](killed.path / "checkpoints" / "step-00000009")
    assert nursery.work(killed) == 0, console(killed)
    assert (resumed(killed)["step"], resumed(killed)["damaged"]) == (6, ["step-00000009"])
    assert "step-00000009 is damaged" in console(killed)
    assert_same(references.of(STORY, monkeypatch).run, killed)


def test_with_every_checkpoint_damaged_it_begins_anew(
    killed: Run, nursery: Nursery, references: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (killed.path / "checkpoints").iterdir():
        flip(folder / "weights.safetensors", 1.0)
    assert nursery.work(killed) == 0, console(killed)
    assert resumed(killed)["step"] == 0
    assert resumed(killed)["damaged"] == ["step-00000009", "step-00000006"]
    assert_same(references.of(STORY, monkeypatch).run, killed)


def test_damaged_checkpoints_do_not_push_out_new_ones(
    killed: Run, nursery: Nursery, references: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault: two damaged checkpoints of later steps are the newest by name; the next one saved must outlive them."""
    for folder in (killed.path / "checkpoints").iterdir():
        flip(folder / "weights.safetensors", 1.0)
    assert nursery.work(killed, kill_after=["checkpoint", 3]) == -signal.SIGKILL
    damaged: list[str] = []
    newest = checkpoint.newest(killed.path, damaged)
    assert newest is not None and newest.step == 3
    assert damaged == []
    assert nursery.work(killed) == 0, console(killed)
    assert resumed(killed)["step"] == 3
    assert_same(references.of(STORY, monkeypatch).run, killed)


def test_a_checkpoint_of_a_newer_jinjie_is_not_thrown_away(killed: Run, nursery: Nursery) -> None:
    """It is whole: to take the one before, and to train over it, would lose work."""
    folder = killed.path / "checkpoints" / "step-00000009"
    state = {**checkpoint._checked(folder), "schema": 99}
    write_json(folder / "state.json", {**state, "sum": checkpoint._sum(state)})
    with pytest.raises(JinjieError, match="newer Jinjie"):
        checkpoint.newest(killed.path)
    assert nursery.work(killed) == 1
    failed = killed.events[-1]
    assert (failed["type"], failed["key"], failed["step"]) == ("failed", "run.newer", 9)
    assert (folder / "weights.safetensors").is_file()


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_torn_last_event_is_cut_off(
    cut: int, killed: Run, nursery: Nursery, references: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = killed.path / "events.jsonl"
    os.truncate(diary, diary.stat().st_size - cut)
    assert nursery.work(killed) == 0, console(killed)
    assert_same(references.of(STORY, monkeypatch).run, killed)


def test_a_lost_diary_does_not_cost_the_checkpoint(killed: Run, nursery: Nursery) -> None:
    """Fault: events.jsonl is empty (a disk that lost it): the run goes on, and is told from there."""
    os.truncate(killed.path / "events.jsonl", 0)
    assert nursery.work(killed) == 0, console(killed)
    types = [event["type"] for event in killed.events]
    assert resumed(killed)["step"] == 9
    assert types.count("started") == 1 and types[-1] == "finished"


def test_changed_data_are_refused(killed: Run, nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: other numbers under the same recipe would go on as if nothing had happened."""
    file = killed.path / "recipe.json"
    file.write_text(file.read_text().replace('"slope": 0.1', '"slope": 0.2'))
    assert nursery.work(Run(killed.path)) == 1
    failed = killed.events[-1]
    assert (failed["type"], failed["key"]) == ("failed", "run.data_changed")
    assert_nothing_lost(killed)


@pytest.mark.parametrize(("name", "kilobytes"), [("line-1", 3), ("gpt-shakespeare", 20)])
def test_a_file_that_may_not_grow(
    name: str,
    kilobytes: int,
    nursery: Nursery,
    references: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault: a limit on file sizes, met by the diary or by the weights: said, and after it is lifted the same bits."""
    run = begin(name, tmp_path / "limited", monkeypatch)
    assert nursery.work(run, limit=kilobytes * 1000) == events.DiskFull.exit_code, console(run)
    assert "The disk is full" in console(run)
    assert_nothing_lost(run)
    assert nursery.work(run) == 0, console(run)
    assert_same(references.of(name, monkeypatch).run, run)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with half a megabyte."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root on Linux; limits on file sizes are tested without")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"this system mounts nothing: {mounted.stderr.decode()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("free", [0, 4, 12, 24, 60, 100, 150])
def test_a_full_disk(
    free: int,
    small_disk: Path,
    nursery: Nursery,
    references: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault: the disk fills up in an event, in a checkpoint, in the model: `free` kB are left after step 3.

    The worker says so and ends; what it had saved stands; with room again the run ends with the same bits.
    """
    name = "gpt-shakespeare"
    run = begin(name, small_disk / "home", monkeypatch)
    assert nursery.work(run, kill_after=["checkpoint", 3]) == -signal.SIGKILL
    before = checkpoint.newest(run.path)
    assert before is not None
    fill = small_disk / "fill"
    room = shutil.disk_usage(small_disk).free - free * 1000
    fill.write_bytes(b"x" * max(0, room))
    code = nursery.work(run)
    assert code == events.DiskFull.exit_code, console(run)
    after = checkpoint.newest(run.path)
    assert after is not None and after.step >= before.step
    assert run.state() in ("failed", "interrupted")
    last = run.events[-1]
    if last["type"] == "failed":
        assert last["key"] == "run.disk_full"
        assert "磁盘" in last["error"]["zh"] and "The disk is full" in last["error"]["en"]
    fill.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert nursery.work(run) == 0, console(run)
    assert_same(references.of(name, monkeypatch).run, run)
