"""NaN and infinity: stopped before they reach the weights, traced to a tensor, said in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from stories import Nursery, begin, console

from jinjie.base.errors import InvalidInput
from jinjie.training import checkpoint
from jinjie.training.finite import NonFinite
from jinjie.training.runs import Run


def failed(run: Run) -> dict[str, Any]:
    """The event that says why, its two languages checked."""
    event = run.events[-1]
    assert event["type"] == "failed" and run.state() == "failed"
    assert str(event["step"] + 1) in event["error"]["en"] or str(event["step"]) in event["error"]["en"]
    assert event["error"]["zh"] != event["error"]["en"]
    return event


def assert_weights_are_finite(run: Run) -> None:
    newest = checkpoint.newest(run.path)
    if newest is not None:
        for tensor in load_file(newest.folder / "weights.safetensors").values():
            assert bool(torch.isfinite(tensor).all())


@pytest.mark.parametrize(
    ("name", "lr", "keys"),
    [
        ("line-1", 1e30, ("run.loss_not_finite", "run.gradient_not_finite")),
        ("line-1", 3e38, ("run.weights_not_finite", "run.loss_not_finite", "run.gradient_not_finite")),
        ("gpt-shakespeare", 1e30, ("run.loss_not_finite", "run.gradient_not_finite")),
        ("mnist-mlp bf16", 1e30, ("run.loss_not_finite", "run.gradient_not_finite")),
    ],
)
def test_an_enormous_rate(
    name: str,
    lr: float,
    keys: tuple[str, ...],
    nursery: Nursery,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes = {"optimizer.lr": lr, "budget.checkpoint_every": 1, "budget.evaluate_every": 100}
    run = begin(name, tmp_path / "run", monkeypatch, **changes)
    assert nursery.work(run) == NonFinite.exit_code, console(run)
    event = failed(run)
    assert event["key"] in keys
    assert "optimizer.lr" in event["error"]["en"] and "optimizer.lr" in event["error"]["zh"]
    assert_weights_are_finite(run)


def test_numbers_too_large_in_the_users_own_csv(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1e300 is a finite number in the file and infinite in the model's fp32: each cell is named, input or target."""
    rows = [f"{i / 40 if i != 7 else 1e300},{i / 20 if i % 20 else 1e300}" for i in range(40)]
    file = tmp_path / "own.csv"
    file.write_text("x,y\n" + "\n".join(rows) + "\n")
    run = begin("line-1", tmp_path / "run", monkeypatch, **{"data.path": str(file), "budget.steps": 20})
    assert nursery.work(run) == InvalidInput.exit_code, console(run)
    said = failed(run)["error"]["en"]
    assert all(f"own.csv:{line}: column" in said for line in (2, 9, 22)), said
