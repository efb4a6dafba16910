"""The loss and the scores of masked language modelling, against what they are by hand."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest
import torch

from jinjie.models import bert
from jinjie.tasks.masked import Config
from jinjie.tasks.task import Step

V = 11


def a_bert() -> torch.nn.Module:
    torch.manual_seed(0)
    return bert.Config(vocabulary=V, block=6, layers=1, width=16, heads=2, dropout=0).build().eval()


def batches() -> list[dict[str, np.ndarray[Any, Any]]]:
    draw = np.random.default_rng(0)
    made = []
    for hidden in (5, 1):
        y = np.full((2, 6), -100)
        y.flat[draw.choice(12, hidden, replace=False)] = draw.integers(0, V, hidden)
        made.append({"x": draw.integers(0, V, (2, 6)), "y": y})
    return made


class Data:
    def batches(self, split: str, size: int, limit: int | None) -> list[dict[str, np.ndarray[Any, Any]]]:
        return batches()


def test_only_hidden_places_count_and_each_the_same() -> None:
    """Batches hide 5 and 1 tokens: the score is the mean of the six, not of the two batches' means."""
    network = a_bert()
    nats, right = [], []
    with torch.no_grad():
        for batch in batches():
            x, y = torch.from_numpy(batch["x"]), torch.from_numpy(batch["y"])
            chances = network(x).masked.log_softmax(-1)
            for row, place in (y != -100).nonzero().tolist():
                nats.append(-float(chances[row, place, y[row, place]]))
                right.append(int(chances[row, place].argmax()) == int(y[row, place]))
        metrics = Config().build().metrics({"model": network}, cast(Any, Data()), "validation", None)
        first = {name: torch.from_numpy(values) for name, values in batches()[0].items()}
        (update,) = Config().build().updates({"model": network}, first, Step(0, 0))
    assert len(nats) == 6
    assert metrics["loss"] == pytest.approx(sum(nats) / 6, rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(sum(right) / 6)
    assert float(update.loss) == pytest.approx(sum(nats[:5]) / 5, rel=1e-5)
    assert metrics["loss"] == pytest.approx(math.log(V), abs=0.5)  # small first weights guess evenly


def test_documents_keep_texts_of_a_row_apart() -> None:
    network, (batch, _) = a_bert(), batches()
    tensors = {name: torch.from_numpy(values) for name, values in batch.items()}
    apart = torch.tensor([[0, 0, 0, 1, 1, 1]]).expand(2, 6)
    losses = [
        float(
            next(Config().build().updates({"model": network}, {**tensors, **more}, Step(0, 0))).loss.detach()
        )
        for more in ({}, {"documents": apart}, {"types": torch.ones(2, 6, dtype=torch.int64)})
    ]
    assert len({round(loss, 6) for loss in losses}) == 3


def test_both_objectives_are_added_and_each_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Class 0 of the head says that the second part follows, as in BERT's own code."""
    torch.manual_seed(0)
    config = bert.Config(
        vocabulary=V, block=6, layers=1, width=16, heads=2, dropout=0, pooler=True, next_sentence=True
    )
    network = config.build().eval()
    for parameter in network.parameters():
        parameter.data *= 10  # so that the two answers differ
    made = [
        {**batch, "follows": np.array(told)} for batch, told in zip(batches(), ([1, 0], [0, 0]), strict=True)
    ]
    nats, right, masked_nats = [], [], []
    with torch.no_grad():
        for batch in made:
            x, y = torch.from_numpy(batch["x"]), torch.from_numpy(batch["y"])
            read = network(x)
            for row, told in enumerate(batch["follows"]):
                nats.append(-float(read.next_sentence.log_softmax(-1)[row, 0 if told else 1]))
                right.append(int(read.next_sentence[row].argmax()) == (0 if told else 1))
            chances = read.masked.log_softmax(-1)
            masked_nats += [-float(chances[r, p, y[r, p]]) for r, p in (y != -100).nonzero().tolist()]
        monkeypatch.setattr(Data, "batches", lambda *arguments: made)
        metrics = Config().build().metrics({"model": network}, cast(Any, Data()), "validation", None)
        first = {name: torch.from_numpy(values) for name, values in made[0].items()}
        (update,) = Config().build().updates({"model": network}, first, Step(0, 0))
    assert metrics["next_loss"] == pytest.approx(sum(nats) / 4, rel=1e-5)
    assert metrics["next_accuracy"] == sum(right) / 4
    assert metrics["masked_loss"] == pytest.approx(sum(masked_nats) / 6, rel=1e-5)
    assert metrics["loss"] == pytest.approx(metrics["masked_loss"] + metrics["next_loss"], rel=1e-6)
    assert float(update.loss) == pytest.approx(sum(masked_nats[:5]) / 5 + sum(nats[:2]) / 2, rel=1e-5)
    assert update.metrics["follows"] == 0.5
    assert update.metrics["hidden"] == pytest.approx(5 / 12)
    assert update.metrics["next_loss"] == pytest.approx(sum(nats[:2]) / 2, rel=1e-5)
