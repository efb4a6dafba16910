"""Experiments that are trainings: knobs as settings of a real recipe, run, followed, recorded and drawn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from jinjie.base.errors import InvalidInput, JinjieError, NotFound
from jinjie.cli.record import register
from jinjie.course.content.library import Written, load
from jinjie.course.content.schema import Experiment
from jinjie.course.experiments import recipes, recorded
from jinjie.course.experiments.draw import pictures
from jinjie.course.experiments.shown import Curves, Shown

YAML = """\
title: {en: A line, zh: 一条直线}
recipe: line-1
settings: {budget.steps: 30, threads: 1}
knobs:
  - {name: optimizer.lr, label: {en: rate, zh: 学习率}, min: 0.001, max: 1000, step: 0.001, default: 0.01, log: true}
  - {name: budget.batch, label: {en: batch, zh: 批}, choices: [8, 32], default: 8}
notice: {en: See the loss., zh: 看损失。}
"""


@pytest.fixture
def training(folder: Path) -> Written[Experiment]:
    (folder / "experiments" / "line.yaml").write_text(YAML, "utf-8")
    return load([folder]).experiment("line")


def test_knobs_and_settings_are_the_recipes(training: Written[Experiment]) -> None:
    made = recipes.recipe(training, {"optimizer.lr": "0.05"})
    assert (made.optimizer.lr, made.budget.batch, made.budget.steps) == (0.05, 8, 30)
    with pytest.raises(InvalidInput) as said:
        recipes.recipe(training, {"optimizer.lr": 2000, "budget.bach": 8})
    assert {problem.where for problem in said.value.problems} == {"optimizer.lr", "budget.bach"}
    assert "0.001 … 1000" in str(said.value) and "budget.batch" in str(said.value)


def test_a_choice_that_is_text_is_spelt_as_on_the_command_line(folder: Path) -> None:
    """The widths of a network are several numbers, and a choice is one value."""
    knob = '- {name: model.hidden, label: {en: w, zh: 宽}, choices: ["[]", "[8, 4]"], default: "[]"}'
    text = YAML.replace("recipe: line-1", "recipe: mnist-mlp").replace("knobs:\n", f"knobs:\n  {knob}\n")
    (folder / "experiments" / "digits.yaml").write_text(text, "utf-8")
    written = load([folder]).experiment("digits")
    assert recipes.recipe(written).model.hidden == ()
    assert recipes.recipe(written, {"model.hidden": "[8, 4]"}).model.hidden == (8, 4)


def test_a_function_is_no_training(folder: Path) -> None:
    with pytest.raises(JinjieError, match="answers at once"):
        recipes.recipe(load([folder]).experiment("valley"))


def test_a_run_is_followed_to_its_end(training: Written[Experiment]) -> None:
    run = recipes.start(training)
    kinds = [event["type"] for event in recipes.follow(run, 60)]
    assert kinds[0] in ("loading", "started") and kinds[-1] == "finished"
    assert kinds.count("step") >= 1


def test_a_run_is_recorded_read_and_drawn(training: Written[Experiment]) -> None:
    first = recorded.record(training, {"budget.batch": 32})
    second = recorded.record(training)
    file = recorded.file(training)
    assert file.name == "line.recorded.json"
    content = json.loads(file.read_text("utf-8"))["recorded"]
    assert len(content) == 2
    assert first.command == "jinjie content record line budget.batch=32"
    assert {"date", "machine", "command", "metrics", "training", "seconds"} <= set(content[0])
    assert first.machine.cpu and first.machine.cores >= 1 and first.steps == 30
    assert recorded.find(training, {"budget.batch": "32"}) == first
    assert recorded.find(training) == second
    again = recorded.record(training, {"budget.batch": 32})
    assert len(recorded.read(training)) == 2, "a record at the same knobs is replaced"
    assert again.training == first.training, "the same seed gives the same losses"
    shown = recorded.shown(second)
    assert isinstance(shown.panels[0], Curves)
    assert "损失" in pictures(shown, "zh")[0].alt
    assert Shown.of(json.loads(json.dumps(shown.plain(), allow_nan=False))) == shown
    with pytest.raises(NotFound, match="budget.batch=32"):
        recorded.find(training, {"optimizer.lr": 0.5})


def test_a_run_that_fails_records_nothing(training: Written[Experiment]) -> None:
    """A rate of a thousand: the loss is soon not finite, and the run ends by saying so."""
    with pytest.raises(JinjieError) as said:
        recorded.record(training, {"optimizer.lr": 1000})
    assert said.value.key == "experiment.recorded.unfinished"
    assert not recorded.file(training).exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"recorded": [{}]}', '{"recorded": 3}', "\x00"])
def test_a_file_that_is_no_record_is_said(training: Written[Experiment], text: str) -> None:
    recorded.file(training).write_text(text, "utf-8")
    with pytest.raises(JinjieError) as said:
        recorded.find(training)
    assert said.value.key == "experiment.recorded.unreadable"
    with pytest.raises(JinjieError):
        recorded.record(training)
    assert recorded.file(training).read_text("utf-8") == text, "it is left as it is"


def test_the_command_records(training: Written[Experiment], folder: Path) -> None:
    app = typer.Typer()
    register(app)
    app.command("other")(lambda: None)  # with a single command, Typer would take its name away
    said = CliRunner().invoke(app, ["record", "line", "budget.batch=32", "--content", str(folder)])
    assert said.exit_code == 0, said.output
    assert "line.recorded.json" in said.output.replace("\n", "")
    assert recorded.find(training, {"budget.batch": 32})


@pytest.mark.slow
def test_the_command_runs_a_training_as_jinjie_run_does(training: Written[Experiment], folder: Path) -> None:
    command = [sys.executable, "-m", "jinjie", "experiment", "line", "--json", "--content", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True)
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, ran.stderr
    assert events[-1]["type"] == "finished"
