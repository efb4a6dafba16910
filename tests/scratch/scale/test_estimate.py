"""What a training costs: against counted models and published trainings."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from jinjie.scratch.scale.estimate import (
    activation_memory,
    training_days,
    training_flops,
    training_memory,
    transformer_parameters,
)


@pytest.mark.parametrize(("layers", "channels", "vocabulary", "context"), [(1, 8, 11, 5), (3, 12, 7, 16)])
def test_the_count_is_that_of_gpt2(layers, channels, vocabulary, context):
    """Built from PyTorch's parts as GPT-2 is; and the four published sizes."""
    c = channels
    layer = [
        nn.LayerNorm(c),
        nn.Linear(c, 3 * c),
        nn.Linear(c, c),
        nn.LayerNorm(c),
        nn.Linear(c, 4 * c),
        nn.Linear(4 * c, c),
    ]
    parts = nn.ModuleList([nn.Embedding(vocabulary, c), nn.Embedding(context, c), nn.LayerNorm(c)])
    counted = sum(p.numel() for p in parts.parameters())
    counted += layers * sum(p.numel() for p in nn.ModuleList(layer).parameters())
    assert transformer_parameters(layers, channels, vocabulary, context) == counted
    published = [
        (12, 768, 124_439_808),
        (24, 1024, 354_823_168),
        (36, 1280, 774_030_080),
        (48, 1600, 1_557_611_200),
    ]
    for depth, width, parameters in published:
        assert transformer_parameters(depth, width, 50257, 1024) == parameters


def test_a_layer_without_its_feed_forward_half_has_a_third_of_the_weights():
    """LayerNorm(x + MultiHead(x)) is what the articles print. PyTorch's layer says how much is missing."""
    layer = nn.TransformerEncoderLayer(d_model=768, nhead=12, dim_feedforward=3072)
    counted = sum(parameter.numel() for parameter in layer.parameters())
    ours = transformer_parameters(2, 768, 100, 10) - transformer_parameters(1, 768, 100, 10)
    printed = 4 * 768**2 + 4 * 768 + 2 * 768
    assert ours == counted == 7_087_872
    assert printed == 2_363_904 and printed / ours == pytest.approx(0.3335, abs=1e-4)


def test_flops_are_those_of_published_trainings():
    """GPT-3 (Brown et al. 2020, appendix D): 3.14e23; PaLM 540B (Chowdhery et al. 2022): 2.56e24 for 780B tokens."""
    assert training_flops(174.6e9, 300e9) == pytest.approx(3.14e23, rel=0.005)
    palm = training_flops(540.35e9, 780e9, layers=118, channels=48 * 256, context=2048)
    assert palm == pytest.approx(2.56e24, rel=0.01)
    assert training_flops(10.0, 3.0, layers=2, channels=5, context=7) == (60 + 840) * 3
    assert training_flops(10.0, 3.0) == 180 == training_flops(10.0, 3.0, layers=2, channels=5)
    assert (
        training_flops(10.0, 3.0, channels=5, context=7)
        == training_flops(10.0, 3.0, layers=2, context=7)
        == 180
    )


def test_backward_costs_twice_what_forward_does():
    """Counted by PyTorch on a linear layer whose inputs need a gradient too: 2, 4 and so 6 a weight and row."""
    weight = torch.randn(7, 5, requires_grad=True)
    x = torch.randn(3, 7, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        out = (x @ weight).sum()
        forward = counter.get_total_flops()
        out.backward()
    assert forward == 2 * 35 * 3
    assert counter.get_total_flops() == 6 * 35 * 3 == training_flops(parameters=35, tokens=3)


def test_memory_is_sixteen_bytes_a_parameter():
    """Counted on a model that PyTorch's Adam has stepped: loading alone is a quarter of it."""
    model = nn.Linear(30, 20, bias=False)
    adam = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 30)).sum().backward()
    adam.step()
    weight = next(model.parameters())
    held = [weight, weight.grad, adam.state[weight]["exp_avg"], adam.state[weight]["exp_avg_sq"]]
    counted = sum(tensor.numel() * tensor.element_size() for tensor in held)
    assert counted == training_memory(600) == 9600 == 4 * weight.numel() * weight.element_size()
    assert training_memory(600, weight=2, gradient=2, master=4) == 9600
    assert training_memory(10.0, 1.0, 100.0, 1000.0, 10_000.0) == 111_010


def test_activations_are_the_papers():
    """By hand for two layers; and the share of T² at GPT-3's sizes, 80 over 114 (Korthikanti et al. 2022)."""
    assert activation_memory(layers=2, batch=3, context=5, channels=8, heads=4) == 2 * 3 * 5 * (
        34 * 8 + 5 * 4 * 5
    )
    whole = activation_memory(1, 1, 2048, 12288, 96)
    assert 1 - activation_memory(1, 1, 2048, 12288, 0) / whole == pytest.approx(80 / 114, rel=1e-12)


def test_gpt3_takes_a_month_on_a_thousand_a100s():
    """Narayanan et al. 2021: 34 days at 140 teraFLOP/s a device, their F being 8 N D with recomputation."""
    days = training_days(8 * 175e9 * 300e9, devices=1024, peak=312e12, utilisation=140 / 312)
    assert days == pytest.approx(33.9, abs=0.1)
    assert training_days(86400.0, devices=5, peak=2.0, utilisation=0.5) == 0.2
    assert training_days(86400.0, devices=5, peak=2.0) == pytest.approx(0.25, rel=1e-12)
