"""Checkpoints in this process: what they hold, what they refuse, how many are kept."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from toys import small

from jinjie.models import gpt
from jinjie.training import checkpoint, loop
from jinjie.training.events import DiskFull, RunGone, full, unwritable
from jinjie.training.networks import Networks
from jinjie.training.optim import SGD, AdaGrad, Adam, AdamW, Momentum, Muon, RMSProp

STATE = {"best": 0.5, "fingerprint": "x"}
OPTIMIZERS = [SGD(), Momentum(), AdaGrad(), RMSProp(), Adam(), AdamW(), Muon()]
GPT = gpt.Config(vocabulary=11, block=4, layers=1, width=8, heads=2, dropout=0.1)


def networks(optimizer: Any, precision: Any = "fp32", seed: int = 0) -> Networks:
    recipe = small().model_copy(update={"model": GPT, "optimizer": optimizer, "seed": seed})
    return Networks(recipe, {}, precision, "cpu")


def moved(made: Networks, steps: int = 3, first: int = 0) -> Networks:
    """Networks after some steps on gradients that depend on the step alone."""
    for step in range(first, first + steps):
        for i, weight in enumerate(made.masters["model"].values()):
            generator = torch.Generator().manual_seed(1000 * step + i)
            weight.grad = torch.randn(weight.shape, generator=generator)
        made.step("model", 1.0)
    return made


def bits(made: Networks) -> dict[str, bytes]:
    tensors = {**checkpoint._weights(made), **checkpoint._moments(made)}
    return {name: t.numpy().tobytes() for name, t in tensors.items()}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.kind)
def test_every_optimiser_goes_on_as_if_nothing_had_been(
    optimizer: Any, precision: str, tmp_path: Path
) -> None:
    (tmp_path / "checkpoints").mkdir()
    whole = moved(networks(optimizer, precision), 6)
    checkpoint.save(tmp_path, moved(networks(optimizer, precision), 3), 3, STATE, keep=2)
    found = checkpoint.newest(tmp_path)
    assert found is not None
    rest = networks(optimizer, precision, seed=99)  # other first weights: all must come from the files
    checkpoint.restore(found, rest)
    assert bits(moved(rest, 3, first=3)) == bits(whole)
    for (_, mine), (_, theirs) in zip(
        rest.models["model"].named_parameters(), whole.models["model"].named_parameters(), strict=True
    ):
        assert torch.equal(mine, theirs)  # in bf16 the network's own weights, not the masters alone


def test_a_checkpoint_is_safetensors_and_json(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    folder = checkpoint.save(tmp_path, moved(networks(Adam())), 3, STATE, keep=2)
    assert folder == tmp_path / "checkpoints" / "step-00000003"
    assert sorted(f.name for f in folder.iterdir()) == [
        "optimizer.safetensors",
        "state.json",
        "weights.safetensors",
    ]
    state = json.loads((folder / "state.json").read_bytes())
    assert (state["step"], state["best"]) == (3, 0.5)
    for name, expected in state["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


def test_the_newest_are_kept(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    made = moved(networks(SGD()))
    for step in (1, 2, 3, 4):
        checkpoint.save(tmp_path, made, step, STATE, keep=3)
    assert [f.name[-1] for f in checkpoint._folders(tmp_path)] == ["4", "3", "2"]


def test_those_of_later_steps_go_once_a_new_one_stands(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    made = moved(networks(SGD()))
    for step in (3, 4, 1):
        checkpoint.save(tmp_path, made, step, STATE, keep=2)
    assert [f.name[-1] for f in checkpoint._folders(tmp_path)] == ["1"]


def test_every_bit_of_the_state_counts(tmp_path: Path) -> None:
    """Turn each bit of state.json in turn: what still parses to something else is damaged."""
    (tmp_path / "checkpoints").mkdir()
    folder = checkpoint.save(tmp_path, moved(networks(SGD())), 3, STATE, keep=2)
    whole = (folder / "state.json").read_bytes()
    meant = json.loads(whole)
    for place in range(8 * len(whole)):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        (folder / "state.json").write_bytes(bytes(content))
        found = checkpoint.newest(tmp_path)
        assert found is None or {**found.state, "sum": meant["sum"]} == meant


def test_nothing_is_left_of_a_write_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoints").mkdir()
    made = moved(networks(SGD()))
    checkpoint.save(tmp_path, made, 1, STATE, keep=2)

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_json", no_room)
    with pytest.raises(DiskFull, match="step-00000002"):
        checkpoint.save(tmp_path, made, 2, STATE, keep=2)
    assert [f.name for f in (tmp_path / "checkpoints").iterdir()] == ["step-00000001"]


def test_a_deleted_run_is_not_brought_back(tmp_path: Path) -> None:
    run = tmp_path / "gone-1"
    with pytest.raises(RunGone):
        checkpoint.save(run, moved(networks(SGD())), 1, STATE, keep=2)
    assert not run.exists()


def test_what_a_failed_write_means(tmp_path: Path) -> None:
    for error in (
        OSError(28, "No space left on device"),
        OSError(27, "File too large"),
        Exception("I/O error: No space left on device (os error 28)"),
        Exception("I/O error: File too large (os error 27)"),
    ):
        assert full(error)
        assert isinstance(unwritable(tmp_path, tmp_path, error), DiskFull)
    assert not full(PermissionError(13, "Permission denied"))
    assert unwritable(tmp_path, tmp_path, PermissionError(13, "Permission denied")).key == "run.cannot_write"
    assert isinstance(unwritable(tmp_path / "none", tmp_path, OSError(2, "No such file")), RunGone)


def test_a_session_saves_no_weights_that_are_not_finite(begin: Any) -> None:
    session = begin(small())
    with torch.no_grad():
        session.networks.models["model"].head.weight.fill_(float("inf"))
    with pytest.raises(loop.checkpoint.JinjieError, match=r"model\.head\.weight holds inf"):
        loop.save(session)
    assert not list((session.run / "checkpoints").iterdir())
