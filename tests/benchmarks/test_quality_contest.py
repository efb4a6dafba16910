"""The contest of qualities: both train anew in each round, and the goals are decided by time and loss together."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SMALL = {"model.layers": 1, "model.width": 16, "model.heads": 2, "model.feedforward": 16, "budget.steps": 2}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("quality")


def test_both_train_anew_each_round_with_the_next_seed(bench: Any, tmp_path: Path) -> None:
    file = tmp_path / "text.npz"
    vocabulary = bench.write_text(file)
    found = bench.contenders(file, vocabulary, SMALL, steps=2)
    for one in found:
        one.python = sys.executable
    bench.compete(found, 2)
    for one in found:
        assert [done["seed"] for done in one.rounds] == [0, 1]
        first, second = (done["held"] for done in one.rounds)
        assert first != second
        for loss in (first, second):  # two steps from a guess in the dark
            assert loss == pytest.approx(math.log(vocabulary), abs=0.3)
        assert all(done["seconds"] > 0 for done in one.rounds)


def test_the_text_is_the_recipes_own(bench: Any, tmp_path: Path) -> None:
    bench.write_text(tmp_path / "text.npz")
    found, ours = np.load(tmp_path / "text.npz"), bench.RECIPE.data.load()
    for split in ("train", "validation"):
        assert np.array_equal(found[split], ours.streams[split])


@pytest.mark.parametrize(
    ("seconds", "loss", "met"),
    [
        (20.0, 1.90, [True, True, True]),
        (30.0, 1.90, [True, True, False]),
        (50.0, 1.90, [True, False, False]),
        (20.0, 1.92, [False, False, False]),  # quick and worse has not won
    ],
)
def test_a_goal_is_reached_by_time_and_loss_together(
    bench: Any, seconds: float, loss: float, met: list[bool]
) -> None:
    plain = bench.Contender("plain", "", "", {}, rounds=[{"seconds": 120.0, "held": 1.91}])
    ours = bench.Contender("ours", "", "", {}, rounds=[{"seconds": seconds, "held": loss}])
    assert [reached for _, reached in bench.verdict(plain, ours)] == met
