"""Weights of four bits: near the weights to half a step, whatever their shape, and zeros stay zeros."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.models import int4


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(1, 150), st.floats(1e-3, 1e3), st.floats(-2, 2), st.integers(0, 9))
def test_each_weight_is_within_half_a_step(
    out: int, inputs: int, size: float, offset: float, seed: int
) -> None:
    """And the roundings of s, z and the result to bf16: each at most 2⁻⁸ of the largest."""
    torch.manual_seed(seed)
    weight = size * (torch.randn(out, inputs) + offset)
    integers, pairs = int4.quantised(weight)
    found = int4.widened(integers, pairs, out, inputs)
    assert found.shape == weight.shape and found.dtype == torch.float32
    filled = torch.nn.functional.pad(weight, (0, -inputs % int4.GROUP)).unflatten(1, (-1, int4.GROUP))
    step = (filled.amax(-1) - filled.amin(-1)) / 15
    allowed = step / 2 + 8 * filled.abs().amax(-1) * 2**-8
    error = torch.nn.functional.pad((found - weight).abs(), (0, -inputs % int4.GROUP))
    error = error.unflatten(1, (-1, int4.GROUP))
    assert bool((error.amax(-1) <= allowed).all())
    for ends in (
        filled.argmin(-1, keepdim=True),
        filled.argmax(-1, keepdim=True),
    ):  # are the first and last integer
        assert bool((error.gather(-1, ends)[..., 0] <= allowed - step / 2).all())


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 300])
@pytest.mark.parametrize(("out", "inputs"), [(1, 1), (64, 32), (65, 33), (50, 100), (203, 96)])
def test_a_product_is_that_of_the_widened_weights(rows: int, out: int, inputs: int) -> None:
    """To bf16's rounding of the rows and of the result, 2⁻⁸ each, and of the widened weights themselves."""
    torch.manual_seed(rows)
    integers, pairs = int4.quantised(torch.randn(out, inputs))
    x = torch.randn(rows, inputs)
    found = int4.multiply(x, integers, pairs, out).float()
    right = x @ int4.widened(integers, pairs, out, inputs).t()
    assert found.shape == (rows, out)
    assert float((found - right).norm()) <= 0.012 * float(right.norm())


def test_weights_that_are_all_alike_stay_what_they_are() -> None:
    """To bf16: zeros, and a constant; a group of such has no width."""
    for value in (0.0, 0.5, -3.0):
        integers, pairs = int4.quantised(torch.full((70, 64), value))
        assert torch.equal(int4.widened(integers, pairs, 70, 64), torch.full((70, 64), value))


def test_a_matrix_in_pieces_is_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = torch.randn(203, 96)
    whole = int4.quantised(weight)
    monkeypatch.setattr(int4, "PIECE", 96 * 70)
    for one, other in zip(whole, int4.quantised(weight), strict=True):
        assert torch.equal(one, other)


def test_five_bits_a_weight() -> None:
    integers, pairs = int4.quantised(torch.randn(256, 1024))
    assert integers.nbytes + pairs.nbytes == 256 * 1024 * 5 // 8
