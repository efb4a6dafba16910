"""The nonlinearities: what stands in for a formula stays as near to it as is said."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from jinjie.models.activation import activate


def every_bf16(limit: float) -> torch.Tensor:
    """All numbers of bf16 between −limit and limit."""
    found = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    return found[found.abs() <= limit]


def test_gelu_by_tanh_in_bf16_is_its_formula_to_half_a_thousandth() -> None:
    """0.0005 between the two formulas, and what bf16 rounds: half of 1/128 of a number at most."""
    x = every_bf16(40.0)
    formula = F.gelu(x.double(), approximate="tanh")
    off = (activate(x, "gelu-tanh").double() - formula).abs()
    assert bool((off <= 0.0005 + formula.abs() / 256).all())
    assert off[(x < 0) & (formula.abs() < 0.1)].max() > 0.0003, "tails of the exact formula were expected"


def test_gelu_by_tanh_in_fp32_is_its_formula() -> None:
    x = torch.linspace(-6, 6, 997)
    torch.testing.assert_close(
        activate(x, "gelu-tanh").double(), F.gelu(x.double(), approximate="tanh"), rtol=0, atol=1e-6
    )
    assert (activate(x, "gelu-tanh") - activate(x, "gelu")).abs().max() > 0.0004


def test_its_gradient_in_bf16_is_the_formulas_to_a_hundredth() -> None:
    """The slopes of the two formulas differ by at most 0.003, and bf16 rounds slopes around 1 by 0.004."""
    x = every_bf16(8.0).requires_grad_()
    wide = x.detach().double().requires_grad_()
    (got,) = torch.autograd.grad(activate(x, "gelu-tanh").sum(), x)
    (expected,) = torch.autograd.grad(F.gelu(wide, approximate="tanh").sum(), wide)
    assert (got.double() - expected).abs().max() <= 0.01
