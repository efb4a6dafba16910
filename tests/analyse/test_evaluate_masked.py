"""Evaluations of models that fill gaps, and the two neighbours that they have to pass."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jinjie.analyse.evaluate import evaluate
from jinjie.analyse.evaluate_texts import evaluate_model
from jinjie.analyse.evaluation import score_head, score_rows
from jinjie.analyse.evaluation_page import write
from jinjie.analyse.neighbours import Neighbours
from jinjie.base.errors import JinjieError
from jinjie.base.words import Text
from jinjie.data import pairs
from jinjie.models import bert
from jinjie.tasks import masked as task
from jinjie.training import launch, worker
from jinjie.training.finished import model_folder, open_finished
from jinjie.training.optim import AdamW
from jinjie.training.recipe import Budget, Recipe
from jinjie.training.runs import find
from jinjie.training.schedule import Cosine

SAMPLES = 50


def by_definition(
    text: list[int], vocabulary: int, left: int, right: int, discount: float = 0.75
) -> list[float]:
    """p(w | l) · p(r | w), made to sum to 1, counted in the plainest way."""
    single = [(text.count(w) + 1) / (len(text) + vocabulary) for w in range(vocabulary)]

    def bigram(a: int, b: int) -> float:
        follow = [d for c, d in zip(text, text[1:], strict=False) if c == a]
        if not follow:
            return single[b]
        rest = discount * len(set(follow)) / len(follow)
        return max(follow.count(b) - discount, 0) / len(follow) + rest * single[b]

    both = [bigram(left, w) * bigram(w, right) for w in range(vocabulary)]
    return [p / sum(both) for p in both]


def test_the_two_neighbours_are_the_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinjie.analyse.neighbours.AT_ONCE", 20)
    draw = np.random.default_rng(0)
    text = draw.integers(0, 6, 80)
    left, right, true = (draw.integers(0, 7, 30) for _ in range(3))
    guess, nats = Neighbours(text, 7).fill(left, right, true)
    for i in range(30):
        wanted = by_definition(text.tolist(), 7, int(left[i]), int(right[i]))
        assert np.exp(-nats[i]) == pytest.approx(wanted[true[i]], rel=1e-9)
        assert wanted[guess[i]] == pytest.approx(max(wanted), rel=1e-9)


def test_a_neighbour_that_is_hidden_itself_tells_nothing() -> None:
    model = Neighbours(np.array([0, 1, 2, 3] * 25), 5)
    guess, _ = model.fill(np.array([0, 4]), np.array([4, 2]), np.array([1, 1]), unknown=4)
    assert guess.tolist() == [1, 1]
    _, silent = model.fill(np.array([4]), np.array([4]), np.array([1]), unknown=4)
    assert np.exp(-silent[0]) == pytest.approx(26 / 105)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data_home: Path) -> Path:
    home = tmp_path_factory.mktemp("filled")
    draw = np.random.default_rng(0)
    words = ["the", "cat", "sees", "a", "dog", "and", "runs", "home", "月", "山", "水", "风"]
    lines = [" ".join(draw.choice(words, draw.integers(30, 90))) for _ in range(1500)]
    (home / "texts.txt").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    said = Text(en="A BERT", zh="BERT")
    recipe = Recipe(
        name="gaps",
        title=said,
        teaches=said,
        expect=said,
        data=pairs.Config(path=str(home / "texts.txt"), documents="blank-lines", vocabulary=80, block=48),
        model=bert.Config(
            layers=1, width=16, heads=2, block=48, pooler=True, next_sentence=True, dropout=0.0
        ),
        task=task.Config(),
        optimizer=AdamW(lr=3e-3),
        schedule=Cosine(warmup=5, final=0.1),
        budget=Budget(steps=40, batch=8, evaluate_every=1000),
        threads=1,
        precision="fp32",
    )
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(home))
        patch.setenv("JINJIE_DATA", str(data_home))
        assert worker.main(launch.create(recipe).path) == 0
    for number, handler in heard.items():  # a worker listens for a stop
        signal.signal(number, handler)
    return home


@pytest.fixture
def run(trained: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("jinjie.analyse.texts.speed.SECONDS", 0.05)
    shutil.copytree(trained / "runs" / "gaps-1", home / "runs" / "gaps-1")
    return find("gaps-1")


def test_scores_are_those_that_the_run_says_beside_simpler_guesses(run: Any) -> None:
    made = evaluate(run, samples=SAMPLES).evaluation
    told = [e for e in run.events if e["type"] == "evaluated" and e["split"] == "test"][-1]["metrics"]
    scores = made.scores
    # The run adds up in fp32, in batches of its own.
    assert scores["masked_accuracy"].value == pytest.approx(told["accuracy"], abs=1e-6)
    assert scores["masked_loss"].value == pytest.approx(told["masked_loss"], rel=1e-5)
    assert scores["next_accuracy"].value == pytest.approx(told["next_accuracy"], abs=1e-6)
    assert scores["next_loss"].value == pytest.approx(told["next_loss"], rel=1e-5)
    for name in ("masked_accuracy", "masked_loss"):
        score = scores[name]
        assert score.low is not None and score.value is not None and score.high is not None
        assert score.low < score.value < score.high and score.ngram is not None and score.trivial is not None
    data = run.recipe.data.load()
    y = np.concatenate([batch["y"].ravel() for batch in data.batches("test", 8)])
    assert made.texts is not None and made.texts.tokens == (y >= 0).sum() == sum(b.count for b in made.bins)
    assert made.texts.units == made.examples == data.count("test")
    assert scores["masked_accuracy"].trivial < 0.3  # type: ignore[operator]
    assert score_head(made)[-1] == "two neighbours" and len(score_rows(made)[0]) == 5


def test_examples_show_what_was_hidden_and_what_it_was_taken_for(run: Any) -> None:
    told, folder = write(run, evaluate(run, samples=SAMPLES))
    texts = told.texts
    assert texts is not None and len(texts.best) == len(texts.worst) == 3
    for one in (*texts.best, *texts.worst):
        hidden = [nats for text, nats in one.pieces if text.strip().startswith("[") and nats]
        assert len(hidden) == one.tokens and np.mean(hidden) == pytest.approx(one.nats)
    assert any("≠" in text for text, _ in texts.worst[0].pieces)
    assert texts.best[-1].nats < texts.worst[-1].nats and not texts.benchmarks and not texts.written
    page = (folder / "evaluation.html").read_text("utf-8")
    assert "hidden tokens in brackets" in page and "被遮住的" in page and "two neighbours" in page
    assert len((folder / "predictions.csv").read_text("utf-8").splitlines()) == texts.units + 1
    assert evaluate(run, samples=SAMPLES).evaluation.scores == told.scores


def test_a_model_without_a_head_for_gaps_or_without_data_is_told_apart(run: Any) -> None:
    with pytest.raises(JinjieError, match="no run"):
        evaluate_model("elsewhere", run.path / "model", samples=SAMPLES)
    from jinjie.analyse.texts.hidden import masked

    model, data = open_finished(model_folder(str(run.path))), run.recipe.data.load()
    network: Any = model.network
    with torch.no_grad():
        network.embed.weight.fill_(float("nan"))
    with pytest.raises(JinjieError, match="no number"):
        masked(network, model.task, data, "test", SAMPLES, 0)
    network.masked = None
    with pytest.raises(JinjieError, match="no head"):
        masked(network, model.task, data, "test", SAMPLES, 0)
