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
        out, kept = _forward(q, k, v, causal, hidden)
        ctx.save_for_backward(*kept)
        ctx.shapes = q.shape, k.shape
        ctx.causal = causal
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        k, v, *parts = ctx.saved_tensors
        q_shape, k_shape = ctx.shapes
        heads, scale = k_shape[1], q_shape[-1] ** -0.5
        chunks = _chunks(q_shape[-2], k_shape[-2], ctx.causal)
        dq = _room(gradients[0], q_shape)
        dk = dv = None
        # The last chunk first: it sees every key, so that what the others add finds its place.
        for (i, j, seen), rows, p in reversed(list(zip(chunks, parts[::2], parts[1::2], strict=True))):
            g = _grouped(gradients[0], heads, i, j)
            dp = torch.bmm(g, v[:, :seen].transpose(1, 2))
            ds = torch._softmax_backward_data(dp, p, -1, p.dtype)
            _put(dq, _product(ds, k[:, :seen], scale), heads, i, j)
            dv = _sum(dv, torch.bmm(p.transpose(1, 2), g))
            dk = _sum(dk, _product(ds.transpose(1, 2), rows, scale))
        return dq, cast(torch.Tensor, dk).view(k_shape), cast(torch.Tensor, dv).view(k_shape), None, None


def _forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool, hidden: torch.Tensor | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The output, and what its gradient needs: keys and values (B·Hkv, S, D), and for each chunk of queries these as
    (B·Hkv, H/Hkv · chunk, D) and their weights P as (B·Hkv, H/Hkv · chunk, keys seen)."""
    heads, scale = k.shape[1], q.shape[-1] ** -0.5
    flat_k, flat_v = k.flatten(0, 1), v.flatten(0, 1)
    out, kept = _room(q, q.shape), [flat_k, flat_v]
    for i, j, seen in _chunks(q.shape[-2], k.shape[-2], causal):
        rows = _grouped(q, heads, i, j)
        scores = _product(rows, flat_k[:, :seen].transpose(1, 2), scale)
        by_query = scores.view(len(q), -1, j - i, seen)
        if causal and j - i > 1:
            by_query[..., seen - (j - i) :].add_(_ahead(j - i, q))
        if hidden is not None:
            by_query.add_(hidden[:, None, i:j, :seen])
        p = torch.softmax(scores, -1)
        _put(out, torch.bmm(p, flat_v[:, :seen]), heads, i, j)
        kept += [rows, p]
    return out, kept


def _product(a: torch.Tensor, b: torch.Tensor, scale: float) -> torch.Tensor:
    """scale · AB, (N, M, K) and (N, K, L) → (N, M, L), in one pass over the result."""
    return torch.baddbmm(a.new_zeros(()), a, b, beta=0, alpha=scale)


def _room(like: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """An empty (B, H, T, D) in which a position's heads lie side by side, as the projection behind reads them."""
    batch, heads, time, size = shape
    return like.new_empty(batch, time, heads, size).transpose(1, 2)


def _chunks(time: int, keys: int, causal: bool) -> list[tuple[int, int, int]]:
    """(first query, one past the last, keys that these see)."""
    if not causal:
        return [(0, time, keys)]
    ends = [*range(CHUNK, time, CHUNK), time]
    return [(max(0, i), j, keys - time + j) for i, j in zip([0, *ends[:-1]], ends, strict=True)]


def _ahead(rows: int, like: torch.Tensor) -> torch.Tensor:
    """(rows, rows), for the last `rows` keys that as many queries see: −∞ where a key lies ahead, else 0."""
    full = torch.full((rows, rows), float("-inf"), dtype=like.dtype, device=like.device)
    return full.triu_(1)


def _grouped(x: torch.Tensor, kv_heads: int, i: int, j: int) -> torch.Tensor:
    """Queries i to j of (B, H, T, D), those of one key head under one another: (B·Hkv, H/Hkv · (j−i), D)."""
    batch, heads, _, size = x.shape
    return x[:, :, i:j].reshape(batch * kv_heads, heads // kv_heads * (j - i), size)


def _put(whole: torch.Tensor, part: torch.Tensor, kv_heads: int, i: int, j: int) -> None:
    """The inverse of `_grouped`: write a chunk's rows to their places in (B, H, T, D)."""
    batch, heads, _, size = whole.shape
    whole[:, :, i:j] = part.view(batch, heads, j - i, size)


def _sum(total: torch.Tensor | None, part: torch.Tensor) -> torch.Tensor:
    """Add a chunk's gradient to the keys that it saw, which are the first."""
    if total is None:
        return part
    total[:, : part.shape[1]] += part
    return total
