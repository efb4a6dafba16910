"""The average of a model's weights: what it is made of, that it disturbs nothing, and that it is what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from toys import small

from jinjie.models import cnn, mlp
from jinjie.training import checkpoint, loop
from jinjie.training.average import Average
from jinjie.training.events import read
from jinjie.training.networks import Networks
from jinjie.training.recipe import Recipe
from jinjie.training.tuning import Tuning

MLP = mlp.Config(hidden=(16,), dropout=0.3)
PRECISIONS = pytest.mark.parametrize("precision", ["fp32", "bf16"])


def averaged(decay: float = 0.9, **changes: Any) -> Recipe:
    return small(**changes).model_copy(update={"model": MLP, "average": decay})


def copies(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_it_is_the_weighed_mean_of_all_steps() -> None:
    """Against the sum written out in fp64, after each of thirty steps; to fp32's rounding of thirty terms."""
    weights = torch.randn(30, 5, generator=torch.Generator().manual_seed(0))
    average = Average({"w": torch.full((5,), 99.0)}, 0.8)
    for last in range(1, 31):
        average.add({"w": weights[last - 1]}, last)
        share = 0.8 ** np.arange(last - 1, -1, -1)
        expected = (share[:, None] * weights[:last].double().numpy()).sum(0) / share.sum()
        np.testing.assert_allclose(average.weights["w"].numpy(), expected, rtol=0, atol=3e-6)


@PRECISIONS
def test_a_look_at_it_changes_no_bit(precision: Any) -> None:
    networks = Networks(averaged(), {"inputs": 1, "outputs": 1}, precision, "cpu")
    for step in range(1, 4):
        for weight in networks.masters["model"].values():
            weight.grad = torch.ones_like(weight)
        networks.step("model", 1.0)
        networks.count(step)
    assert networks.average is not None
    moving, mean = copies(networks.masters["model"]), copies(networks.average.weights)
    own = copies(networks.models["model"].state_dict())
    with networks.averaged():
        assert same(networks.weights("model"), mean) and not same(mean, moving)
        seen = networks.models["model"].state_dict()
        assert same({n: t.to(networks.dtype) for n, t in mean.items()}, dict(seen))
    assert same(networks.masters["model"], moving) and same(networks.average.weights, mean)
    assert same(dict(networks.models["model"].state_dict()), own)


@PRECISIONS
def test_training_has_the_same_losses_with_it(precision: str, begin: Any) -> None:
    told = []
    for number, decay in enumerate((0.0, 0.9)):
        session = begin(
            averaged(decay, **{"budget.evaluate_every": 2}), precision=precision, name=f"run-{number}"
        )
        assert loop.train(session)
        told.append([e["loss"] for e in read(session.run / "events.jsonl") if e["type"] == "step"])
    assert told[0] == told[1]


def test_what_is_kept_and_scored_is_the_average(begin: Any) -> None:
    session = begin(averaged())
    assert loop.train(session)
    session.best = None
    loop.evaluate(session)
    kept = load_file(session.run / "model" / "model.safetensors")
    assert session.networks.average is not None
    assert same(kept, session.networks.average.weights)
    assert not same(kept, copies(session.networks.masters["model"]))


@PRECISIONS
def test_a_stopped_run_goes_on_with_the_same_average(precision: str, begin: Any) -> None:
    whole = begin(averaged(), precision=precision, name="whole")
    assert loop.train(whole)
    first = begin(averaged(), precision=precision, name="parts")
    first.stop_asked = lambda: first.step == 2
    assert not loop.train(first)
    rest = begin(averaged(), precision=precision, name="parts")
    found = checkpoint.newest(rest.run)
    assert found is not None and (found.folder / "average.safetensors").is_file()
    checkpoint.restore(found, rest.networks)
    rest.step, rest.best = found.step, found.state["best"]
    assert loop.train(rest)
    assert same(rest.networks.average.weights, whole.networks.average.weights)
    assert same(
        load_file(rest.run / "model" / "model.safetensors"),
        load_file(whole.run / "model" / "model.safetensors"),
    )


def test_running_means_are_averaged_too_and_frozen_weights_are_not(tmp_path: Path) -> None:
    facts = {"channels": 1, "height": 8, "width": 8, "outputs": 3}
    pictures = averaged().model_copy(update={"model": cnn.Config(filters=(4,))})
    found = Networks(pictures, facts, "fp32", "cpu").average
    assert found is not None
    buffers = [n for n in found.weights if "running" in n]
    assert buffers and not any("num_batches" in n for n in found.weights)
    frozen = pictures.model_copy(update={"tuning": Tuning(body="frozen")})
    networks = Networks(frozen, facts, "fp32", "cpu")
    moving = {n for n, p in networks.models["model"].named_parameters() if p.requires_grad}
    assert networks.average is not None and moving == set(networks.average.weights) - set(buffers)
