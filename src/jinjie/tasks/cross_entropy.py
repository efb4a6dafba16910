"""The loss of a language model, worked out in pieces: the scores of all positions never exist at once.

At GPT-2's vocabulary the scores (B·T, V) of 1,024 tokens take 206 MB in fp32, and their gradient as much again. Here
each piece of positions gives its loss and its gradient at once, and its scores are forgotten.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional as F

from jinjie.tasks.language import IGNORED

SCORES = 2**24
"""Most scores that exist at once: 64 MB in fp32."""
FEW = 2**20
"""Up to so many scores torch's own loss is used, on all at once: it is quicker by a quarter of a millisecond."""


def cross_entropy(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean over positions of −log softmax(hidden · weightᵀ)[target], a scalar in fp32.

    hidden is (…, C), weight (V, C), targets (…) with IGNORED where there is nothing to predict. 0 when all are ignored.
    Equal to torch's cross-entropy of the whole scores to rounding.
    """
    flat, wanted = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    if len(flat) * len(weight) <= FEW and bool((wanted != IGNORED).any()):
        return F.cross_entropy(F.linear(flat, weight).float(), wanted, ignore_index=IGNORED)
    mean: torch.Tensor = _InPieces.apply(flat, weight, wanted)  # type: ignore[no-untyped-call]
    return mean


class _InPieces(torch.autograd.Function):
    """With p = softmax(hWᵀ), e the target's one-hot row and n the positions that count:

    dL/dh = (p − e)W / n,   dL/dW = (p − e)ᵀh / n.
    """

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        scored = targets != IGNORED
        count = max(1, int(scored.sum()))
        learns = any(ctx.needs_input_grad[:2])
        by_hidden = torch.zeros_like(hidden) if learns else None
        pieces = list(_pieces(len(hidden), len(weight)))
        # Many roundings to bf16 would add up; a single piece is rounded once in any case.
        kept = weight.dtype if len(pieces) == 1 else torch.float32
        by_weight = torch.zeros(weight.shape, dtype=kept, device=weight.device) if learns else None
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        for piece in pieces:
            scores = F.linear(hidden[piece], weight).float()
            wanted, counts = targets[piece].where(scored[piece], 0)[:, None], scored[piece][:, None]
            whole = scores.logsumexp(-1, keepdim=True)
            total += ((whole - scores.gather(-1, wanted)) * counts).sum()
            if by_hidden is None or by_weight is None:
                continue
            # e^(score − whole − ln n) = p / n; where nothing is to be predicted, e^(−∞) = 0
            shift = (whole + math.log(count)).masked_fill_(~counts, float("inf"))
            gradient = scores.sub_(shift).exp_()
            gradient.scatter_add_(-1, wanted, counts / -count)
            gradient = gradient.to(hidden.dtype)
            torch.mm(gradient, weight, out=by_hidden[piece])
            by_weight += torch.mm(gradient.t(), hidden[piece])
        ctx.save_for_backward(by_hidden, by_weight)
        ctx.dtype = weight.dtype
        return total / count

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        by_hidden, by_weight = ctx.saved_tensors
        return by_hidden * gradients[0].to(by_hidden.dtype), (by_weight * gradients[0]).to(ctx.dtype), None


def _pieces(positions: int, vocabulary: int) -> list[slice]:
    size = max(1, SCORES // vocabulary)
    return [slice(i, min(i + size, positions)) for i in range(0, positions, size)]
