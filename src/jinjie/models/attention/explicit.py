"""Attention as plain matrix products with the backward pass written out.

On CPU the bf16 matrix units are fast, and torch's fused attention does not keep them busy at short lengths;
batched products do. Writing the backward pass out saves the copies that autograd makes for scale and mask.
"""

from __future__ import annotations

from typing import Any, cast

import torch

CHUNK = 128
"""Queries worked on at once; the keys that lie ahead of all of them are never multiplied."""


def attend_explicitly(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, causal: bool, sight: torch.Tensor | None = None
) -> torch.Tensor:
    """`attend` by matrix products: q (B, H, T, D); k, v (B, Hkv, S, D); sight (B, T, S) → (B, H, T, D)."""
    # −∞ added to a score takes a key out of sight; one dtype conversion serves all chunks.
    hidden = None
    if sight is not None:
        hidden = torch.zeros(sight.shape, dtype=q.dtype, device=q.device).masked_fill_(~sight, float("-inf"))
    if torch.is_grad_enabled() and (q.requires_grad or k.requires_grad or v.requires_grad):
        out: torch.Tensor = _Attention.apply(q, k, v, causal, hidden)  # type: ignore[no-untyped-call]
        return out
    return _forward(q, k, v, causal, hidden)[0]


class _Attention(torch.autograd.Function):
    """With P = softmax(QKᵀ/√D) and G the gradient of the output:

    dV = PᵀG,   dS = P ∘ (GVᵀ − rowsum(P ∘ GVᵀ)),   dQ = dS·K/√D,   dK = dSᵀ·Q/√D.
    """

    @staticmethod
    def forward(
        ctx: Any,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        causal: bool,
        hidden: torch.Tensor | None,
    ) -> torch.Tensor:
        out, weights = _forward(q, k, v, causal, hidden)
        ctx.save_for_backward(q, k, v, *weights)
        ctx.causal = causal
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        q, k, v, *weights = ctx.saved_tensors
        time, keys = q.shape[-2], k.shape[-2]
        scale = q.shape[-1] ** -0.5
        flat_k, flat_v = k.flatten(0, 1), v.flatten(0, 1)
        dq = torch.empty_like(q, memory_format=torch.contiguous_format)
        dk = dv = None
        for p, (i, j, seen) in zip(weights, _chunks(time, keys, ctx.causal), strict=True):
            g = _grouped(gradients[0], k.shape[1], i, j)
            dp = torch.bmm(g, flat_v[:, :seen].transpose(1, 2))
            ds = torch._softmax_backward_data(dp, p, -1, p.dtype)
            _put(dq, torch.bmm(ds, flat_k[:, :seen]).mul_(scale), k.shape[1], i, j)
            dv = _sum(dv, torch.bmm(p.transpose(1, 2), g), flat_v, seen)
            dk = _sum(
                dk, torch.bmm(ds.transpose(1, 2), _grouped(q, k.shape[1], i, j)).mul_(scale), flat_k, seen
            )
        return dq, cast(torch.Tensor, dk).view(k.shape), cast(torch.Tensor, dv).view(v.shape), None, None


def _forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool, hidden: torch.Tensor | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The output, and the weights P of each chunk of queries as (B·Hkv, H/Hkv · chunk, keys seen)."""
    time, keys = q.shape[-2], k.shape[-2]
    scale = q.shape[-1] ** -0.5
    groups = q.shape[1] // k.shape[1]
    flat_k, flat_v = k.flatten(0, 1), v.flatten(0, 1)
    out: torch.Tensor | None = None
    weights = []
    for i, j, seen in _chunks(time, keys, causal):
        rows = _grouped(q, k.shape[1], i, j)
        ahead = _ahead(j - i, seen, q) if causal and j - i > 1 else q.new_zeros(())
        bias = ahead.repeat(groups, 1) if ahead.ndim else ahead
        scores = torch.baddbmm(bias, rows, flat_k[:, :seen].transpose(1, 2), alpha=scale)
        if hidden is not None:
            scores.view(len(q), -1, j - i, seen).add_(hidden[:, None, i:j, :seen])
        p = torch.softmax(scores, -1)
        weights.append(p)
        part = torch.bmm(p, flat_v[:, :seen])
        if j - i == time:
            return part.view(q.shape), weights
        if out is None:
            out = torch.empty_like(q, memory_format=torch.contiguous_format)
        _put(out, part, k.shape[1], i, j)
    return cast(torch.Tensor, out), weights


def _chunks(time: int, keys: int, causal: bool) -> list[tuple[int, int, int]]:
    """(first query, one past the last, keys that these see)."""
    if not causal:
        return [(0, time, keys)]
    ends = [*range(CHUNK, time, CHUNK), time]
    return [(max(0, i), j, keys - time + j) for i, j in zip([0, *ends[:-1]], ends, strict=True)]


def _ahead(rows: int, seen: int, like: torch.Tensor) -> torch.Tensor:
    """(rows, seen): −∞ where a key lies ahead of its query, else 0; the last row sees every key."""
    full = torch.full((rows, seen), float("-inf"), dtype=like.dtype, device=like.device)
    return full.triu_(seen - rows + 1)


def _grouped(x: torch.Tensor, kv_heads: int, i: int, j: int) -> torch.Tensor:
    """Queries i to j of (B, H, T, D), those of one key head under one another: (B·Hkv, H/Hkv · (j−i), D)."""
    batch, heads, _, size = x.shape
    return x[:, :, i:j].reshape(batch * kv_heads, heads // kv_heads * (j - i), size)


def _put(whole: torch.Tensor, part: torch.Tensor, kv_heads: int, i: int, j: int) -> None:
    """The inverse of `_grouped`: write a chunk's rows to their places in (B, H, T, D)."""
    batch, heads, _, size = whole.shape
    whole[:, :, i:j] = part.view(batch, heads, j - i, size)


def _sum(total: torch.Tensor | None, part: torch.Tensor, like: torch.Tensor, seen: int) -> torch.Tensor:
    """Add a chunk's gradient to the keys that it saw."""
    if total is None and seen == like.shape[1]:
        return part
    if total is None:
        total = torch.zeros_like(like, memory_format=torch.contiguous_format)
    total[:, :seen] += part
    return total
