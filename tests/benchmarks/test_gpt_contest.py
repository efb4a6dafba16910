"""The contest of GPTs: programs that parse, the same windows for everybody, ours for a round, and an honest verdict."""

from __future__ import annotations

import ast
import importlib
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TINY = {"layers": 1, "heads": 2, "width": 8, "block": 16, "vocabulary": 78}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("gpt")


@pytest.mark.parametrize("file", sorted((BENCHMARKS / "contenders").glob("*.py")), ids=lambda f: f.stem)
def test_a_contender_parses_and_speaks_the_protocol(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported & {"contest.contender", "contest.windows", "contest.whole"}


def test_everybody_reads_the_windows_of_our_steps(bench: Any, tmp_path: Path) -> None:
    file = tmp_path / "windows.npz"
    bench.gpt_data.write_windows(file, block=16, vocabulary=78, batch=3, steps=2)
    found = np.load(file)
    data = bench.gpt_data.dataset(16, 78)
    for i in range(2):
        for name, array in data.batch(bench.gpt_data.SEED, i, 3).items():
            assert np.array_equal(found[name][i], array)
    assert found["held_x"].shape == (3, 16)
    assert np.array_equal(found["held_x"][:, 1:], found["held_y"][:, :-1])


def test_a_larger_vocabulary_has_real_tokens_in_it(bench: Any) -> None:
    data = bench.gpt_data.dataset(16, 50_257)
    ids = data.streams["train"]
    assert data.facts["vocabulary"] == 50_257
    assert ids.max() < 8_192 and len(np.unique(ids)) > 1_000
    assert data.processor.text(ids[:200].tolist()) in importlib.import_module("jinjie.data.text").packaged()


def test_ours_trains_for_a_round(bench: Any, tmp_path: Path) -> None:
    data = tmp_path / "windows.npz"
    bench.gpt_data.write_windows(data, block=16, vocabulary=78, batch=2, steps=2)
    given = {
        "data": str(data),
        "shape": TINY,
        "steps": 1,
        "rounds": 1,
        "lr": 3e-4,
        "seed": 0,
        "precision": "fp32",
    }
    one = bench.Contender("ours", "gpt_ours.py", sys.executable, given)
    bench.compete([one], rounds=1)
    assert one.about["precision"] == "fp32"
    (answer,) = one.rounds
    assert answer["seconds"] > 0 and answer["megabytes"] > 50
    assert answer["held"] == pytest.approx(math.log(78), abs=0.5)


def heat(bench: Any, **seconds: float) -> list[Any]:
    found = []
    for name, value in seconds.items():
        one = bench.Contender(name.replace("_", " "), "", "", {})
        one.rounds = [{"seconds": value}]
        found.append(one)
    return found


def test_the_goals_are_those_of_a_machine_that_is_quick_at_bf16_only_where_it_is(bench: Any) -> None:
    shape = bench.SHAPES["10M"]
    heats = {
        "fp32": heat(bench, product=1, plain_loop=10, Trainer=9, litgpt=8, ours=8.5),
        "bf16": heat(bench, product=1, plain_loop=22.1, Trainer=20, litgpt=13, ours=10),
        "allocator": heat(bench, product=1, plain_loop=9, Trainer=9, litgpt=10.9, ours=10),
    }
    quick = bench.verdict("10M", shape, heats, True)
    assert [met for _, met in quick] == [True, False, False]
    assert "1.30 × the best peer as it comes; 1.35 wanted" in quick[1][0]
    slow = bench.verdict("10M", shape, heats, False)
    assert "0.94 × the best peer as it comes" in slow[1][0] and not slow[1][1]


def test_parts_of_the_report_that_were_not_run_stay(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "REPORT", tmp_path / "gpt.md")
    first, second = bench.title("10M", "fp32"), bench.title("124M", "allocator")
    bench.write({second: f"## {second}\n\n- reached\n"})
    bench.write({first: f"## {first}\n\nold\n"})
    text = bench.write({first: f"## {first}\n\nnew\n"})
    assert text == (tmp_path / "gpt.md").read_text()
    assert "\nold\n" not in text and text.count("\n## ") == 2
    assert text.index("\nnew\n") < text.index("- reached")
