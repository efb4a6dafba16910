"""Weights in every format: near what fp32 gives, for few rows and many, alone and in a whole GPT."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from jinjie.models import gpt, packed
from jinjie.models.gpt.network import GPT
from jinjie.models.packed import FORMATS, Format, Packed

NEAR: dict[Format, float] = {"fp32": 1e-6, "fp16": 1e-3, "bf16": 8e-3, "int8": 1.5e-2, "int4": 9e-2}
"""The error of a product, as a share of what it is in size: the roots of the mean squares. fp16 keeps 11 bits, bf16 8,
int8 of normal weights a step of 1 / 127 of about four deviations, int4 one of 1 / 15 of what 32 of them span, four
deviations too: a step's error is its width by √12, 0.08 of a deviation."""
WHOLE: dict[Format, float] = {"fp32": 4, "fp16": 4, "bf16": 4, "int8": 4, "int4": 5}
"""How many times that the scores of a whole network may be apart: int4's errors are large enough to multiply."""
SHAPE = {"layers": 2, "heads": 4, "width": 64, "block": 32, "vocabulary": 203}


def network(**more: Any) -> GPT:
    torch.manual_seed(3)
    made = GPT(gpt.Config(**(SHAPE | more))).eval()
    for parameter in made.parameters():  # as far from 0 as trained weights are
        parameter.data.mul_(3)
    return made


def share(found: torch.Tensor, right: torch.Tensor) -> float:
    return float((found.float() - right).norm() / right.norm())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rows", [1, 3, 4, 5, 16, 17, 64])
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_gives_what_linear_gives(format: Format, rows: int, bias: bool) -> None:
    torch.manual_seed(rows)
    linear = nn.Linear(96, 203, bias=bias)
    layer = Packed(linear.weight, linear.bias, format)
    x = torch.randn(1, rows, 96)
    with torch.no_grad():
        found, right = layer(x), linear(x)
    assert found.shape == right.shape and found.dtype == torch.float32
    assert share(found, right) < NEAR[format]


@pytest.mark.parametrize("format", FORMATS)
def test_the_pieces_of_a_wide_layer_join(format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "PIECE", 96 * 10)
    test_a_layer_gives_what_linear_gives(format, 40, True)


@pytest.mark.parametrize("format", FORMATS)
def test_its_weight_can_be_looked_at(format: Format) -> None:
    linear = nn.Linear(96, 64)
    layer = Packed(linear.weight, linear.bias, format)
    assert layer.weight.dtype == torch.float32
    assert share(layer.weight, linear.weight.detach()) < NEAR[format]
    assert layer.numel == 96 * 64 + 64


def test_rows_of_zeros_stay_zeros() -> None:
    weight = torch.randn(4, 32)
    weight[1] = 0
    numbers, scale = packed.quantised(weight)
    assert int(numbers[1].abs().max()) == 0 and bool(scale.isfinite().all())
    assert int(numbers.abs().max()) <= 127


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "more",
    [{}, {"tied": False}, {"positions": "rotary", "norm": "rmsnorm", "gated": True, "kv_heads": 2}],
    ids=["gpt2", "untied", "llama"],
)
def test_a_whole_network_is_near_and_keeps_its_cache(format: Format, more: dict[str, Any]) -> None:
    """Read at once and token by token, one row and three: the scores are those of fp32 to the format's rounding."""
    plain = network(**more)
    other = copy.deepcopy(plain)
    packed.pack(other, format)
    tokens = torch.randint(0, 203, (3, 20), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        right = plain(tokens)
        assert share(other(tokens), right) < WHOLE[format] * NEAR[format]
        for rows in (1, 3):
            cache = other.cache(rows)
            assert cache.keys.dtype == torch.float32
            parts = [other(tokens[:rows, :9], cache)]
            parts += [other(tokens[:rows, i : i + 1], cache) for i in range(9, 20)]
            assert share(torch.cat(parts, 1), right[:rows]) < WHOLE[format] * NEAR[format]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("tied", [True, False])
def test_sizes_count_what_was_learned_and_what_is_held(format: Format, tied: bool) -> None:
    plain = network(tied=tied)
    numbers, whole = packed.sizes(plain)
    assert whole == 4 * numbers and packed.format_of(plain) == "fp32"
    packed.pack(plain, format)
    after, held = packed.sizes(plain)
    assert after == numbers and packed.format_of(plain) == format
    if not tied and format != "fp32":
        assert held < whole * {"fp16": 0.8, "bf16": 0.6, "int8": 0.45, "int4": 0.45}[format]


def test_packed_twice_is_refused() -> None:
    one = network()
    packed.pack(one, "fp32")
    with pytest.raises(ValueError, match="already"):
        packed.pack(one, "int8")


def test_without_onednn_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "has_onednn", lambda: False)
    for format in ("fp32", "bf16"):
        test_a_layer_gives_what_linear_gives(format, 5, True)
        test_its_weight_can_be_looked_at(format)
