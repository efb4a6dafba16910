"""Products of a matrix by whichever library in torch is the quicker one, and no pass over the result besides.

torch gives products in fp32 on a CPU to MKL. For 256 positions and GPT-2's vocabulary it reached 94 GFLOP/s on two
AMD cores where oneDNN, the other library in torch, reached 138. For layers of ordinary shape MKL was the quicker one,
and for the gradients too (docs/log.md): these stay with it. In bf16 everything goes to oneDNN already.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import register_flop_formula

from jinjie.base.machine import has_onednn

WORTH = 1e9
"""FLOPs of a product from which on there is a choice."""
MANY = 16
"""Times as many rows as columns make a matrix of very many."""


class Linear(nn.Linear):
    """xWᵀ + b, as `nn.Linear` gives it; in bf16 on a CPU oneDNN adds b while it multiplies.

    torch writes b into every row first and lets the product add to that: a fifth of the time of a product of 3,072
    rows, 384 wide, with 1,536 results each.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(…, in) → (…, out)."""
        if self.bias is None or not _adds_while_it_multiplies(input, self.weight):
            return super().forward(input)
        found: torch.Tensor = _Product.apply(input, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return found


class _Product(torch.autograd.Function):
    """Y = XWᵀ + b. With G the gradient of Y:   dX = GW,   dW = GᵀX,   db = the sum of G's rows."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return _onednn(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        x, weight = ctx.saved_tensors
        g = gradients[0].reshape(-1, len(weight))
        to_x, to_weight, to_bias = ctx.needs_input_grad
        return (
            (g @ weight).view(x.shape) if to_x else None,
            g.t() @ x.reshape(-1, x.shape[-1]) if to_weight else None,
            g.sum(0) if to_bias else None,
        )


def scores(hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """hidden (N, C), weight (V, C) → (N, V), to rounding what `F.linear` gives. Nothing is kept for a gradient."""
    return _onednn(hidden, weight, None) if by_onednn(hidden, weight) else F.linear(hidden, weight)


def by_onednn(hidden: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether oneDNN is there and the quicker one: fp32 on a CPU, and a matrix of very many rows."""
    return (
        hidden.dtype == weight.dtype == torch.float32
        and hidden.device.type == "cpu"
        and len(weight) >= MANY * weight.shape[1]
        and 2 * hidden.numel() * len(weight) >= WORTH
        and has_onednn()
    )


def _adds_while_it_multiplies(x: torch.Tensor, weight: torch.Tensor) -> bool:
    return (
        x.dtype == weight.dtype == torch.bfloat16
        and x.device.type == "cpu"
        and x.numel() > 0
        and has_onednn()
        and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


def _onednn(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    by_onednn: Any = torch.ops.mkldnn._linear_pointwise
    return cast(torch.Tensor, by_onednn(x, weight, bias, "none", [], ""))


def _flops(x: Sequence[int], weight: Sequence[int], *_: Any, **__: Any) -> int:
    """Two for each number of x and row of W."""
    return 2 * math.prod(x) * weight[0]


if has_onednn():  # torch's counter knows its products by name, and this one it does not know
    register_flop_formula(torch.ops.mkldnn._linear_pointwise)(_flops)
