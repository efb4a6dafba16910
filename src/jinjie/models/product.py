"""hWᵀ with very many rows in W, as for the scores of a whole vocabulary, by the library that is quicker at it.

torch gives products in fp32 on a CPU to MKL. For 256 positions and GPT-2's vocabulary it reached 94 GFLOP/s on two
AMD cores where oneDNN, the other library in torch, reached 138. For layers of ordinary shape MKL was the quicker one,
and for the gradients too (docs/log.md): these stay with it.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

WORTH = 1e9
"""FLOPs of a product from which on there is a choice."""
MANY = 16
"""Times as many rows as columns make a matrix of very many."""


def scores(hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """hidden (N, C), weight (V, C) → (N, V), to rounding what `F.linear` gives. Nothing is kept for a gradient."""
    if by_onednn(hidden, weight):
        found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(hidden, weight, None, "none", [], "")
        return found
    return F.linear(hidden, weight)


def by_onednn(hidden: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether oneDNN is there and the quicker one: fp32 on a CPU, and a matrix of very many rows."""
    return (
        hidden.dtype == weight.dtype == torch.float32
        and hidden.device.type == "cpu"
        and len(weight) >= MANY * weight.shape[1]
        and 2 * hidden.numel() * len(weight) >= WORTH
        and torch._C._has_mkldnn
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )
