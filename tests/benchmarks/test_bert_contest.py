"""The contest of BERTs: real texts of mixed lengths, the same for all; ours learns; quick and worse has not won."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("bert")


def test_texts_are_of_mixed_lengths_and_nothing_held_is_learned(bench: Any, tmp_path: Path) -> None:
    texts, held = bench.bert_data.write_texts(tmp_path / "texts.npz")
    reviews = importlib.import_module("contest.reviews").Reviews(str(tmp_path / "texts.npz"))
    lengths = np.array([len(row) for row in reviews.rows["train"]])
    assert (len(reviews.rows["train"]), len(reviews.rows["held"])) == (texts, held)
    assert 30 < lengths.mean() < 50 and lengths.max() <= bench.bert_data.BLOCK and lengths.min() < 12
    learned = {tuple(row.tolist()) for row in reviews.rows["train"]}
    assert not learned & {tuple(row.tolist()) for row in reviews.rows["held"]}
    assert 0.4 < reviews.y["train"].mean() < 0.6
    assert reviews.accuracy(lambda x, mask: np.ones(len(x))) == pytest.approx(reviews.y["held"].mean())


def test_ours_trains_for_a_round(bench: Any, tmp_path: Path) -> None:
    texts, _ = bench.bert_data.write_texts(tmp_path / "texts.npz", 64, held=200)
    given = {
        "data": str(tmp_path / "texts.npz"),
        "start": str(bench.model_folder("minilm")),
        "block": 128,
        "batch": 32,
        "lr": 5e-5,
        "warmup": 1,
        "weight_decay": 0.01,
        "attention_dropout": 0.1,
        "seed": 0,
        "precision": "fp32",
    }
    ours = bench.Contender("ours", "bert_ours.py", sys.executable, given)
    bench.compete([ours], 1)
    (done,) = ours.rounds
    assert texts == 64 and done["seconds"] > 0
    assert done["loss"] == pytest.approx(np.log(2), abs=0.1)  # two steps from a new head, which knows nothing
    assert 0.2 < done["accuracy"] < 0.8 and (done["accuracy"] * 200) % 1 == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "accuracy", "met"),
    [(10.0, 0.80, [True, True]), (14.0, 0.80, [False, True]), (10.0, 0.70, [True, False])],
)
def test_a_goal_is_reached_by_time_and_accuracy(
    bench: Any, seconds: float, accuracy: float, met: list[bool]
) -> None:
    theirs = bench.Contender(bench.BEST, "", "", {}, rounds=[{"seconds": 15.0, "accuracy": 0.80}])
    ours = bench.Contender(bench.OURS, "", "", {}, rounds=[{"seconds": seconds, "accuracy": accuracy}])
    assert [reached for _, reached in bench.verdict([theirs, ours], 2000)] == met


def test_what_only_looks_like_json_is_passed_over(bench: Any, tmp_path: Path) -> None:
    """Fault: a library prints a dictionary of its own amid the answers."""
    program = tmp_path / "chatty.py"
    program.write_text('print("{\'epoch\': 1.0}")\nprint(\'{"versions": "1"}\')')
    one = bench.Contender("chatty", str(program), sys.executable, {})
    one.start()
    one.end()
    assert one.about == {"versions": "1"}
