"""The diary of a run: whole lines only, and a resume that makes later events void."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.training import events
from jinjie.training.events import DiskFull, RunGone, Tail, Writer, current, read


def test_what_is_written_is_read(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "events.jsonl")
    writer.write("step", step=1, loss=0.1 + 0.2, text="春眠不觉晓\n")
    writer.close()
    (event,) = read(tmp_path / "events.jsonl")
    assert event["loss"] == 0.1 + 0.2  # exactly: losses are compared bit for bit
    assert event["text"] == "春眠不觉晓\n"


@given(cut=st.integers(min_value=1, max_value=60))
def test_a_torn_last_line_is_dropped_and_cut_off(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """Fault: the worker was killed, or the disk was full, in the middle of a line."""
    path = tmp_path_factory.mktemp("run") / "events.jsonl"
    writer = Writer(path)
    writer.write("step", step=1, loss=1.0)
    writer.write("step", step=2, loss=0.5, note="月" * 20)
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert [e["step"] for e in read(path)] == [1]
    again = Writer(path)
    again.write("step", step=2, loss=0.25)
    again.close()
    assert [e["loss"] for e in read(path)] == [1.0, 0.25]
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_a_resume_makes_later_events_void() -> None:
    story = [
        {"type": "started", "step": 0},
        {"type": "step", "step": 1},
        {"type": "step", "step": 2},
        {"type": "failed", "step": 2},
        {"type": "resumed", "step": 1},
        {"type": "step", "step": 2, "loss": 7},
    ]
    assert [(e["type"], e["step"]) for e in current(story)] == [
        ("started", 0),
        ("step", 1),
        ("resumed", 1),
        ("step", 2),
    ]


def test_a_resume_at_step_0_begins_anew() -> None:
    """Nothing of the first attempt stands, or the first evaluation would be told twice."""
    story = [
        {"type": "loading", "what": "x"},
        {"type": "started", "step": 0},
        {"type": "evaluated", "step": 0},
        {"type": "resumed", "step": 0},
        {"type": "started", "step": 0},
    ]
    assert [e["type"] for e in current(story)] == ["loading", "resumed", "started"]


def test_a_tail_sees_each_event_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = Tail(path)
    assert tail.read() == []
    writer = Writer(path)
    writer.write("step", step=1)
    assert [e["step"] for e in tail.read()] == [1]
    with path.open("ab") as file:
        file.write(b'{"type": "step", "st')
    assert tail.read() == []
    with path.open("ab") as file:
        file.write(b'ep": 2}\n')
    assert [e["step"] for e in tail.read()] == [2]
    writer.close()


def test_a_deleted_folder_ends_the_writer_and_the_tail(tmp_path: Path) -> None:
    """Fault: somebody removes the run's folder while it trains."""
    run = tmp_path / "gone-1"
    run.mkdir()
    writer, tail = Writer(run / "events.jsonl"), Tail(run / "events.jsonl")
    writer.write("step", step=1)
    (run / "events.jsonl").unlink()
    run.rmdir()
    with pytest.raises(RunGone, match="gone-1"):
        writer.write("step", step=2)
    with pytest.raises(RunGone, match="gone-1"):
        tail.read()


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: the disk fills up in the middle of a line (a real full disk stands in tests/faults)."""
    path = tmp_path / "events.jsonl"
    writer = Writer(path)
    writer.write("step", step=1)
    whole = path.read_bytes()
    real = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) > 10:
            return real(file, data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(events.os, "write", lambda f, d: full(f, d if d.startswith(b"{") else b"x"))
    with pytest.raises(DiskFull, match="No space left"):
        writer.write("step", step=2)
    monkeypatch.undo()
    assert path.read_bytes() == whole


def test_damaged_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"type": "step", "step": 1}\n\xff\xfe{{{\n[1]\n{"type": "step", "step": 2}\n')
    assert [e["step"] for e in read(path)] == [1, 2]
