"""softmax(QKᵀ/√D)V (Vaswani et al. 2017, eq. 1), by whichever of two paths is quicker where it runs.

There is no dropout on the attention weights, on any device. On CPU it makes torch's fused kernel two to five
times slower, since that falls back to building every (T, S) matrix; and a recipe that had it on one kind of
device alone would train two different models. Residual dropout does the work instead.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from jinjie.models.attention.explicit import attend_explicitly

LONGEST = 2048
"""Up to this many keys the explicit path is about twice as quick for bf16 on CPU, or more. Longer was not measured, and
the (T, S) weights that it keeps for the backward pass grow with the square."""
FP32 = range(512, 1025)
"""How many queries and keys make the explicit path the quicker one in fp32 on CPU, by 15 % to a third. At 256 the
two are alike; beyond, it would keep more than it is worth."""


def attend(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, causal: bool, sight: torch.Tensor | None = None
) -> torch.Tensor:
    """For each query the mean of the values, weighted by how well its keys match: (B, H, T, D).

    q is (B, H, T, D); k and v are (B, Hkv, S, D), where each of the Hkv heads serves H/Hkv neighbouring query
    heads (Ainslie et al. 2023). With `causal`, the T queries are the last T of the S positions, and query i
    sees keys 0 … S − T + i; T < S when a cache holds what came before. `sight` (B, T, S), bool, narrows it further:
    False where a query must not see a key. Every query must see one key at least.
    """
    if explicit(q.device.type, q.dtype, q.shape[-2], k.shape[-2]):
        return attend_explicitly(q, k, v, causal=causal, sight=sight)
    time, keys = q.shape[-2], k.shape[-2]
    mask = None if sight is None else sight[:, None]
    plain = causal and time > 1
    if plain and (time < keys or mask is not None):
        # torch's own `is_causal` would align the queries with the first keys instead of the last.
        ahead = torch.ones(time, keys, dtype=torch.bool, device=q.device).tril(keys - time)
        mask, plain = ahead if mask is None else mask & ahead, False
    grouped = q.shape[1] != k.shape[1]
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=plain, enable_gqa=grouped)


def explicit(device: str, dtype: torch.dtype, queries: int, keys: int) -> bool:
    """Whether the explicit path is the quicker one: on CPU in bf16, where torch's fused kernel is slow, and at some
    lengths in fp32."""
    if device != "cpu":
        return False
    return (
        keys <= LONGEST
        if dtype == torch.bfloat16
        else queries in FP32 and keys in FP32 and dtype == torch.float32
    )


def weigh(
    q: torch.Tensor, k: torch.Tensor, *, causal: bool, sight: torch.Tensor | None = None
) -> torch.Tensor:
    """The weights themselves, softmax(QKᵀ/√D), (B, H, T, S) in fp32, for those who want to look; see `attend`."""
    time, keys = q.shape[-2], k.shape[-2]
    k = k.repeat_interleave(q.shape[1] // k.shape[1], 1)
    scores = q.float() @ k.float().transpose(-1, -2) * q.shape[-1] ** -0.5
    seen = torch.ones(time, keys, dtype=torch.bool, device=q.device)
    if causal:
        seen = seen.tril(keys - time)
    if sight is not None:
        seen = seen & sight[:, None]
    weights: torch.Tensor = scores.masked_fill(~seen, float("-inf")).softmax(-1)
    return weights
