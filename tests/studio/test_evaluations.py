"""The page of an evaluation: one real run evaluated by its button, and every case in which there is nothing to show."""

import json
import shutil
import time

import pytest

from jinjie import recipes
from jinjie.analyse.evaluate_texts import evaluate_model
from jinjie.analyse.evaluation import Evaluation
from jinjie.analyse.evaluation_page import write
from jinjie.studio.evaluations import Evaluations
from jinjie.training import launch
from jinjie.training.finished import model_folder
from jinjie.training.runs import find

PATIENCE = 240
"""Seconds for a process that imports torch on a busy machine; a quiet one takes five."""


def waited(client, name):
    """What is known of the evaluation once its process has ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = client.get(f"/api/runs/{name}/evaluation").json()
        if told["state"] != "working":
            return told
        time.sleep(0.2)
    raise AssertionError("the evaluation did not end")


def trained(steps=20):
    run = launch.launch(recipes.find("cancer").changed({"budget.steps": steps, "threads": 1}))
    deadline = time.monotonic() + PATIENCE
    while run.state() == "running" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert run.state() == "finished"
    return run


def test_a_finished_classifier_is_evaluated_by_its_button(client, home):
    run = trained()
    page = client.get(f"/runs/{run.name}").text
    assert f'action="/runs/{run.name}/evaluation" method="post"' in page
    assert "Not evaluated yet" in client.get(f"/runs/{run.name}/evaluation").text
    begun = time.monotonic()
    answer = client.post(f"/runs/{run.name}/evaluation")
    assert answer.status_code == 303 and answer.headers["location"] == f"/runs/{run.name}/evaluation"
    # The server answers meanwhile: torch alone takes longer to import than this page takes to come.
    during = client.get(answer.headers["location"], headers={"hx-request": "true"}).text
    assert 'hx-trigger="every 1s"' in during and "Asking the model" in during and "<html" not in during
    assert client.post(f"/api/runs/{run.name}/evaluation").json() == {"state": "working"}
    told = waited(client, run.name)
    assert told["state"] == "made" and told["error"] is None, told
    assert time.monotonic() - begun > 0.5, "it was at work when we looked"

    made = Evaluation.model_validate(told["evaluation"])
    page = client.get(f"/runs/{run.name}/evaluation").text
    assert "hx-trigger" not in page and "Evaluate again" in page
    accuracy = made.scores["accuracy"]
    assert f"{accuracy.value:.4g}" in page and f"{accuracy.low:.4g} – {accuracy.high:.4g}" in page
    assert page.count("<svg") == 4, "confusion, ROC, precision and recall, calibration: drawn into the page"
    assert "<style" not in page, "the page's policy forbids styles of a drawing's own"
    assert made.mistakes[0].words.split(",")[0] in page
    client.cookies.set("lang", "zh")
    page = client.get(f"/runs/{run.name}/evaluation").text
    assert "混淆矩阵" in page and "95% 区间" in page
    for file in ("roc.svg", "evaluation.json", "evaluation.html", "predictions.csv"):
        got = client.get(f"/runs/{run.name}/evaluation/{file}")
        assert got.status_code == 200 and "sandbox" in got.headers["content-security-policy"]
    assert (
        "attachment"
        in client.get(f"/runs/{run.name}/evaluation/evaluation.html").headers["content-disposition"]
    )
    assert f'href="/runs/{run.name}/evaluation"' in client.get(f"/runs/{run.name}").text

    card = run.path / "model" / "jinjie.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "step": 7}))
    assert "模型又更新过" in client.get(f"/runs/{run.name}/evaluation").text
    next((run.path / "model").glob("*.safetensors")).write_bytes(b"no weights")
    client.post(f"/runs/{run.name}/evaluation")
    told = waited(client, run.name)
    assert told["state"] == "failed" and told["error"]["en"] != told["error"]["zh"]
    page = client.get(f"/runs/{run.name}/evaluation").text
    assert told["error"]["zh"].split("“")[0] in page and "<svg" in page, "the last good one is still there"


def test_runs_that_cannot_be_evaluated_say_why_and_offer_no_button(client, diary):
    diary("gpt-poems-1", recipe="gpt-poems")
    page = client.get("/runs/gpt-poems-1/evaluation").text
    assert "has no model yet" in page and 'id="evaluate"' not in page
    assert 'id="evaluate"' not in client.get("/runs/gpt-poems-1").text
    diary("cancer-1", recipe="cancer")
    page = client.get("/runs/cancer-1/evaluation").text
    assert "has no model yet" in page and 'id="evaluate"' not in page
    for name in ("gpt-poems-1", "cancer-1"):
        refused = client.post(f"/runs/{name}/evaluation", headers={"hx-request": "true"})
        assert refused.status_code == 409 and "notice" in refused.text
        assert client.post(f"/api/runs/{name}/evaluation").status_code == 409
    assert client.get("/runs/nobody/evaluation").status_code == 404
    assert client.get("/runs/cancer-1/evaluation?split=train").status_code == 422


def test_an_evaluation_of_a_model_that_writes_is_shown_whole(client, diary, home, monkeypatch):
    """The packaged model's, as a run's: coloured texts, what it writes, the benchmark, its speed."""
    monkeypatch.setattr("jinjie.analyse.texts.evaluate.most_tokens", lambda _: 4096)
    monkeypatch.setattr("jinjie.analyse.texts.speed.SECONDS", 0.05)
    run = diary("gpt-poems-1", recipe="gpt-poems")
    shutil.copytree(model_folder("poems"), run.path / "model")
    made = evaluate_model("gpt-poems-1", run.path / "model", samples=20)
    write(run, made)
    page = client.get("/runs/gpt-poems-1/evaluation").text
    texts = made.evaluation.texts
    assert texts is not None and page.count('class="heat"') == len(texts.best) + len(texts.worst)
    assert page.count("<mark>") == 3 and page.count("<svg") == 2
    for words in ("Generated, seed", "Likelihood benchmark, Chinese", "Tokens a second".lower(), "5-gram"):
        assert words in page
    assert "most confident" not in page and "style=" not in page
    client.cookies.set("lang", "zh")
    page = client.get("/runs/gpt-poems-1/evaluation").text
    assert "预测得最好的" in page and "模型生成" in page and "似然题库（中文）" in page


def test_an_evaluation_of_another_version_counts_as_none(client, diary):
    run = diary("cancer-1", recipe="cancer")
    (run.path / "evaluation").mkdir()
    (run.path / "evaluation" / "evaluation.json").write_text('{"kind": "odd"}')
    (run.path / "model").mkdir()
    (run.path / "model" / "jinjie.json").write_text("{}")
    assert "Not evaluated yet" in client.get("/runs/cancer-1/evaluation").text
    assert client.get("/api/runs/cancer-1/evaluation").json()["state"] == "none"


@pytest.mark.parametrize("file", ["..%2Frecipe.json", "recipe.json", "nothing.svg", "evaluation.json"])
def test_only_an_evaluations_own_files_are_served(client, diary, file):
    diary("cancer-1", recipe="cancer")
    assert client.get(f"/runs/cancer-1/evaluation/{file}").status_code == 404


def test_a_process_that_breaks_says_its_last_words(diary, monkeypatch):
    run = diary("cancer-1", recipe="cancer")
    (run.path / "model").mkdir()
    (run.path / "model" / "jinjie.json").write_text("[]")  # no card at all: a fault nobody foresaw
    asked = Evaluations()
    asked.ask(find("cancer-1"), "test")
    deadline = time.monotonic() + PATIENCE
    while asked.working(find("cancer-1"), "test") and time.monotonic() < deadline:
        time.sleep(0.1)
    error = asked.error(find("cancer-1"), "test")
    assert error is not None and error.en and error.zh and error.en != error.zh
