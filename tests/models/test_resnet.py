"""The ResNet against the paper: sizes and shapes of ResNet-20, both shortcuts, the identity at the start."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from jinjie.models import resnet
from jinjie.models.resnet.config import Unit
from jinjie.models.resnet.network import Residual

CIFAR = {"channels": 3, "height": 32, "width": 32, "outputs": 10}


@pytest.mark.parametrize(
    ("units", "layers", "millions"),
    [(3, 20, 0.27), (5, 32, 0.46), (7, 44, 0.66), (9, 56, 0.85), (18, 110, 1.7)],
)
def test_parameters_are_the_papers(units: int, layers: int, millions: float) -> None:
    """He et al. 2016, table 6: # params of ResNet-20 to ResNet-110, to the digits it gives."""
    config = resnet.Config(**CIFAR, units=units)
    assert round(config.parameters() / 1e6, 1 if millions > 1 else 2) == millions
    network = config.build()
    assert sum(isinstance(m, nn.Conv2d | nn.Linear) for m in network.modules()) == layers


def test_shapes_are_the_papers() -> None:
    """He et al. 2016, section 4.2: 32×32 with 16 filters, 16×16 with 32, 8×8 with 64; 2n layers each, the first with
    one more."""
    network = resnet.Config(**CIFAR).build()
    shapes: list[tuple[int, ...]] = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))
    network(torch.rand(2, 3 * 32 * 32))
    assert shapes == [(16, 32, 32)] * 7 + [(32, 16, 16)] * 6 + [(64, 8, 8)] * 6


@pytest.mark.parametrize("shortcut", ["pad", "project"])
def test_a_unit_whose_branch_gives_nothing_passes_its_input_on(shortcut: str) -> None:
    """With the last norm's scale at 0 the unit is relu(around(x)): identity, or the input in the new shape."""
    same = Residual(Unit(4, 4, False, 6, 6), projects=False).eval()
    turned = Residual(Unit(4, 6, True, 3, 3), projects=shortcut == "project").eval()
    x = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    for unit in (same, turned):
        nn.init.zeros_(unit.branch[4].weight)  # type: ignore[arg-type]
    assert torch.equal(same(x), F.relu(x))
    out = turned(x)
    assert out.shape == (2, 6, 3, 3)
    if shortcut == "pad":
        assert torch.equal(out[:, :4], F.relu(x[:, :, ::2, ::2])) and not out[:, 4:].any()
    else:
        weight = turned.project[0].weight  # type: ignore[index]
        expected = F.relu(F.conv2d(x, weight, stride=2) / (1 + 1e-5) ** 0.5)
        torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-6)  # fp32


@pytest.mark.parametrize("shortcut", ["pad", "project"])
def test_a_unit_that_pools_is_one_that_does_not_after_a_pooling(shortcut: str) -> None:
    """Both ways see the largest of each 2×2 pixels; the last row and column of an odd picture stand alone."""
    plain = Residual(Unit(4, 6, False, 3, 4), projects=shortcut == "project").eval()
    pools = Residual(Unit(4, 6, True, 3, 4, pools=True), projects=shortcut == "project").eval()
    pools.load_state_dict(plain.state_dict())
    x = torch.randn(2, 4, 5, 7, generator=torch.Generator().manual_seed(0))
    padded = F.pad(x, (0, 1, 0, 1), value=-torch.inf)
    largest = padded.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))
    assert largest.shape == (2, 4, 3, 4)
    assert torch.equal(pools(x), plain(largest))


def test_halving_by_pooling_changes_no_size() -> None:
    """Neither weights nor products: convolutions see pictures of the same sizes either way."""
    one, other = (resnet.Config(**CIFAR, halving=how) for how in ("stride", "pool"))  # type: ignore[arg-type]
    assert one.parameters() == other.parameters() and one.flops(1) == other.flops(1)
    assert one.build().load_state_dict(other.build().state_dict())
    assert other.activations(1) > one.activations(1)


def test_a_unit_is_the_sum_of_its_two_ways() -> None:
    """Equation 1, the branch written out with torch's functions."""
    unit = Residual(Unit(3, 3, False, 5, 5), projects=False).eval()
    x = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    first, second = unit.branch[0].weight, unit.branch[3].weight
    scale = (1 + 1e-5) ** -0.5  # a fresh norm in evaluation: running mean 0, running variance 1
    branch = F.conv2d(F.relu(F.conv2d(x, first, padding=1) * scale), second, padding=1) * scale  # type: ignore[arg-type]
    torch.testing.assert_close(unit(x), F.relu(x + branch), rtol=1e-5, atol=1e-5)


def test_fewer_channels_than_before_drop_the_last() -> None:
    unit = Residual(Unit(4, 2, False, 5, 5), projects=False)
    x = torch.rand(1, 4, 5, 5)
    assert torch.equal(unit.around(x), x[:, :2])


def test_gradients_reach_the_first_layer_of_a_deep_one() -> None:
    """38 layers: with the ways around cut, the norms in training blow the stem's gradient up; with them it stays within
    a factor of a thousand of the last convolution's (110 layers: 74 with, 260 million without)."""

    def stem_over_last(cut: bool) -> float:
        torch.manual_seed(0)
        network = resnet.Config(**CIFAR, stages=(4, 4, 4), units=6).build()  # type: ignore[arg-type]
        for unit in network.units if cut else ():  # type: ignore[union-attr]
            unit.around = lambda x, unit=unit: torch.zeros_like(unit.branch(x))  # type: ignore[union-attr, misc]
        x = torch.rand(8, 3072, generator=torch.Generator().manual_seed(0))
        F.cross_entropy(network.train()(x), torch.arange(8)).backward()
        norms = [float(m.weight.grad.norm()) for m in network.modules() if isinstance(m, nn.Conv2d)]  # type: ignore[union-attr]
        return norms[0] / norms[-1]

    with_ways, without = stem_over_last(cut=False), stem_over_last(cut=True)
    assert with_ways < 100 and without > 10 * with_ways, (with_ways, without)
