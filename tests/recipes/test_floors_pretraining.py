"""A BERT of one's own: what it finds of hidden tokens, and what it brings to reviews, beside simpler models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_floors_images import SEEDS, metrics

from jinjie import recipes
from jinjie.analyse.linear_texts import linear
from jinjie.analyse.neighbours import Neighbours
from jinjie.analyse.texts import hidden
from jinjie.training import finished

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bert-pretrain` as it comes, seed 0: its model's folder."""
    folder = tmp_path_factory.mktemp("own")
    metrics(recipes.find("bert-pretrain"), 0, folder)
    return folder / "bert-pretrain-0" / "model"


def test_hidden_tokens(own: Path) -> None:
    """S9: more hidden tokens of the test split found than by single tokens and by both neighbours."""
    data: Any = recipes.find("bert-pretrain").data.load(None)
    filled = hidden.ask(finished.open_finished(own).network, data, "test", 20_000)
    beside = Neighbours(hidden._counted(data), data.facts["vocabulary"])
    guess, _ = beside.fill(filled.left, filled.right, filled.targets, data.processor.special["mask"])
    found = float(filled.hit.mean())
    unigram = float((filled.targets == beside.shares.argmax()).mean())
    neighbours = float((filled.targets == guess).mean())
    print(f"found {found:.4f}, unigram {unigram:.4f}, neighbours {neighbours:.4f}")
    assert found > max(unigram, neighbours) + 0.02


def test_sentiment_zh(own: Path, tmp_path: Path) -> None:
    """S9: the mean of three seeds on 1,778 test reviews is at least a linear classifier's of the same run."""
    recipe = recipes.find("sentiment-zh").changed({"start": str(own), "data.tokenizer": str(own)})
    data: Any = recipe.data.load(None)
    plain = linear(data, "test")
    assert plain is not None
    found = [metrics(recipe, seed, tmp_path)["accuracy"] for seed in SEEDS]
    mean = sum(found) / len(found)
    print(f"sentiment-zh: {mean:.4f}, the mean of {len(found)} seeds; linear {plain.accuracy:.4f}")
    assert mean >= plain.accuracy
