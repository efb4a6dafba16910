"""Classes of texts: a BERT with a head for them, on labelled texts of one's own."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch

from jinjie.base.errors import InvalidInput
from jinjie.data import sentiment
from jinjie.models import bert
from jinjie.models.bert.layouts.bert import LAYOUT
from jinjie.tasks import classify
from jinjie.tasks.task import Step

GOOD = ["warm and funny", "a joy from start to end", "moving , bright , alive", "superb"]
BAD = ["dull and empty", "a mess from start to end , and a long one", "cold , dim , lifeless", "awful"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """240 different texts of different lengths; which class it is stands in each of them."""
    file = tmp_path_factory.mktemp("texts") / "own.csv"
    rows = ["text,label"]
    for number in range(120):
        tail = " very" * (number % 9)
        rows.append(f'"film {number} was{tail} {GOOD[number % 4]}",good')
        rows.append(f'"film {number} was{tail} {BAD[number % 4]}",bad')
    file.write_text("\n".join(rows) + "\n")
    return sentiment.Config(path=str(file), block=32).load(None)


def network(data: Any, **changes: Any) -> Any:
    config = bert.Config(block=32, layers=1, width=32, heads=2, masked=False, head="text", dropout=0.0)
    torch.manual_seed(0)
    return config.model_copy(update=changes).fitted(data.facts).build()


def test_a_batch_is_what_its_texts_are_alone(data: Any) -> None:
    """Padding changes nothing (to 1e-5 in fp32), and outputs come in the split's own order."""
    model = network(data).eval()
    task = classify.Config().build()
    with torch.no_grad():
        logits, y = task.outputs({"model": model}, data, "test", None)
        rows = data.splits["test"]
        for place, text in enumerate(rows.texts):
            alone = {name: torch.from_numpy(v) for name, v in data.processor.encode(text).items()}
            found = model.scores(alone["x"], alone["types"], alone["documents"])
            assert (found[0] - logits[place]).abs().max() < 1e-5, text
    assert [data.processor.labels[int(i)] for i in y] == [
        "good" if any(word in text for word in GOOD) else "bad" for text in rows.texts
    ]


def test_it_learns_and_predicts(data: Any) -> None:
    model, task = network(data), classify.Config().build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for step in range(60):
        batch = {name: torch.from_numpy(values) for name, values in data.batch(0, step, 32).items()}
        for update in task.updates({"model": model}, batch, Step(0, step)):
            optimizer.zero_grad()
            update.loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        assert task.metrics({"model": model}, data, "test", None)["accuracy"] > 0.9
    said = task.predict({"model": model}, data.processor, "film 7 was superb")
    assert said.values["label"] == "good"
    assert sum(said.values["probabilities"].values()) == pytest.approx(1)


def test_a_model_without_the_head_is_told_what_it_lacks(data: Any) -> None:
    with pytest.raises(InvalidInput, match=r"model\.head=text"):
        classify.Config().build().metrics({"model": network(data, head="none")}, data, "test", None)


def test_the_mean_of_tokens_is_of_a_texts_own(data: Any) -> None:
    """Padding has no part in it, and every token has, where the first token's vector alone would say the same."""
    model = network(data, pooling="mean").eval()
    batch = {n: torch.from_numpy(v) for n, v in data.batch(0, 0, 8).items()}
    longer = {n: torch.nn.functional.pad(batch[n], (0, 3), value=int(n == "documents")) for n in WIDE}
    with torch.no_grad():
        hidden = model.hidden(*(longer[n] for n in WIDE))
        text = longer["documents"] == 0
        means = torch.stack([row[kept].mean(0) for row, kept in zip(hidden, text, strict=True)])
        expected = model.head(means)
        torch.testing.assert_close(model.scores(*(longer[n] for n in WIDE)), expected, rtol=0, atol=1e-5)
        torch.testing.assert_close(model.scores(*(batch[n] for n in WIDE)), expected, rtol=0, atol=1e-5)
        assert (model.head(hidden[:, 0]) - expected).abs().max() > 1e-4


WIDE = ("x", "types", "documents")


def test_with_a_pooler_the_mean_goes_through_it(data: Any) -> None:
    model = network(data, pooling="mean", pooler=True).eval()
    batch = {n: torch.from_numpy(v) for n, v in data.batch(0, 0, 8).items()}
    with torch.no_grad():
        hidden = model.hidden(*(batch[n] for n in WIDE))
        kept = (batch["documents"] == 0)[:, :, None]
        mean = (hidden * kept).sum(1) / kept.sum(1)
        pooled = torch.tanh(model.pooler(mean))
        torch.testing.assert_close(model.pooled(hidden, batch["documents"]), pooled)
        torch.testing.assert_close(model.scores(*(batch[n] for n in WIDE)), model.head(pooled))


@pytest.mark.parametrize("r_drop", [0.0, 2.0])
def test_a_table_pays_for_its_own_votes(data: Any, r_drop: float) -> None:
    """What it says changes nothing of the body's gradients, and what the body says nothing of its own."""
    model = network(data, table=256)
    torch.nn.init.normal_(model.table.votes.weight)
    batch = {n: torch.from_numpy(v) for n, v in data.batch(0, 0, 8).items()}
    task = classify.Config(r_drop=r_drop).build()

    def gradients() -> dict[str, torch.Tensor]:
        model.zero_grad()
        (update,) = task.updates({"model": model}, batch, Step(0, 0))
        update.loss.backward()
        return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    first = gradients()
    with torch.no_grad():
        votes, scores = model.votes(*(batch[n] for n in WIDE)), model.scores(*(batch[n] for n in WIDE))
        torch.testing.assert_close(scores, votes[0] + votes[1])
        model.table.votes.weight.normal_()
    second = gradients()
    assert torch.equal(first["head.weight"], second["head.weight"])
    assert not torch.equal(first["table.votes.weight"], second["table.votes.weight"])
    with torch.no_grad():
        model.head.weight.normal_()
    third = gradients()
    assert torch.equal(second["table.votes.weight"], third["table.votes.weight"])
    assert not torch.equal(second["head.weight"], third["head.weight"])


def test_a_mean_of_tokens_has_no_place_in_transformers_files() -> None:
    config = bert.Config(vocabulary=30, masked=False, pooler=True, head="text", outputs=2)
    assert LAYOUT.obstacles(config) == []
    mean = config.model_copy(update={"pooling": "mean"})
    assert [(o.field, o.wanted) for o in LAYOUT.obstacles(mean)] == [("pooling", "first")]


def test_tokens_are_hidden_only_where_there_is_a_mask(data: Any) -> None:
    assert data.processor.special.get("mask") is not None
    config = sentiment.Config(language="zh", hidden=0.15)
    batch = config.load(None).batch(0, 0, 32)
    assert "x_other" in batch
    with pytest.raises(InvalidInput, match=r"data\.hidden"):
        sentiment._hiding(_Maskless(), 0.15)  # type: ignore[arg-type]


class _Maskless:
    """A tokenizer such as GPT-2's."""

    special: ClassVar[dict[str, int]] = {}
