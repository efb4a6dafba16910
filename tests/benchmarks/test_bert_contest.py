"""The contest of BERTs: texts of mixed lengths, the same questions for everybody, and an honest verdict."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("bert")


def test_joined_texts_hold_every_sentence_once_and_one_class(bench: Any) -> None:
    sentences = [f"s{i}." for i in range(200)]
    y = np.arange(200) % 2
    texts, kinds = bench.bert_data.joined(sentences, y)
    words = [word for text in texts for word in text.split()]
    assert sorted(words) == sorted(sentences)
    for text, kind in zip(texts, kinds, strict=True):
        assert {int(word[1:-1]) % 2 for word in text.split()} == {kind}


def test_accuracy_counts_all_held_texts(bench: Any, tmp_path: Path) -> None:
    reviews = importlib.import_module("contest.reviews")
    file = tmp_path / "texts.npz"
    arrays = {"x": np.arange(1, 7), "lengths": np.array([3, 1, 2]), "y": np.array([0, 1, 1])}
    np.savez(file, **{f"{part}_{n}": a for part in ("train", "held") for n, a in arrays.items()})
    found = reviews.Reviews(str(file))
    assert found.accuracy(lambda x, mask: (mask.sum(1) < 3).astype(int)) == 1
    assert found.accuracy(lambda x, mask: np.zeros(len(x))) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("seconds", "accuracy", "met"), [(1.0, 0.8, True), (1.2, 0.8, False), (1.0, 0.7, False)]
)
def test_the_goal_asks_for_speed_and_accuracy(bench: Any, seconds: float, accuracy: float, met: bool) -> None:
    peer, ours = bench.Contender("Trainer", "", "", {}), bench.Contender("ours", "", "", {})
    peer.rounds = [{"seconds": 1.4, "accuracy": 0.8}]
    ours.rounds = [{"seconds": seconds, "accuracy": accuracy}]
    assert bench.verdict([peer, ours])[1] is met
