"""Tagging: names in texts of one's own, found by a BERT with a head on its tokens and scored as seqeval scores them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jinjie.base.errors import InvalidInput
from jinjie.base.words import speaking
from jinjie.data import entities, sentiment
from jinjie.data.spans import spans_of
from jinjie.models import bert
from jinjie.tasks import span_scores, tag
from jinjie.tasks.task import Step

PEOPLE = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Kurt Gödel", "Emmy Noether"]
PLACES = ["Paris", "New York", "Oslo", "Rio"]


def conll(text: list[tuple[str, str]]) -> str:
    lines = []
    for words, kind in text:
        for i, word in enumerate(words.split()):
            lines.append(f"{word} {'O' if not kind else ('B-' if i == 0 else 'I-') + kind}")
    return "\n".join(lines) + "\n\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("names") / "own.conll"
    written = []
    for number in range(240):
        who, where = PEOPLE[number % 5], PLACES[number % 4]
        tail = "very " * (number % 7)
        written.append(
            conll(
                [
                    (f"note {number} :", ""),
                    (who, "PER"),
                    (f"was {tail}glad in", ""),
                    (where, "LOC"),
                    (".", ""),
                ]
            )
        )
    file.write_text("".join(written))
    return entities.Config(path=str(file), language="en", block=32).load(None)


def network(data: Any, **changes: Any) -> Any:
    config = bert.Config(
        block=32, layers=1, width=32, heads=2, masked=False, head="tokens", dropout=0.0, positions="rotary"
    )
    torch.manual_seed(0)
    return config.model_copy(update=changes).fitted(data.facts).build()


@pytest.fixture(scope="module")
def learned(data: Any) -> Any:
    model, task = network(data), tag.Config().build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for step in range(80):
        batch = {name: torch.from_numpy(values) for name, values in data.batch(0, step, 32).items()}
        for update in task.updates({"model": model}, batch, Step(0, step)):
            optimizer.zero_grad()
            update.loss.backward()
            optimizer.step()
    return model.eval()


TAGS = ["O", "B-P", "I-P", "B-L", "I-L"]
CASES = [
    # true, said, (there, said, right) in all: what seqeval's precision, recall and F1 follow from
    ("B-P I-P O B-L", "B-P I-P O B-L", (2, 2, 2)),
    ("B-P I-P O B-L", "B-P O O B-L", (2, 2, 1)),  # a border too early
    ("B-P I-P O B-L", "B-L I-L O B-L", (2, 2, 1)),  # another kind
    ("B-P I-P O O", "O I-P O O", (1, 1, 0)),
    ("B-P I-P O O", "I-P I-P O O", (1, 1, 1)),  # an I that begins is a beginning
    ("B-P B-P", "B-P I-P", (2, 1, 0)),
    ("B-P I-P", "B-P I-L", (1, 2, 0)),
    ("O O", "O O", (0, 0, 0)),
]


@pytest.mark.parametrize(("true", "said", "expected"), CASES)
def test_counts_are_those_of_seqeval(true: str, said: str, expected: tuple[int, int, int]) -> None:
    found = span_scores.of_tags([true.split()], [said.split()], ["P", "L"])
    assert tuple(found.sum((0, 1))) == expected


def test_shares_are_micro_averages_and_0_of_nothing() -> None:
    counted = span_scores.of_tags(
        [case[0].split() for case in CASES], [case[1].split() for case in CASES], ["P", "L"]
    )
    assert counted.shape == (8, 2, 3)
    whole = span_scores.shares(counted.sum((0, 1)))
    assert whole["precision"] == pytest.approx(5 / 11)
    assert whole["recall"] == pytest.approx(5 / 11)
    assert whole["f1"] == pytest.approx(5 / 11)
    nothing = span_scores.shares(np.zeros((2, 3)))
    assert all((values == 0).all() for values in nothing.values())


def test_the_loss_is_of_the_words_alone(data: Any) -> None:
    """Special tokens and padding have no tag: a batch's loss is the mean over the tokens of its texts, each alone."""
    model, task = network(data).eval(), tag.Config().build()
    rows = np.array([0, 3, 6])
    batch = {n: torch.from_numpy(v) for n, v in data.splits["train"].batch(rows, data.pad).items()}
    (update,) = task.updates({"model": model}, batch, Step(0, 0))
    nats, count = 0.0, 0
    for row in rows:
        alone = {
            n: torch.from_numpy(v) for n, v in data.splits["train"].batch(np.array([row]), data.pad).items()
        }
        logits = model.scores(alone["x"], alone["types"], alone["documents"])[0].log_softmax(-1)
        for place, label in enumerate(alone["y"][0].tolist()):
            if label != -100:
                nats, count = nats - logits[place, label].item(), count + 1
    assert update.loss.item() == pytest.approx(nats / count, rel=1e-5)
    weighed = {**batch, "weight": torch.where(batch["y"] == 0, 0.0, 2.0)}
    (other,) = task.updates({"model": model}, weighed, Step(0, 0))
    assert other.loss.item() != pytest.approx(update.loss.item(), rel=1e-2)


def test_it_learns_and_finds_names_where_they_stand(data: Any, learned: Any) -> None:
    task = tag.Config().build()
    with torch.no_grad():
        scores = task.metrics({"model": learned}, data, "test", None)
    assert scores["f1"] > 0.95 and scores["accuracy"] > 0.95
    assert list(scores)[-1] == "f1" and {"f1_PER", "f1_LOC", "precision", "recall", "loss"} < set(scores)
    text = "  note 7 : Ada Lovelace was very glad in New York ."
    found = task.predict({"model": learned}, data.processor, text).values["entities"]
    assert [(one["kind"], one["text"]) for one in found] == [("PER", "Ada Lovelace"), ("LOC", "New York")]
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
    assert all(0 < one["probability"] <= 1 for one in found)


def test_names_are_shown_where_they_stand(data: Any, learned: Any) -> None:
    task = tag.Config().build()
    with speaking("zh"):
        said = task.predict(
            {"model": learned}, data.processor, "note 7 : Alan Turing was glad in Oslo ."
        ).words
    assert said == "note 7 : [Alan Turing 人名] was glad in [Oslo 地名] ."
    (first, _) = task.samples({"model": learned}, data, Step(0, 0))
    assert "[" in first


def test_metrics_are_of_the_splits_own_order(data: Any, learned: Any) -> None:
    told = tag.Config().build().outputs({"model": learned}, data, "test", None)
    rows = data.splits["test"]
    for row, true in enumerate(told.true):
        begin = rows.starts[row]
        y = rows.tokens["y"][begin : begin + rows.lengths[row]]
        assert (true == y[y != -100]).all()
    labels = data.processor.labels
    there = sum(len(spans_of([labels[i] for i in true])) for true in told.true)
    assert tag.counted_of(told, labels).sum((0, 1))[0] == there == 2 * len(rows)


def test_a_long_text_is_read_in_stretches(data: Any, learned: Any) -> None:
    """Six sentences are more than twice what the model sees at once; every name is found in its place."""
    text = " ".join(f"note {i} : {PEOPLE[i % 5]} was glad in {PLACES[i % 4]} ." for i in range(6))
    found = tag.Config().build().predict({"model": learned}, data.processor, text).values["entities"]
    assert [one["text"] for one in found if one["kind"] == "PER"] == [PEOPLE[i % 5] for i in range(6)]
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found)


@pytest.mark.parametrize("room", [8, 9, 30, 126])
def test_stretches_take_every_token_once(room: int) -> None:
    for count in range(4 * room):
        found = list(tag.stretches(count, room))
        assert [first for _, first, _ in found] == [0, *(last for _, _, last in found[:-1])]
        assert found[-1][2] == count
        assert all(begin <= first <= last <= begin + room for begin, first, last in found)
        assert all(first > begin or begin == 0 for begin, first, _ in found)


def test_texts_that_hold_nothing(data: Any, learned: Any) -> None:
    task = tag.Config().build()
    for empty in ("", " \n"):
        with pytest.raises(InvalidInput):
            task.predict({"model": learned}, data.processor, empty)
    unknown = "☃☃ \u200b"
    found = task.predict({"model": learned}, data.processor, unknown).values["entities"]
    assert all(unknown[one["start"] : one["end"]] == one["text"] for one in found)
    with pytest.raises(InvalidInput, match=r"U\+D800"):
        task.predict({"model": learned}, data.processor, "a \ud800")


def test_what_does_not_fit_is_refused(data: Any, tmp_path: Path) -> None:
    task = tag.Config().build()
    with pytest.raises(InvalidInput, match=r"model\.head=tokens"):
        task.metrics({"model": network(data, head="text", pooler=True)}, data, "test", None)
    file = tmp_path / "own.csv"
    file.write_text("text,label\n" + "".join(f"good {i},yes\nbad {i},no\n" for i in range(40)))
    texts = sentiment.Config(path=str(file), block=32).load(None)
    with pytest.raises(InvalidInput, match="B-KIND"):
        task.metrics({"model": network(texts)}, texts, "test", None)
