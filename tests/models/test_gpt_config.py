"""A GPT on paper: counts that hold for any shape, and shapes that cannot be."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.config import build
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.models import gpt, linear, mlp

shapes = st.builds(
    lambda heads, groups, size, **rest: gpt.Config(
        heads=heads * groups, kv_heads=groups, width=heads * groups * size * 2, **rest
    ),
    heads=st.integers(1, 3),
    groups=st.integers(1, 3),
    size=st.integers(1, 4),
    vocabulary=st.integers(1, 40),
    block=st.integers(1, 20),
    layers=st.integers(1, 3),
    positions=st.sampled_from(["learned", "rotary"]),
    norm=st.sampled_from(["layernorm", "rmsnorm"]),
    activation=st.sampled_from(["gelu", "gelu-tanh", "silu", "relu", "relu2"]),
    gated=st.booleans(),
    feedforward=st.none() | st.integers(1, 50),
    bias=st.booleans(),
    tied=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_parameters_are_counted_exactly(config: gpt.Config) -> None:
    assert config.parameters() == sum(p.numel() for p in config.build().parameters())


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.lists(st.integers(1, 20), max_size=4))
def test_a_perceptrons_parameters_are_counted_exactly(inputs: int, outputs: int, hidden: list[int]) -> None:
    config = mlp.Config(inputs=inputs, outputs=outputs, hidden=tuple(hidden))
    assert config.parameters() == sum(p.numel() for p in config.build().parameters())


def test_gpt2s_published_size() -> None:
    """124,439,808: GPT-2 small as published, its tied head counted once."""
    config = gpt.Config(vocabulary=50257, block=1024, layers=12, heads=12, width=768)
    assert config.parameters() == 124_439_808


@settings(max_examples=15, deadline=None)
@given(shapes, st.integers(1, 3))
def test_flops_are_those_that_torch_counts(config: gpt.Config, batch: int) -> None:
    """torch's counter sees the matrix products that run: in bf16 on CPU these are all there is, attention included."""
    from torch.utils.flop_counter import FlopCounterMode

    model = config.build().bfloat16()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(batch, config.block, dtype=torch.int64))
    assert counter.get_total_flops() == config.flops(batch)


@pytest.mark.parametrize(
    ("values", "where", "says"),
    [
        ({"width": 30, "heads": 4}, "heads", "divides it"),
        ({"width": 32, "heads": 4, "kv_heads": 3}, "kv_heads", "divisor of 4"),
        ({"width": 12, "heads": 4, "positions": "rotary"}, "positions", "even size, not 3"),
    ],
)
def test_impossible_shapes_are_named(values: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        build(gpt.Config, values)
    assert [problem.where for problem in caught.value.problems] == [where]
    assert says in caught.value.in_("en")


def test_all_impossible_things_come_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        build(gpt.Config, {"width": 30, "heads": 4, "layers": 0, "dropout": 1.5})
    assert {problem.where for problem in caught.value.problems} == {"heads", "layers", "dropout"}


def test_open_sizes_come_from_the_data() -> None:
    config = linear.Config(inputs=3).fitted({"inputs": 9, "outputs": 2, "vocabulary": 7})
    assert (config.inputs, config.outputs) == (3, 2)
    assert gpt.Config().fitted({"vocabulary": 7}).vocabulary == 7


@pytest.mark.parametrize("config", [gpt.Config(), linear.Config(inputs=2), mlp.Config(outputs=2)])
def test_a_size_that_nobody_settled_is_asked_for(config: gpt.Config | linear.Config | mlp.Config) -> None:
    for ask in (config.parameters, config.build):
        with pytest.raises(JinjieError, match="set model"):
            ask()
