"""`jinjie portfolio` as it is used: from the words typed to the page, in both languages."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from invoked import invoke
from jinjie import recipes
from jinjie.base.files import write_json
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store

Jinjie = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, data_home: Path) -> dict[str, str]:
    """A home with the files of two runs of a line, and an exercise that was passed."""
    home = tmp_path_factory.mktemp("portfolio")
    made = {
        "JINJIE_HOME": str(home),
        "JINJIE_DATA": str(data_home),
        "JINJIE_LANG": "en",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "100",
        "PYTHONUTF8": "1",
    }
    asked = recipes.find("line-1").model_dump(mode="json")
    for number in (1, 2):
        run = home / "runs" / f"line-1-{number}"
        (run / "model").mkdir(parents=True)
        launch = {"threads": 1, "created": 1795636607.0 + number}
        write_json(run / "recipe.json", {"schema": 1, "recipe": {**asked, "seed": number}, "launch": launch})
        os.utime(run / "recipe.json", (launch["created"], launch["created"]))
        metrics = {"loss": 0.1, "r2": 0.9}
        events = [
            {"type": "started", "time": 1.0, "step": 0, "total": 9, "baseline": {"r2": 0.0}},
            {"type": "evaluated", "time": 2.0, "step": 9, "split": "test", "metrics": metrics},
            {"type": "finished", "time": 3.0, "step": 9, "metrics": metrics},
        ]
        (run / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
        (run / "model" / "config.json").write_text("{}")
        (run / "model" / "model.safetensors").write_bytes(bytes(99))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(home))
        with open_store() as store:
            write(store, Attempt("exercise", "descent-step", passed=True))
    return made


@pytest.fixture
def jinjie(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line as it is called, in this process; a process of its own would take longer than its answer."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    return invoke


def test_it_writes_here_says_what_and_checks(jinjie: Jinjie, tmp_path: Path) -> None:
    came = jinjie("portfolio", "--name", "林曦")
    assert came.returncode == 0, came.stderr
    assert f"{tmp_path / 'portfolio'}: 1 models, 1 exercises." in came.stdout
    assert "1 older runs" in came.stdout
    assert "林曦" in (tmp_path / "portfolio" / "index.html").read_text("utf-8")
    fine = jinjie("portfolio", "check")
    assert (
        fine.returncode == 0 and "All 2 files are as they were" in fine.stdout and "--runs DIR" in fine.stdout
    )
    compared = jinjie("portfolio", "check", "--runs", "here")
    assert compared.returncode == 0 and "line-1-2" in compared.stdout
    index = tmp_path / "portfolio" / "index.html"
    index.write_bytes(index.read_bytes().replace(b"Held-out", b"held-out", 1))
    bad = jinjie("--lang", "zh", "portfolio", "check")
    assert bad.returncode == 1 and "有 1 处不同" in bad.stdout and "index.html  改过" in bad.stdout
    told = json.loads(jinjie("portfolio", "check", "--json").stdout)
    assert told["same"] is False and told["differences"] == [
        {"what": "changed", "file": "index.html", "run": None}
    ]
    refused = jinjie("portfolio")
    assert refused.returncode == 1 and "index.html" in refused.stderr


def test_json_tells_what_the_page_does(jinjie: Jinjie, tmp_path: Path) -> None:
    came = jinjie(
        "portfolio",
        str(tmp_path / "out"),
        "--runs",
        "line-1-1， line-1-2",
        "--json",
        "--lang=zh",
    )
    told = json.loads(came.stdout)
    assert [model["run"] for model in told["models"]] == ["line-1-1", "line-1-2"]
    assert all(model["model"] and model["state"] == "finished" for model in told["models"])
    assert [one["slug"] for one in told["exercises"]] == ["descent-step"]
    assert sum(len(one["runs"]) for one in told["built"]) >= 2
    assert Path(told["folder"], told["models"][0]["file"]).is_file()
    assert 'lang="zh-CN"' in Path(told["folder"], "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("portfolio", "OUT", "--runs", "lin-1-1"), "line-1-1"),
        (("portfolio", "OUT", "--runs", " , "), "separated by commas"),
        (("portfolio", "check", "OUT"), "There is no folder"),
        (("portfolio", "check", ".", "--runs", "nowhere"), "There is no folder"),
        (("portfolio", "OUT", "--rnus", "x"), "--runs"),
    ],
)
def test_what_is_wrong_is_said(jinjie: Jinjie, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    came = jinjie(*words)
    assert came.returncode == 2 and said in came.stderr, (came.stdout, came.stderr)
    assert not (tmp_path / "OUT").exists(), "nothing is written"


def test_help_has_both_commands_and_an_example(jinjie: Jinjie) -> None:
    whole = jinjie("portfolio", "--help").stdout
    assert "write" in whole and "check" in whole and "jinjie portfolio my-work" in whole
    one = jinjie("--lang", "zh", "portfolio", "write", "--help").stdout
    assert "--own-examples" in one and "jinjie portfolio my-work" in one
