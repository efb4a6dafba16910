"""LoRA: beside a map at first nothing, merged the same, and the map itself never moves."""

from __future__ import annotations

import pytest
import torch
from harness import CASES, built
from torch import nn

from jinjie.models import cnn, gpt
from jinjie.models.adapters import Adapted, adapt, merged

FAMILIES = [case for case in CASES if case.config.kind in ("bert", "gpt")]


def moved(network: nn.Module) -> None:
    """Thin matrices as after a long training."""
    torch.manual_seed(1)
    for name, parameter in network.named_parameters():
        if ".lora_" in name:
            nn.init.normal_(parameter, std=0.2)


@pytest.mark.parametrize("case", FAMILIES, ids=lambda case: case.name)
def test_merged_is_what_was_applied(case: object) -> None:
    """To 1e-5 in fp32, over whole networks; and it is something: the outputs without it are others."""
    network = built(case.config).eval()  # type: ignore[attr-defined]
    batch = case.batch()  # type: ignore[attr-defined]
    plain = network.state_dict()
    with torch.no_grad():
        before = batch.seen(network(batch.x))
        count = adapt(network, 4, 8.0)
        assert count == sum(name.endswith("lora_up") for name in network.state_dict())
        assert torch.equal(batch.seen(network(batch.x)), before), "B = 0: nothing has changed yet"
        moved(network)
        applied = batch.seen(network(batch.x))
        again = built(case.config).eval()  # type: ignore[attr-defined]
        again.load_state_dict(merged(network, network.state_dict()))
        after = batch.seen(again(batch.x))
    assert (after - applied).abs().max() < 1e-5
    assert (before - applied).abs().max() > 1e-2
    for name, tensor in plain.items():
        assert torch.equal(network.state_dict()[name], tensor), f"{name} is frozen"


def test_by_hand() -> None:
    """y = Wx + b + (α/r)·BAx on numbers that one can follow."""
    linear = nn.Linear(2, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        linear.bias.copy_(torch.tensor([0.5, 0.0]))
        made = Adapted(linear, 1, 3.0)
        made.lora_down.copy_(torch.tensor([[1.0, 2.0]]))
        made.lora_up.copy_(torch.tensor([[1.0], [-1.0]]))
        assert made(torch.tensor([1.0, 1.0])).tolist() == [1.5 + 9.0, 1.0 - 9.0]


def test_only_the_maps_of_blocks() -> None:
    network = gpt.Config(vocabulary=10, block=4, layers=2, width=8, heads=2, tied=False).build()
    assert adapt(network, 2, 2.0) == 2 * 4
    assert type(network.get_submodule("head")) is nn.Linear
    assert adapt(cnn.Config(channels=1, height=8, width=8, outputs=2, filters=(4,)).build(), 2, 2.0) == 0
