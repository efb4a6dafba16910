"""The contests of writing and serving: ours writes what is asked, and verdicts follow the figures."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TINY = {"layers": 1, "heads": 2, "width": 32, "block": 32, "vocabulary": 78}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("decoding")


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("serving")


@pytest.mark.parametrize("weights", ["auto", "int8", "int4"])
def test_ours_writes_all_that_was_asked(bench: Any, weights: str) -> None:
    given = {"shape": TINY, "streams": 3, "tokens": 5, "prompts": [[1, 2, 3]] * 3, "weights": weights}
    one = bench.Contender("ours", "decode_ours.py", sys.executable, given)
    bench.compete([one], 1)
    assert one.rounds[0]["tokens"] == 15 and one.rounds[0]["seconds"] > 0
    assert one.about["format"] == ("fp32" if weights == "auto" else weights) and one.about["ready"] < 5


def found(module: Any, **seconds: float) -> list[Any]:
    made = []
    for name, taken in seconds.items():
        about = {"format": "fp32", "versions": "1", "ready": 0.5}
        one = module.Contender(name.replace("_", " "), "", "", {}, about=about)
        one.rounds = [{"seconds": taken, "tokens": 64, "megabytes": 1, "half": taken, "longest": taken}]
        made.append(one)
    return made


def test_the_best_of_transformers_is_the_measure(bench: Any) -> None:
    several = found(bench, transformers_fp32=4.0, transformers_bf16=2.0, ours_fp16=0.1)
    several += [*found(bench, ours=1.0)]
    several[-1].name = bench.OURS
    (speed, reached), (_, ready) = bench.verdict(1, several)
    assert reached and ready and speed.startswith("2.00 × transformers bf16")
    assert "(2.00 with what auto picks)" in speed
    several[-1].rounds[0]["seconds"] = 1.01
    assert not bench.verdict(1, several)[0][1]
    several[-1].about["ready"] = 5.1
    assert not bench.verdict(1, several)[1][1]
    several[-1].about["ready"], several[-1].name = 0.5, "ours, int4"
    several[-1].rounds[0]["seconds"] = 2.0 / 3.5
    several += found(bench, ours=1.0)
    several[-1].name = bench.OURS
    assert bench.verdict(1, several)[2][1] and len(bench.verdict(16, several)) == 2
    several[-2].rounds[0]["seconds"] = 2.0 / 3.4
    assert not bench.verdict(1, several)[2][1]
    several[-1].rounds[0]["seconds"] = 1.01
    assert "| 0.50 |" in bench.section(1, several, (0, 0)), "ratios to the best"


def test_a_server_is_measured_against_the_quickest_peer(serving: Any) -> None:
    several = found(serving, transformers_one=4.0, transformers_many=1.3, jinjie_serve=1.0)
    said, reached = serving.verdict(64, several)
    assert reached and said.startswith("1.30 × transformers many")
    several[-1].rounds[0]["seconds"] = 1.2
    assert not serving.verdict(64, several)[1]
    assert "64 clients" in serving.section(64, several, (0, 0))
