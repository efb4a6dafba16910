"""`jinjie evaluate` as users run it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from invoked import invoke
from jinjie import recipes
from jinjie.training import launch, worker

RUNS = {
    "cancer": {"budget.epochs": 2},
    "gpt-shakespeare": {
        "budget.steps": 2,
        "budget.evaluate_every": 1000,
        "budget.evaluate_batches": 1,
        "model.layers": 1,
        "model.width": 16,
        "model.heads": 2,
        "model.block": 16,
        "data.block": 16,
        "task.sample_tokens": 4,
    },
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory, data_home):
    """A home with a classifier of tumours and a language model."""
    home = tmp_path_factory.mktemp("evaluated")
    made = {
        "JINJIE_HOME": str(home),
        "JINJIE_DATA": str(data_home),
        "JINJIE_LANG": "en",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "100",
    }
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.items():
            patch.setenv(name, value)
        for name, changes in RUNS.items():
            recipe = recipes.find(name).changed({**changes, "threads": 1, "precision": "fp32"})
            assert worker.main(launch.create(recipe).path) == 0
    for number, handler in heard.items():  # a worker listens for a stop
        signal.signal(number, handler)
    return {**os.environ, **made}


def jinjie(environment, *words):
    return invoke(*words, environment=environment)


def test_it_prints_the_scores_in_both_languages_and_says_where_the_report_is(environment):
    came = jinjie(environment, "evaluate", "cancer", "--samples", "50")
    assert came.returncode == 0, came.stderr
    for words in ("113 examples of the test split", "95 % interval", "trivial", "malignant", "Report: "):
        assert words in came.stdout
    page = Path(came.stdout.rpartition("Report: ")[2].strip())
    assert page.name == "evaluation.html" and page.is_file()
    chinese = jinjie(environment, "--lang", "zh", "evaluate", "cancer", "--samples", "50").stdout
    assert "测试集共 113 个样本" in chinese and "95% 区间" in chinese and "interval" not in chinese


def test_json_is_the_file_and_nothing_else(environment):
    told = json.loads(jinjie(environment, "evaluate", "cancer", "--samples", "50", "--json").stdout)
    folder = Path(told.pop("folder"))
    assert told == json.loads((folder / "evaluation.json").read_bytes())
    assert told["examples"] == 113 and told["resamples"] == 50


def test_what_is_wrong_with_the_question_is_said_at_once(environment):
    came = jinjie(environment, "evaluate", "cancer", "--split", "train", "--samples", "1")
    assert came.returncode == 2
    assert "'train' came" in came.stderr and "at least 20 draws" in came.stderr


def test_a_language_model_is_evaluated_and_its_report_is_json_too(environment):
    came = jinjie(environment, "evaluate", "gpt-shakespeare", "--samples", "50")
    assert came.returncode == 0, came.stderr
    for words in ("bits a byte", "5-gram", "Likelihood benchmark, English: ", "tokens a second", "Report: "):
        assert words in came.stdout
    told = json.loads(jinjie(environment, "evaluate", "gpt-shakespeare", "--samples", "50", "--json").stdout)
    assert told["kind"] == "language" and told["texts"]["tokens"] == told["examples"] > 50_000
    assert Path(told["folder"]).name == "evaluation"


def test_other_text_makes_a_report_of_its_own(environment, tmp_path):
    (tmp_path / "mine.txt").write_text("To be, or not to be.\n" * 50)
    words = ["evaluate", "gpt-shakespeare", "--text", str(tmp_path / "mine.txt"), "--samples", "50", "--json"]
    told = json.loads(jinjie(environment, *words).stdout)
    assert Path(told["folder"]).parent.name == "evaluations" and "mine.txt" in told["data"]["en"]
    none = jinjie(environment, "evaluate", "gpt-shakespear")
    assert none.returncode != 0 and "gpt-shakespeare-1" in none.stderr
    other = jinjie(environment, "evaluate", "cancer", "--text", "en")
    assert other.returncode == 1 and "classify" in other.stderr
