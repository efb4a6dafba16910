"""The commands as users run them: real processes, real workers, a real terminal's signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from invoked import invoke
from jinjie.base.words import say
from jinjie.cli import main
from jinjie.training.runs import Run

JINJIE = [sys.executable, "-m", "jinjie"]
QUICK = ["threads=1", "budget.evaluate_every=1000", "budget.log_every=1"]
LONG = ["line-1", *QUICK, "budget.steps=1000000", "budget.log_every=100", "budget.checkpoint_every=100000"]
GPT = [
    *("gpt-shakespeare", "threads=1", "precision=fp32", "budget.steps=3", "budget.evaluate_every=1000"),
    *("model.layers=1", "model.width=16", "model.heads=2", "model.block=16", "data.block=16"),
    *("budget.evaluate_batches=1", "task.sample_tokens=4"),
]
Done = subprocess.CompletedProcess


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("COLUMNS", "200")


def jinjie(*words: str) -> Done[str]:
    """A command, from its start to its end; one that starts or stops a worker in a process of its own."""
    if {"run", "resume", "stop"} & set(words[:1]):
        return subprocess.run([*JINJIE, *words], capture_output=True, text=True, timeout=120)
    return invoke(*words)


def done(*words: str) -> Any:
    """What a command that must succeed says with --json."""
    came = jinjie(*words, "--json")
    assert came.returncode == 0, came.stdout + came.stderr
    lines = came.stdout.splitlines()
    return [json.loads(line) for line in lines] if lines[0].startswith('{"run"') else json.loads(came.stdout)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data_home: Path) -> Path:
    """A home with a finished run of a line and of a GPT, made by the command line once."""
    home = tmp_path_factory.mktemp("trained")
    environment = {
        **os.environ,
        "JINJIE_HOME": str(home),
        "JINJIE_DATA": str(data_home),
        "OMP_NUM_THREADS": "1",
    }
    for words in (["line-1", *QUICK, "budget.steps=30"], GPT):
        came = subprocess.run(
            [*JINJIE, "run", *words, "--json"], env=environment, capture_output=True, text=True, timeout=120
        )
        assert came.returncode == 0, came.stdout + came.stderr
        events = [json.loads(line) for line in came.stdout.splitlines()]
        assert [event["type"] for event in events][-1] == "finished"
        assert {"started", "step", "evaluated", "checkpoint"} <= {event["type"] for event in events}
        assert len({event["run"] for event in events}) == 1
    return home


@pytest.fixture
def runs(trained: Path, home: Path) -> Path:
    """That home, copied for one test."""
    shutil.copytree(trained / "runs", home / "runs")
    return home / "runs"


def until(what: Callable[[], object], patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def started(home: Path, name: str = "line-1-1") -> Run:
    """A run, once it trains."""
    run = Run(home / "runs" / name)
    until(lambda: run.path.exists() and any(event["type"] == "step" for event in run.events))
    return run


# What is said of runs


def test_runs_are_listed_and_shown(runs: Path) -> None:
    listed = {row["run"]: row for row in done("runs")}
    assert set(listed) == {"line-1-1", "gpt-shakespeare-1"}
    line = listed["line-1-1"]
    assert (line["state"], line["step"], line["total"], line["recipe"]) == ("finished", 30, 30, "line-1")
    shown = done("runs", "show", "line-1")
    assert shown["run"] == "line-1-1" and shown["recipe_values"]["budget"]["steps"] == 30
    assert shown["events"][-1]["type"] == "finished"
    words = jinjie("runs", "show", "line-1-1").stdout
    assert "30/30" in words and "line-1-1" in words
    assert (
        "已完成" in jinjie("--lang", "zh", "runs").stdout or "完成" in jinjie("--lang", "zh", "runs").stdout
    )


def test_a_damaged_run_is_told_of_and_hides_no_other(runs: Path) -> None:
    (runs / "line-1-1" / "recipe.json").write_text("{")
    states = {row["run"]: row["state"] for row in done("runs")}
    assert states == {"line-1-1": "unreadable", "gpt-shakespeare-1": "finished"}
    came = jinjie("runs", "show", "line-1-1")
    assert came.returncode == 1 and "recipe.json" in came.stderr


def test_a_run_is_deleted_when_its_name_is_meant(runs: Path) -> None:
    asked = subprocess.run(
        [*JINJIE, "runs", "delete", "line-1-1"], input="n\n", capture_output=True, text=True, timeout=60
    )
    assert asked.returncode == 130 and (runs / "line-1-1").exists()
    assert done("runs", "delete", "line-1-1", "--yes") == {"deleted": "line-1-1"}
    assert not (runs / "line-1-1").exists()


# Asking a model


def test_a_line_predicts(runs: Path) -> None:
    said = jinjie("predict", "line-1", "0.5", "-1")
    assert said.returncode == 0 and said.stdout.count("\n") == 2
    half, minus = done("predict", "line-1", "0.5", "0")
    assert half["value"] == pytest.approx(0.35, abs=0.2)
    misspelt = jinjie("predict", "line-1", "-0.5", "--jsn")
    assert misspelt.returncode == 2 and "'--json'" in misspelt.stderr
    wrong = jinjie("predict", "line-1", "half")
    assert wrong.returncode == 2 and "half" in wrong.stderr


def test_a_gpt_writes_the_same_for_the_same_seed(runs: Path) -> None:
    words = ("generate", "gpt-shakespeare", "ROMEO:", "-n", "20", "--seed", "7")
    first, again = done(*words), done(*words)
    assert first == again
    (sample,) = first["samples"]
    assert sample["text"].startswith("ROMEO:") and len(sample["text"]) == len("ROMEO:") + 20
    assert jinjie(*words).stdout == sample["text"] + "\n"
    assert len(done(*words, "--number", "2")["samples"]) == 2
    wrong = jinjie("generate", "gpt-shakespeare", "月亮")
    assert wrong.returncode == 2 and "月" in wrong.stderr


def test_writing_streams(runs: Path) -> None:
    """The text comes piece by piece, the first of it well before the last."""
    process = subprocess.Popen(
        [*JINJIE, "generate", "gpt-shakespeare", "ROMEO:", "-n", "600"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    pieces: list[tuple[float, bytes]] = []
    while piece := os.read(process.stdout.fileno(), 65536):
        pieces.append((time.monotonic(), piece))
    assert process.wait() == 0
    assert len(b"".join(piece for _, piece in pieces).decode()) == len("ROMEO:") + 600 + 1
    assert len(pieces) > 10
    assert pieces[-1][0] - pieces[0][0] > 0.1


def test_a_model_that_writes_no_text(runs: Path) -> None:
    came = jinjie("generate", "line-1-1", "x")
    assert came.returncode == 1 and "jinjie predict line-1-1" in came.stderr


def test_a_reader_that_goes_away_is_no_error(runs: Path) -> None:
    """`jinjie runs show | head -1`"""
    came = subprocess.run(
        f"{' '.join(JINJIE)} runs show line-1-1 --json | head -1", shell=True, capture_output=True, text=True
    )
    assert came.stdout == "{\n" and came.stderr == ""


# Starting, stopping, going on


def test_a_detached_run_is_stopped_and_resumed(home: Path) -> None:
    begun = done("run", *LONG, "--detach")
    assert begun["run"] == "line-1-1" and begun["pid"] == Run(Path(begun["path"])).pid
    run = started(home)
    again = jinjie("resume", "line-1-1")
    assert again.returncode == 5 and str(begun["pid"]) in again.stderr
    kept = jinjie("runs", "delete", "line-1-1", "--yes")
    assert kept.returncode == 1 and run.path.exists()
    assert done("stop", "line-1-1") == {"run": "line-1-1", "stopped": True, "state": "stopped"}
    assert done("stop", "line-1-1") == {"run": "line-1-1", "stopped": False, "state": "stopped"}
    reached = run.events[-1]["step"]

    process = subprocess.Popen([*JINJIE, "resume", "--json"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    while first["type"] == "loading":
        first = json.loads(process.stdout.readline())
    assert (first["type"], first["step"]) == ("resumed", reached)  # and nothing of what was told before
    process.send_signal(signal.SIGINT)
    rest = [json.loads(line) for line in process.stdout]
    assert process.wait() == 0
    assert rest[-1]["type"] == "stopped" and rest[-1]["step"] >= reached
    assert run.state() == "stopped"


def test_ctrl_c_stops_safely_and_says_how_to_go_on(home: Path) -> None:
    process = subprocess.Popen([*JINJIE, "run", *LONG], stdout=subprocess.PIPE, text=True)
    run = started(home)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert run.state() == "stopped" and "jinjie resume line-1-1" in out
    assert out.count(say("cli.watch.begun", run="line-1-1", path=run.path)) == 1


def test_a_deleted_folder_ends_the_watching(home: Path) -> None:
    process = subprocess.Popen([*JINJIE, "run", *LONG], stderr=subprocess.PIPE, text=True)
    run = started(home)
    while run.path.exists():
        shutil.rmtree(run.path, ignore_errors=True)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3 and "was deleted" in said


@pytest.mark.parametrize("first", ["lock", "recipe.json"])
def test_a_folder_that_is_being_deleted_is_no_worker_that_died(first: str, home: Path) -> None:
    """Files go one by one, and the watching may look in between: it said that the worker was killed."""
    process = subprocess.Popen([*JINJIE, "run", *LONG], stderr=subprocess.PIPE, text=True)
    run = started(home)
    pid = run.pid
    assert pid is not None
    (run.path / first).unlink()
    os.kill(pid, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3 and "was deleted" in said


def test_a_run_that_fails_says_why_and_ends_with_1(home: Path) -> None:
    came = jinjie("run", "line-1", *QUICK, "optimizer.lr=1e30")
    assert came.returncode == 1
    assert "optimizer.lr" in came.stdout + came.stderr
    assert done("runs")[0]["state"] == "failed"


def test_a_killed_worker_is_said_to_have_died(home: Path) -> None:
    process = subprocess.Popen([*JINJIE, "run", *LONG], stdout=subprocess.PIPE, text=True)
    run = started(home)
    pid = run.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "line-1-1" in out
    assert done("runs")[0]["state"] == "interrupted"


# What is wrong with an input


def test_misspelt_names_get_a_suggestion(home: Path) -> None:
    for words, near in (
        (["rum", "line-1"], "'run'"),
        (["runs", "shwo"], "'show'"),
        (["runs", "stop"], "'jinjie stop'"),
        (["run", "gpt-poem"], "'gpt-poems'"),
        (["show", "mnist-mpl"], "'mnist-mlp'"),
        (["run", "line-1", "optimiser.lr=1"], "'optimizer.lr'"),
        (["run", "gpt-poems", "size=smal"], "'small'"),
    ):
        came = jinjie(*words)
        assert came.returncode == 2, words
        assert near in came.stderr and came.stdout == "", words
    assert not (home / "runs").exists()  # nothing was begun


def test_misspelt_names_in_chinese(home: Path) -> None:
    came = jinjie("run", "gpt-poem", "--lang", "zh")
    assert came.returncode == 2 and "gpt-poems" in came.stderr
    assert "没有" in came.stderr and "Did you mean" not in came.stderr
    assert "没有" in jinjie("--lang=zh", "rum").stderr


def test_all_problems_come_at_once(home: Path) -> None:
    wrong = ["model.layer=3", "optimizer.lr=-1", "sead=1", "budget.batch=many"]
    came = jinjie("run", "gpt-poems", *wrong)
    assert came.returncode == 2
    for word in wrong:
        assert word.partition("=")[0] in came.stderr
    error = json.loads(jinjie("run", "gpt-poems", *wrong, "--json").stdout)["error"]
    assert {problem["where"] for problem in error["problems"]} == {word.partition("=")[0] for word in wrong}
    assert jinjie("run", "line-1", "steps").returncode == 2


def test_errors_are_json_for_scripts(home: Path) -> None:
    for words, code in ((["runs", "show", "nothing"], 2), (["run", "nothing"], 2), (["resume"], 2)):
        came = jinjie(*words, "--json")
        assert came.returncode == code and came.stderr == ""
        error = json.loads(came.stdout)["error"]
        assert error["key"] and error["message"]


# Help


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["recipes"], ["runs"]])
def test_what_needs_no_tensor_imports_none(words: list[str], home: Path) -> None:
    """They must answer in a quarter of a second; torch alone takes seven of them."""
    script = (
        "import sys; from jinjie.cli.main import main\n"
        f"sys.argv = ['jinjie', *{words!r}]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'polars', 'matplotlib', 'numpy', 'fastapi', 'transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    came = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert came.returncode == 0, came.stderr


COMMANDS = [
    "recipes",
    "show mnist-mlp",
    "data",
    "runs",
    "lesson",
    "lesson gradient-descent",
    "exercise",
    "experiment",
    "formula",
    "resources",
    "career",
    "next",
    "plan",
    "progress",
    "ask",
    "find attention",
]


@pytest.mark.parametrize("words", COMMANDS)
def test_what_was_told_before_waits_for_no_library(
    words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A command's first run in a home keeps what it worked out; every later one only tells it."""
    heavy = ["torch", "numpy", "polars", "sqlalchemy", "matplotlib", "sklearn", "networkx", "sympy"]
    heavy += ["pydantic", "pygments", "markdown_it", "jinjie.course.grading.marking"]
    heavy += ["jinjie.course.content.shelf", "jinjie.base.machine", "jinjie.models", "jinjie.course.sandbox"]
    script = (
        "import sys; from jinjie.cli.main import main\n"
        f"sys.argv = ['jinjie', *{words.split()!r}]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print('\\nheavy:', *[name for name in {heavy!r} if name in sys.modules])"
    )
    home = tmp_path_factory.getbasetemp() / "told"
    environment = {**os.environ, "JINJIE_HOME": str(home), "JINJIE_DATA": str(home)}
    if (
        not home.exists()
    ):  # the log is made when it is first opened, and copied, as once a day, when it is again
        opened = "from jinjie.learner.store import open_store\nopen_store().close()\nopen_store().close()"
        subprocess.run([sys.executable, "-c", opened], timeout=120, env=environment, check=True)
    for _ in range(2):
        came = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, env=environment
        )
        assert came.returncode == 0, came.stderr
    assert came.stdout.splitlines()[-1].split() == ["heavy:"]


def test_a_command_is_there_when_its_module_alone_is_built() -> None:
    every = typer.main.get_command(main.build())
    assert isinstance(every, typer.core.TyperGroup)
    for name in every.commands:
        alone = typer.main.get_command(main.build(name))
        assert isinstance(alone, typer.core.TyperGroup) and name in alone.commands, name
        assert len(alone.commands) < 10, f"{name} builds them all"


def test_every_command_has_help_in_both_languages(home: Path) -> None:
    english, chinese = jinjie("--help").stdout, jinjie("--help", "--lang", "zh").stdout
    for name in ("run", "runs", "resume", "stop", "generate", "predict", "recipes", "show", "data", "doctor"):
        assert name in english and name in chinese
    assert "训练" in chinese and "Train" not in chinese
    for name in ("run", "resume", "stop", "generate", "predict", "runs show", "data fetch"):
        came = jinjie(*name.split(), "--help")
        assert came.returncode == 0 and "--json" in came.stdout, name


def test_blocks_that_repeat_are_told_in_one_line() -> None:
    """GPT-2 XL: 48 blocks of 30,740,800 weights each."""
    said = jinjie("show", "gpt-shakespeare", "size=gpt2-xl").stdout
    assert "blocks.0.attention.qkv" in said and "blocks.1.attention.qkv" not in said
    line = next(line for line in said.splitlines() if line.startswith("blocks.1 "))
    assert line.split() == ["blocks.1", "…", "blocks.47", "as", "before", f"{47 * 30_740_800:,}"]
