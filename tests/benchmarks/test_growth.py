"""How cost grows: the exponent, and two processes that learn what one does."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TINY = {"layers": 1, "heads": 2, "width": 8, "block": 16, "vocabulary": 78}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("growth")


@pytest.mark.parametrize(
    ("ratio", "times", "k"), [(100, 10, 2.0), (10, 10, 1.0), (1, 4, 0.0), (0.5, 2, -1.0)]
)
def test_the_exponent(bench: Any, ratio: float, times: float, k: float) -> None:
    assert bench.exponent(ratio, times) == pytest.approx(k)


def test_two_processes_learn_what_one_learns(bench: Any) -> None:
    """Each has half of every batch: their mean loss and the gradient's mean are those of the whole, so that the loss of
    a share stays near that of one process on the whole (within 0.1 of 4.36), and falls as it does."""
    found = [bench.Case(str(n), n, TINY, batch=8, steps=30, processes=n).contender() for n in (1, 2)]
    bench.compete(found, 1)
    alone, together = (one.rounds[0]["loss"] for one in found)
    assert alone < 4.2 and together == pytest.approx(alone, abs=0.15)
    assert found[0].rounds[0]["parameters"] == found[1].rounds[0]["parameters"]


def test_what_grows_is_counted(bench: Any) -> None:
    base, wide = bench.BASE, bench.CASES[0]
    assert wide.shape["width"] / base.shape["width"] == pytest.approx(10**0.5, rel=0.02)
    assert bench.CASES[2].batch * bench.CASES[2].shape["block"] == bench.BASE.batch * bench.SMALL["block"]
    assert sys.executable == bench.BASE.contender().python
