"""The doctor tells of this machine in both languages, measures it once, and fails only where nothing can run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from jinjie.base import machine, words
from jinjie.base.machine import Profile, Rates
from jinjie.base.paths import machine_file
from jinjie.base.system import cpu
from jinjie.cli import doctor

RATES = Rates(fp32=90, bf16=400)


@pytest.fixture
def measured() -> Profile:
    """This machine as if measured, so that only one test takes the seconds to measure it."""
    found = Profile(
        cpu=cpu()[0], cores=2, torch=machine.torch_version(), time=1.0, one=RATES, all=RATES,
        read_gbytes=30, op_us=2, step_us=250,
    )  # fmt: skip
    machine_file().write_text(found.model_dump_json())
    return found


def invoke(*arguments: str) -> Any:
    app = typer.Typer()
    app.callback()(lambda: None)
    doctor.register(app)
    return CliRunner().invoke(app, ["doctor", *arguments])


@pytest.mark.parametrize(("lang", "ready"), [("en", "Ready to train."), ("zh", "可以开始训练。")])
def test_the_doctor_speaks_both_languages(measured: Profile, lang: str, ready: str) -> None:
    words.use(lang)
    done = invoke()
    assert done.exit_code == 0, done.output
    assert ready in done.output
    assert "400" in done.output, "the measured rate"
    assert "torch" in done.output


def test_json_says_what_is_picked_and_why(measured: Profile) -> None:
    told = json.loads(invoke("--json").output)
    assert told["measured"] == measured.model_dump(mode="json")
    assert told["picked"]["precision"] == "bf16"
    assert told["picked"]["precision_reason"]
    assert told["picked"]["threads_small"] == 1
    assert told["picked"]["threads"] == told["machine"]["cores"]
    assert {"digits", "text", "poems"} <= {entry["name"] for entry in told["data"]}
    assert told["versions"]["torch"] == machine.torch_version()
    assert told["disk"]["free"] > 0


def test_what_an_older_version_did_not_measure_is_measured(
    measured: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []
    monkeypatch.setattr(machine, "measure", lambda program: asked.append(program) or measured)
    assert invoke().exit_code == 0 and not asked
    machine_file().write_text(measured.model_dump_json(exclude={"one_row"}))
    assert invoke().exit_code == 0 and len(asked) == 1


def test_again_measures_anew(measured: Profile) -> None:
    told = json.loads(invoke("--json", "--again").output)
    assert told["measured"]["time"] > measured.time
    assert machine.profile() is not None
    assert machine.profile() != measured


def test_a_home_that_cannot_be_used_prevents_running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "file" / "home"))
    done = invoke("--json")
    assert done.exit_code == 1
    assert "JINJIE_HOME" in json.loads(done.output)["prevents"][0]
