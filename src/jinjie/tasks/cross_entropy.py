"""The loss of a language model, worked out in pieces: the scores of all positions never exist at once.

At GPT-2's vocabulary the scores (B·T, V) of 1,024 tokens take 206 MB in fp32, and their gradient as much again. Here
each piece of positions gives its loss and its gradient at once, and its scores are forgotten.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from jinjie.models import product
from jinjie.tasks.language import IGNORED, SCORES

LOOKED_AT = 2**22
"""Most scores at once where no gradient is asked for, 16 MB in fp32: then a piece reads the head and writes nothing."""
FEW = 2**20
"""Up to so many scores torch's own loss is used, on all at once: it is quicker by a quarter of a millisecond."""


def cross_entropy(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean over positions of −log softmax(hidden · weightᵀ)[target], a scalar in fp32.

    hidden is (…, C), weight (V, C), targets (…) with IGNORED where there is nothing to predict. 0 when all are ignored.
    Equal to torch's cross-entropy of the whole scores to rounding.
    """
    flat, wanted = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    if not len(flat):
        return (flat.sum() + 0 * weight.sum()).float()
    if len(flat) * len(weight) <= FEW and bool((wanted != IGNORED).any()):
        return F.cross_entropy(F.linear(flat, weight).float(), wanted, ignore_index=IGNORED)
    mean: torch.Tensor = _InPieces.apply(flat, weight, wanted, torch.is_grad_enabled())  # type: ignore[no-untyped-call]
    return mean


class _InPieces(torch.autograd.Function):
    """With p = softmax(hWᵀ), e the target's one-hot row and n the positions that count:

    dL/dh = (p − e)W / n,   dL/dW = (p − e)ᵀh / n.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, wanted_later: bool
    ) -> torch.Tensor:
        """`wanted_later`: whether gradients are on. In here they never are, and weights ask for theirs in any case."""
        scored = targets != IGNORED
        share = 1 / max(1, int(scored.sum()))
        learns = wanted_later and any(ctx.needs_input_grad[:2])
        by_hidden = torch.empty_like(hidden) if learns else None
        pieces = _pieces(len(hidden), len(weight), SCORES if learns else LOOKED_AT)
        # Many roundings to bf16 would add up; a single piece is rounded once in any case.
        kept = weight.dtype if len(pieces) == 1 else torch.float32
        moves = learns and ctx.needs_input_grad[1]  # beside adapters the head stays as it is
        by_weight = torch.empty(weight.shape, dtype=kept, device=weight.device) if moves else None
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        for piece in pieces:
            scores = product.scores(hidden[piece], weight).float()
            wanted, counts = targets[piece].where(scored[piece], 0)[:, None], scored[piece][:, None]
            of_target = scores.gather(-1, wanted)
            # In its place, and the likeliest token gives what it was divided by: fewer looks at a large array than
            # a logsumexp and an exponential. Its probability is 1/V or more, so that the logarithm is finite.
            highest = scores.amax(-1, keepdim=True)
            p = torch.softmax(scores, -1, out=scores)
            whole = highest - p.amax(-1, keepdim=True).log_()
            total += ((whole - of_target) * counts).sum()
            if by_hidden is None:
                continue
            p.scatter_add_(-1, wanted, torch.full_like(of_target, -1))
            p[~scored[piece]] = 0
            gradient = p.to(hidden.dtype)
            torch.mm(gradient, weight, out=by_hidden[piece])
            if by_weight is not None:
                _add(by_weight, gradient.t(), hidden[piece], share, first=piece.start == 0)
        # Given away in `backward`, where nobody else must hold them for autograd to add to them in their place.
        ctx.gradients = by_hidden, by_weight
        ctx.share, ctx.dtype = share, weight.dtype
        return total * share

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        if ctx.gradients is None:
            raise RuntimeError(
                "this loss has given its gradient away: work it out anew before descending again"
            )
        (by_hidden, by_weight), ctx.gradients = ctx.gradients, None
        scale = gradients[0]
        if by_weight is not None and scale != 1:
            by_weight.mul_(scale)
        kept = None if by_weight is None else by_weight.to(ctx.dtype)
        return by_hidden.mul_(scale * ctx.share), kept, None, None


def _add(total: torch.Tensor, a: torch.Tensor, b: torch.Tensor, share: float, *, first: bool) -> None:
    """`total` plus share·ab; share·ab alone when it is the first to be added."""
    if total.dtype != a.dtype:
        (total.zero_() if first else total).add_(torch.mm(a, b), alpha=share)
    else:
        torch.addmm(total, a, b, beta=0 if first else 1, alpha=share, out=total)


def _pieces(positions: int, vocabulary: int, scores: int) -> list[slice]:
    """As few as may be, and alike in size: a small one at the end would cost nearly what a large one does."""
    most = max(1, scores // vocabulary)
    count = -(-positions // most)
    size = -(-positions // count)
    return [slice(i, min(i + size, positions)) for i in range(0, positions, size)]
