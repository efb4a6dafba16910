"""Comparing runs that were really trained: what differs is told, and nothing else; curves are drawn."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from jinjie.analyse.compare import compare, picture, spreads, terminal_plot
from jinjie.base import words
from jinjie.cli import compare as command
from jinjie.recipes import all_recipes
from jinjie.training.launch import launch
from jinjie.training.runs import Run, find

LINE = all_recipes()["line-1"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A runs folder with two finished lines, trained at different rates and lengths."""
    home = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(home))
        runs = [
            launch(LINE.changed({"budget.steps": steps, "optimizer.lr": lr}))
            for steps, lr in ((60, 0.1), (40, 0.5))
        ]
        deadline = time.monotonic() + 240
        while any(run.pid for run in runs) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert [run.state() for run in runs] == ["finished", "finished"]
    yield home


@pytest.fixture
def runs(trained: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    monkeypatch.setenv("JINJIE_HOME", str(trained))
    return [find("line-1-1"), find("line-1-2")]


def test_what_differs_is_told_and_nothing_else(runs: list[Run]) -> None:
    first, second = compare(runs)
    assert first.settings == {"optimizer.lr": 0.1, "budget.steps": 60}
    assert second.settings == {"optimizer.lr": 0.5, "budget.steps": 40}
    assert [row.state for row in (first, second)] == ["finished", "finished"]
    assert [(row.step, row.total) for row in (first, second)] == [(60, 60), (40, 40)]
    assert [row.parameters for row in (first, second)] == [2, 2]
    assert all(row.seconds > 0 for row in (first, second))


def test_scores_are_those_of_the_events(runs: list[Run]) -> None:
    for run, row in zip(runs, compare(runs), strict=True):
        looks = [e for e in run.events if e["type"] == "evaluated" and e["split"] == "validation"]
        assert row.best["loss"] == min(e["metrics"]["loss"] for e in looks)
        assert row.last == looks[-1]["metrics"]
        assert row.test == run.events[-1]["metrics"]
        assert row.validation_curve == [(e["step"], e["metrics"]["loss"]) for e in looks]
        assert len(row.train_curve) == sum(e["type"] == "step" for e in run.events)


def test_waiting_before_a_resume_is_not_training(runs: list[Run], tmp_path: Path) -> None:
    folder = tmp_path / "line-1-9"
    folder.mkdir()
    (folder / "recipe.json").write_bytes((runs[0].path / "recipe.json").read_bytes())
    told: list[dict[str, Any]] = [
        {"type": "started", "time": 100.0, "step": 0, "total": 60, "parameters": 2},
        {"type": "step", "time": 110.0, "step": 5, "loss": 1.0},
        {"type": "stopped", "time": 111.0, "step": 5},
        {"type": "resumed", "time": 9000.0, "step": 5},
        {"type": "step", "time": 9007.0, "step": 6, "loss": math.nan},
    ]
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in told))
    (row,) = compare([Run(folder)])
    assert row.seconds == pytest.approx(10 + 7)  # the dropped `stopped` second is no training either
    assert (row.state, row.best, row.best_step) == ("interrupted", {}, None)
    ET.fromstring(picture([row]))


def test_the_picture_names_every_curve(runs: list[Run]) -> None:
    words.use("zh")
    drawn = picture(compare(runs)).decode()
    assert "训练损失与验证损失" in drawn
    assert all(f"{run.name} {kind}" in drawn for run in runs for kind in ("训练", "验证"))


def invoke(*arguments: str) -> Any:
    app = typer.Typer()
    app.callback()(lambda: None)
    command.register(app)
    return CliRunner().invoke(app, ["compare", *arguments])


def test_the_command_prints_a_table_and_writes_the_picture(runs: list[Run], trained: Path) -> None:
    done = invoke("line-1-1", "line-1-2")
    assert done.exit_code == 0, done.output
    assert all(word in done.output for word in ("line-1-1", "line-1-2", "optimizer.lr", "40/40", "r2"))
    assert any(0x2801 <= ord(c) <= 0x28FF for c in done.output), "the curves in the terminal"
    file = trained / "pictures" / "compare-line-1-1-line-1-2.svg"
    assert ET.fromstring(file.read_bytes()).tag.endswith("svg")


def test_the_command_speaks_json_and_takes_the_newest_two(runs: list[Run], tmp_path: Path) -> None:
    done = invoke("--json", "--picture", str(tmp_path / "new" / "p.svg"))
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert {row["run"] for row in told["runs"]} == {"line-1-1", "line-1-2"}
    assert Path(told["picture"]).is_file()


def test_one_run_is_not_enough_and_a_place_may_not_be_written(runs: list[Run], tmp_path: Path) -> None:
    assert "two runs" in str(invoke("line-1-1").exception)
    (tmp_path / "file").write_text("x")
    assert "--picture" in str(invoke("--picture", str(tmp_path / "file" / "p.svg")).exception)


points = st.lists(st.tuples(st.integers(0, 10**6), st.floats(width=32)), max_size=20)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), points, max_size=3), st.sampled_from([None, True, False]))
def test_anything_can_be_plotted_in_the_terminal(
    lines: dict[str, list[tuple[int, float]]], log: bool | None
) -> None:
    plot = terminal_plot({"x": [], **lines}, width=40, height=6, log=log)
    assert plot.plain


def test_a_falling_line_falls() -> None:
    plain = terminal_plot({"loss": [(0, 1.0), (100, 0.0)]}, width=30, height=8).plain.splitlines()
    rows = [line.partition("│")[2] or line.partition("┤")[2] for line in plain[1:9]]
    starts = [len(row) - len(row.lstrip(" ")) for row in rows]
    assert starts == sorted(starts)
    assert starts[0] == 0
    assert len(rows[-1]) <= 30


def test_a_loss_that_falls_far_is_drawn_logarithmically() -> None:
    assert spreads([[(0, 1.0), (1, 1e-9)]])
    assert not spreads([[(0, 4.0), (1, 1.5)]])
    assert not spreads([[(0, 1.0), (1, 0.0)]])
