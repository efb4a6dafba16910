"""Networks with their masters and optimisers: whose weights move, in which precision, from where they begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from toys import small

from jinjie.base.errors import JinjieError
from jinjie.models import mlp
from jinjie.models.folder import save_model
from jinjie.tasks.task import Update
from jinjie.training.networks import Networks
from jinjie.training.optim import SGD, Adam, Muon
from jinjie.training.recipe import Other, Recipe

FACTS = {"inputs": 1, "outputs": 1}


def recipe(**others: Other) -> Recipe:
    return small().model_copy(update={"model": mlp.Config(hidden=(8, 8)), "others": others})


def weights(networks: Networks, name: str = "model") -> list[torch.Tensor]:
    return [p.detach().clone() for p in networks.models[name].parameters()]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_first_weights_depend_on_the_seed_and_the_name() -> None:
    twin = Other(model=mlp.Config(hidden=(8, 8)))
    one, again = (Networks(recipe(twin=twin), FACTS, "fp32", "cpu") for _ in range(2))
    other = Networks(recipe().model_copy(update={"seed": 1}), FACTS, "fp32", "cpu")
    alone = Networks(recipe(), FACTS, "fp32", "cpu")
    assert same(weights(one), weights(again))
    assert not same(weights(one), weights(other))
    assert not same(weights(one), weights(one, "twin"))
    assert same(weights(one), weights(alone))  # a further model changes nothing of the first


def test_frozen_models_are_in_evaluation_mode_from_the_start() -> None:
    """A resumed run evaluates nothing before its first step, and its teacher must be silent all the same."""
    networks = Networks(recipe(teacher=Other(model=mlp.Config(), trainable=False)), FACTS, "fp32", "cpu")
    assert networks.models["model"].training and not networks.models["teacher"].training
    networks.train(False)
    assert not networks.models["model"].training
    networks.train(True)
    assert networks.models["model"].training and not networks.models["teacher"].training
    assert not any(p.requires_grad for p in networks.models["teacher"].parameters())


def test_each_model_has_its_own_optimiser() -> None:
    made = recipe(judge=Other(model=mlp.Config()), critic=Other(model=mlp.Config()))
    made = made.model_copy(update={"optimizer": Muon(), "optimizers": {"judge": SGD(lr=0.5)}})
    networks = Networks(made, FACTS, "fp32", "cpu")
    kinds = {name: [type(o).__name__ for o in made] for name, made in networks.optimizers.items()}
    assert kinds == {"model": ["Muon", "AdamW"], "judge": ["SGD"], "critic": ["Muon", "AdamW"]}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_further_model_begins_from_a_finished_models_folder(precision: Any, tmp_path: Path) -> None:
    config = mlp.Config(inputs=1, outputs=1, hidden=(4,))
    kept = config.build()
    save_model(kept, config, tmp_path / "kept")
    other = Other(model=config, trainable=False, start=str(tmp_path / "kept"))
    networks = Networks(recipe(teacher=other), FACTS, precision, "cpu")
    assert same(weights(networks, "teacher"), [p.detach().to(networks.dtype) for p in kept.parameters()])
    wide = Other(model=mlp.Config(hidden=(5,)), start=str(tmp_path / "kept"))
    with pytest.raises(JinjieError, match="do not fit the model 'teacher'"):
        Networks(recipe(teacher=wide), FACTS, precision, "cpu")


def test_bf16_computes_in_bf16_and_keeps_fp32() -> None:
    networks = Networks(recipe(), FACTS, "bf16", "cpu")
    assert {p.dtype for p in networks.models["model"].parameters()} == {torch.bfloat16}
    assert {w.dtype for w in networks.masters["model"].values()} == {torch.float32}
    for name, parameter in networks.models["model"].named_parameters():
        assert torch.equal(parameter, networks.masters["model"][name].bfloat16())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_gradients_of_pieces_add_up(precision: Any) -> None:
    """Two halves of a batch give the whole's gradient: to fp32's or bf16's rounding (2⁻²³, 2⁻⁸) of a few terms."""
    tolerance = 1e-5 if precision == "fp32" else 3e-2
    found = []
    for pieces in (1, 2):
        made = recipe().model_copy(
            update={"model": mlp.Config(hidden=(8,), dropout=0.0), "optimizer": Adam()}
        )
        networks = Networks(made, FACTS, precision, "cpu")
        x = torch.linspace(-1, 1, 8)[:, None].to(networks.dtype)
        for part in x.chunk(pieces):
            loss = (networks.models["model"](part).float() - 1).square().mean()
            networks.backward(Update(loss), 1 / pieces)
        found.append(torch.cat([g.flatten() for g in networks.gradients("model").values()]))
        assert found[-1].dtype == torch.float32
    torch.testing.assert_close(
        found[1], found[0], rtol=tolerance, atol=tolerance * float(found[0].abs().max())
    )


def test_the_whole_state_goes_out_and_in() -> None:
    one, other = Networks(recipe(), FACTS, "bf16", "cpu"), Networks(recipe(), FACTS, "bf16", "cpu")
    with torch.no_grad():
        for master in one.masters["model"].values():
            master.add_(torch.randn(master.shape))
    other.load_weights("model", one.weights("model"))
    for name, master in one.masters["model"].items():
        assert torch.equal(master, other.masters["model"][name])
        assert torch.equal(dict(other.models["model"].named_parameters())[name], master.bfloat16())
