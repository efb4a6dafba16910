"""The CNN: its layers against scratch, its sizes on paper against torch, batch norm in training and after."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.models import cnn, resnet
from jinjie.models.model import ModelConfig
from jinjie.models.pictures import BatchNorm, convolution, folded
from jinjie.scratch.networks import normalization
from jinjie.scratch.vision.convolution import cross_correlation, cross_correlation_backward
from jinjie.scratch.vision.pooling import max_pool

SHAPES: list[ModelConfig] = [
    cnn.Config(channels=3, height=32, width=32, outputs=9, filters=(8, 16, 12)),
    cnn.Config(channels=1, height=28, width=28, outputs=10, kernel=5, norm=False),
    cnn.Config(channels=2, height=13, width=9, outputs=4, filters=(4, 5, 6), dropout=0),
    resnet.Config(channels=3, height=32, width=32, outputs=10),
    resnet.Config(channels=1, height=13, width=9, outputs=4, stages=(4, 6, 6), units=2, shortcut="project"),
    resnet.Config(channels=3, height=13, width=9, outputs=4, stages=(4, 6, 8), units=2, halving="pool"),
    resnet.Config(
        channels=2, height=5, width=7, outputs=3, stages=(4, 8), units=1, dropout=0.3, pool=True, whole=True
    ),
]


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("config", SHAPES, ids=str)
def test_flops_and_parameters_are_torchs_own_count(config: ModelConfig) -> None:
    """Exactly: torch counts every product of convolutions and matrices while the network runs."""
    network = config.build().eval()
    x = torch.rand(3, config.channels, config.height, config.width)  # type: ignore[attr-defined]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = network(x)
    assert config.flops(3) == counter.get_total_flops()
    assert config.parameters() == sum(p.numel() for p in network.parameters())
    assert out.shape == (3, config.outputs)  # type: ignore[attr-defined]
    assert torch.equal(out, network(x.flatten(1)))  # a flat picture is folded channel first


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (5, 1), (3, 2), (1, 1)])
def test_a_convolution_is_scratchs(kernel: int, stride: int) -> None:
    """Forward and all three gradients, fp64: 1e-12 is rounding. Channels side by side in memory change nothing."""
    layer = convolution(3, 4, kernel, stride, bias=True).double()
    torch.nn.init.normal_(layer.bias, generator=torch.Generator().manual_seed(1))  # type: ignore[arg-type]
    x = numbers(2, 3 * 6 * 7).requires_grad_()
    out = layer(folded(x, 3, 6, 7))
    upstream = numbers(*out.shape)
    out.backward(upstream)
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()  # type: ignore[union-attr]
    place = {"stride": stride, "padding": kernel // 2}
    picture = x.detach().numpy().reshape(2, 3, 6, 7)
    assert np.abs(cross_correlation(picture, weight, bias, **place) - out.detach().numpy()).max() < 1e-12
    expected = cross_correlation_backward(upstream.numpy(), picture, weight, bias, **place)
    got = (x.grad, layer.weight.grad, layer.bias.grad)  # type: ignore[union-attr]
    for a, b in zip(got, expected, strict=True):
        assert np.abs(a.numpy().reshape(b.shape) - b).max() < 1e-12  # type: ignore[union-attr]


def test_weights_are_drawn_for_relu() -> None:
    """He et al. 2015: deviation √(2 / (inputs · k²)), here of 73,728 draws, known to 0.3 %."""
    weight = convolution(64, 128, 3).weight
    assert float(weight.detach().std()) == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.015)


def test_a_block_is_its_layers_in_order() -> None:
    config = cnn.Config(channels=2, height=6, width=6, outputs=3, filters=(4,), dropout=0)
    network = config.build().double().eval()
    norm = network.blocks[0][1]  # type: ignore[index, union-attr]
    with torch.no_grad():
        for tensor, low in (
            (norm.weight, 0.5),
            (norm.bias, -1),
            (norm.running_mean, -1),
            (norm.running_var, 0.5),
        ):
            tensor.uniform_(low, 1.5)
    x = numbers(3, 2, 6, 6)
    seen = cross_correlation(x.numpy(), network.blocks[0][0].weight.detach().numpy(), np.zeros(4), padding=1)  # type: ignore[index, union-attr]
    mean, variance, scale, shift = (
        t.detach().numpy()[:, None, None]
        for t in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    rectified = np.maximum(0, scale * (seen - mean) / np.sqrt(variance + 1e-5) + shift)
    features = max_pool(rectified, 2, 2).reshape(3, -1)
    head = network.head
    expected = features @ head.weight.detach().numpy().T + head.bias.detach().numpy()  # type: ignore[union-attr, operator]
    assert np.abs(network(x).detach().numpy() - expected).max() < 1e-12  # rounding in fp64


def test_batch_norm_is_scratchs_in_training_and_remembers() -> None:
    layer = BatchNorm(3).train()
    x = (numbers(4, 3, 5, 5) * 3 + 2).float()
    got = layer(x).detach().numpy()
    flat = x.double().permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    expected = normalization.batch_norm(flat, np.ones(3), np.zeros(3), eps=1e-5)
    assert np.abs(got.transpose(0, 2, 3, 1).reshape(-1, 3) - expected).max() < 1e-5  # fp32
    assert np.allclose(layer.running_mean, 0.1 * flat.mean(0), rtol=1e-5)  # type: ignore[arg-type]
    assert np.allclose(layer.running_var, 0.9 + 0.1 * flat.var(0, ddof=1), rtol=1e-5)  # type: ignore[arg-type]
    before = layer.running_mean.clone()  # type: ignore[union-attr, operator]
    layer.eval()(x)
    assert torch.equal(layer.running_mean, before)  # type: ignore[arg-type]


def test_batch_norm_in_bf16_remembers_in_fp32() -> None:
    """Running means of a network whose weights are bf16: within bf16's rounding of x (1/256) of fp32's own."""
    one, other = BatchNorm(3), BatchNorm(3)
    for parameter in other.parameters():
        parameter.data = parameter.data.bfloat16()
    x = (numbers(64, 3, 4, 4) * 2 + 1).float()
    out = other(x.bfloat16())
    assert out.dtype == torch.bfloat16 and other.running_mean.dtype == torch.float32  # type: ignore[union-attr]
    assert (out - one(x)).abs().max() < 0.05
    torch.testing.assert_close(other.running_mean, one.running_mean, rtol=0.01, atol=1e-3)
    out.sum().backward()
    assert other.weight.grad.dtype == torch.bfloat16  # type: ignore[union-attr]


def test_dropout_stands_before_the_head_alone() -> None:
    network = cnn.Config(channels=1, height=8, width=8, outputs=2, dropout=0.5).build()
    x = torch.rand(4, 64)
    torch.manual_seed(0)
    network.train()
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))
    hidden = network.blocks(folded(x, 1, 8, 8)).flatten(1)  # type: ignore[operator]
    assert torch.equal(network(x), F.linear(hidden, network.head.weight, network.head.bias))  # type: ignore[arg-type, union-attr]


def test_pictures_too_small_to_halve_so_often() -> None:
    config = cnn.Config(channels=1, height=9, width=28, outputs=2, filters=(4, 4, 4, 4))
    for ask in (config.parameters, lambda: config.flops(1), config.build):
        with pytest.raises(InvalidInput, match="at most 3 fit"):
            ask()
    assert cnn.Config(channels=1, height=9, width=28, outputs=2, filters=(4, 4, 4)).build()


def test_a_size_that_neither_data_nor_user_gave() -> None:
    with pytest.raises(JinjieError, match="model.channels"):
        cnn.Config(height=8, width=8, outputs=2).parameters()
    fitted = cnn.Config().fitted({"channels": 3, "height": 32, "width": 32, "outputs": 9, "inputs": 3072})
    assert (fitted.channels, fitted.height, fitted.width, fitted.outputs) == (3, 32, 32, 9)
