"""Answering: spans of passages, their ends, and what an answer's words are worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jinjie.base.errors import InvalidInput
from jinjie.data import questions, sentiment
from jinjie.models import bert
from jinjie.tasks import answer, answer_scores
from jinjie.tasks.answer import best_span
from jinjie.tasks.task import Step

NAMES, TOWNS = ["ada", "bob", "eve", "tom", "zoe"], ["rome", "oslo", "lima", "cork", "bern", "nice"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Passages of who went where in either order, so that what is asked for decides, and not where it stands."""
    rows = []
    for i in range(600):
        name, town = NAMES[i % 5], TOWNS[i % 6]
        context = (
            f"note {i} : {name} went to {town} ." if i % 4 < 2 else f"note {i} : to {town} went {name} ."
        )
        asked, right = ("who ?", name) if i % 2 else ("where to ?", town)
        rows.append({"question": asked, "context": context, "answers": [{"text": right}]})
    file = tmp_path_factory.mktemp("questions") / "own.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return questions.Config(path=str(file), block=48).load(None)


def network(data: Any, **changes: Any) -> Any:
    config = bert.Config(
        block=48, layers=2, width=64, heads=4, masked=False, head="span", dropout=0.0, positions="rotary"
    )
    torch.manual_seed(0)
    return config.model_copy(update=changes).fitted(data.facts).build()


@pytest.fixture(scope="module")
def learned(data: Any) -> Any:
    model, task = network(data), answer.Config().build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for step in range(80):
        batch = {name: torch.from_numpy(values) for name, values in data.batch(0, step, 32).items()}
        for update in task.updates({"model": model}, batch, Step(0, step)):
            optimizer.zero_grad()
            update.loss.backward()
            optimizer.step()
    return model.eval()


def test_it_learns_what_is_asked_for(data: Any, learned: Any) -> None:
    """A coin between name and town would have half of them."""
    task = answer.Config().build()
    with torch.no_grad():
        found = task.metrics({"model": learned}, data, "test", None)
    assert found["exact"] > 0.8 and found["f1"] >= found["exact"]
    assert list(found)[-1] == "f1"
    text = "where to ?\nnote 7 : to lima went zoe ."
    values = task.predict({"model": learned}, data.processor, text).values
    context = text.partition("\n")[2]
    assert values["answer"] == "lima" == context[values["start"] : values["end"]]
    assert 0 < values["probability"] <= 1
    assert len(list(task.samples({"model": learned}, data, Step(0, 0)))) == 2


def test_a_long_passage_is_read_in_stretches(data: Any, learned: Any) -> None:
    far = "note 1 : " + "and so on . " * 40 + "zoe went to oslo ."
    values = answer.Config().build().predict({"model": learned}, data.processor, f"where to ?\n{far}").values
    assert far[values["start"] : values["end"]] == values["answer"] and values["start"] > 400


def test_a_batch_is_what_its_pairs_are_alone(data: Any, learned: Any) -> None:
    """To 1e-4 in the share: padding changes nothing, and answers come in the split's own order."""
    task = answer.Config().build()
    with torch.no_grad():
        told = task.outputs({"model": learned}, data, "test", None)
    texts = [f"{one.question}\n{one.context}" for one in data.asked["test"]]
    alone = task.predict_all({"model": learned}, data.processor, texts)
    for found, said in zip(told.found, alone, strict=True):
        assert (found.start, found.end) == (said.values["start"], said.values["end"])
        assert found.share == pytest.approx(said.values["probability"], abs=1e-4)


def test_the_loss_is_the_mean_of_both_ends(data: Any) -> None:
    model = network(data).eval()
    batch = {
        n: torch.from_numpy(v) for n, v in data.splits["train"].batch(np.array([0, 5]), data.pad).items()
    }
    (update,) = answer.Config().build().updates({"model": model}, batch, Step(0, 0))
    nats = 0.0
    for row in (0, 5):
        alone = {
            n: torch.from_numpy(v) for n, v in data.splits["train"].batch(np.array([row]), data.pad).items()
        }
        scores = model.scores(alone["x"], alone["types"], alone["documents"])[0].log_softmax(0)
        nats -= (scores[alone["first"][0], 0] + scores[alone["last"][0], 1]).item()
    assert update.loss.item() == pytest.approx(nats / 4, rel=1e-5)


def test_the_best_span_is_one_that_can_be() -> None:
    """Against every pair in turn: in the passage, in order, short enough; the share is a softmax over those."""
    draw = np.random.default_rng(0)
    for _ in range(50):
        parts, places = [], []
        for stretch in range(2):
            count = int(draw.integers(3, 9))
            where = np.zeros((count, 2), np.int64)
            for i in range(2, count):
                where[i] = (10 * stretch + i, 10 * stretch + i + 1)
            parts.append(draw.normal(size=(count, 2)) * 3)
            places.append(where)
        pairs = {
            (int(w[a, 0]), int(w[b, 1])): float(p[a, 0] + p[b, 1])
            for p, w in zip(parts, places, strict=True)
            for a in range(2, len(p))
            for b in range(a, min(len(p), a + 3))
        }
        best = max(pairs, key=pairs.__getitem__)
        found = best_span(parts, places, 3)
        assert (found.start, found.end) == best
        total = sum(np.exp(score - pairs[best]) for score in pairs.values())
        assert found.share == pytest.approx(1 / total)
    assert best_span([np.zeros((3, 2))], [np.zeros((3, 2), np.int64)], 5) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("said", "right", "exact", "f1"),
    [
        ("The Eiffel Tower.", ["eiffel tower"], 1, 1),
        ("Eiffel", ["the Eiffel Tower"], 0, 2 / 3),
        ("in Paris", ["Paris", "in  paris!"], 1, 1),
        ("", ["Paris"], 0, 0),
        ("北京市", ["北京"], 0, 0.8),
        ("《红楼梦》", ["红楼梦"], 1, 1),
        ("London", ["Paris", "Rome"], 0, 0),
        ("a b b", ["b b c"], 0, 0.8),  # "a" is an article: two of two are right, two of three found
    ],
)
def test_scores_of_answers(said: str, right: list[str], exact: float, f1: float) -> None:
    assert answer_scores.exact(said, right) == exact
    assert answer_scores.overlap(said, right) == pytest.approx(f1)


def test_what_does_not_fit_is_refused(data: Any, tmp_path: Path) -> None:
    task = answer.Config().build()
    with pytest.raises(InvalidInput, match=r"model\.head=span"):
        task.metrics({"model": network(data, head="text", outputs=2)}, data, "test", None)
    with pytest.raises(InvalidInput, match="--context"):
        task.predict({"model": network(data)}, data.processor, "a question alone")
    file = tmp_path / "own.csv"
    file.write_text("text,label\n" + "".join(f"good {i},yes\nbad {i},no\n" for i in range(40)))
    texts = sentiment.Config(path=str(file), block=32).load(None)
    with pytest.raises(InvalidInput, match=r"data\.kind=questions"):
        task.metrics({"model": network(texts)}, texts, "test", None)
