"""The evaluation of taggers: names exactly right, of each kind, beside two simpler taggers of the same rows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jinjie.analyse import evaluation as sentences
from jinjie.analyse.evaluate import evaluate
from jinjie.analyse.linear_tags import plain
from jinjie.base.words import speaking
from jinjie.data import entities
from jinjie.models import bert
from jinjie.tasks import tag
from jinjie.training import loop
from jinjie.training.events import Writer
from jinjie.training.networks import Networks
from jinjie.training.optim import AdamW
from jinjie.training.recipe import Budget, Recipe
from jinjie.training.runs import Run

FIRST = ["Ada", "Alan", "Grace", "Kurt", "Emmy", "Mary", "Otto"]
LAST = ["Stone", "Rivers", "Field", "Wood", "Hill"]
PLACES = ["Paris", "Oslo", "Rio", "York"]


def conll(folder: Path) -> Path:
    """400 texts: a person after "meet", the same words as places after "in", so that only the neighbours tell."""
    lines = []
    for i in range(400):
        first, last, place = FIRST[i % 7], LAST[i % 5], PLACES[i % 4]
        lines += [f"{word} O" for word in f"note {i} : we meet".split()]
        lines += [f"{first} B-PER", f"{last} I-PER", "in O", f"{place} B-LOC"]
        lines += [f"{word} O" for word in ("very " * (i % 3) + f"soon , not {last} .").split()]
        lines.append("")
    file = folder / "own.conll"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("tagger")
    recipe = Recipe(
        name="own",
        title={"en": "a", "zh": "甲"},  # type: ignore[arg-type]
        teaches={"en": "a", "zh": "甲"},  # type: ignore[arg-type]
        expect={"en": "a", "zh": "甲"},  # type: ignore[arg-type]
        data=entities.Config(path=str(conll(folder)), language="en", block=32),
        model=bert.Config(
            block=32,
            layers=1,
            width=32,
            heads=2,
            masked=False,
            head="tokens",
            dropout=0.0,
            positions="rotary",
        ),
        task=tag.Config(),
        optimizer=AdamW(lr=5e-3),
        budget=Budget(steps=40, batch=32, evaluate_every=20),
        precision="fp32",
    )
    place = folder / "own-1"
    (place / "checkpoints").mkdir(parents=True)
    launched = {"threads": 1, "jinjie": "0", "torch": torch.__version__, "created": 0.0}
    told = {"schema": 1, "recipe": recipe.model_dump(mode="json"), "launch": launched}
    (place / "recipe.json").write_text(json.dumps(told))
    data = recipe.data.load(None)
    networks = Networks(recipe, data.facts, "fp32", "cpu")
    versions = {"torch": torch.__version__, "threads": 1, "precision": "fp32", "device": "cpu"}
    writer = Writer(place / "events.jsonl")
    assert loop.train(
        loop.Session(place, recipe, data, recipe.task.build(), networks, writer, versions, lambda: False)
    )
    return Run(place)


def test_scores_intervals_kinds_and_answers(run: Run) -> None:
    made = evaluate(run, "test", samples=200)
    told = made.evaluation
    test = next(e["metrics"] for e in run.events if e.get("split") == "test")
    assert told.kind == "tag" and told.labels == ("LOC", "PER")
    for name in ("precision", "recall", "f1", "accuracy"):
        assert told.scores[name].value == pytest.approx(test[name], abs=1e-6)
    assert {one.label: one.f1.value for one in told.classes} == pytest.approx(
        {kind: test[f"f1_{kind}"] for kind in ("LOC", "PER")}
    )
    rows = list(csv.DictReader(io.StringIO(made.answers)))
    assert len(rows) == told.examples
    spans = [
        [{tuple(span) for span in json.loads(row[side])} for side in ("true", "predicted")] for row in rows
    ]
    there, said, right = (
        sum(map(len, column)) for column in zip(*((a, b, a & b) for a, b in spans), strict=True)
    )
    assert told.scores["f1"].value == pytest.approx(2 * right / (there + said))
    assert told.wrong == sum(a != b for a, b in spans)
    for row, (true, _) in zip(rows, spans, strict=True):
        assert {row["text"][a:b] for a, b, kind in true if kind == "LOC"} <= set(PLACES)
    assert evaluate(run, "test", samples=200).evaluation == told


def test_it_is_said_in_both_languages(run: Run) -> None:
    made = evaluate(run, "validation", samples=50).evaluation
    for language in ("en", "zh"):
        with speaking(language):
            assert "{" not in sentences.how(made) and "{" not in sentences.mistakes_heading(made)
            assert len(sentences.score_head(made)) == len(sentences.score_rows(made)[0]) == 5


def test_the_linear_tagger_sees_neighbours_and_the_other_does_not(run: Run) -> None:
    """ "Stone" belongs to a person behind a first name alone: what is commonest for the word is right half the time."""
    data: Any = run.recipe.data.load(None)
    found = plain(data, "test")
    labels = data.processor.labels
    linear, frequent = tag.f1_of(found.linear, labels), tag.f1_of(found.frequent, labels)
    assert linear > 0.98 > 0.9 > frequent
    assert sum(map(len, found.linear.true)) == (data.splits["test"].tokens["y"] != -100).sum()
    again = plain(data, "test")
    assert all((a == b).all() for a, b in zip(found.linear.said, again.linear.said, strict=True))


def test_a_token_that_training_lacks_is_no_name(run: Run) -> None:
    data: Any = run.recipe.data.load(None)
    unseen = np.setdiff1d(np.arange(data.facts["vocabulary"]), data.splits["train"].tokens["x"])[0]
    rows = data.splits["test"]
    rows.tokens["x"][:] = unseen
    assert all((row == 0).all() for row in plain(data, "test").frequent.said)
