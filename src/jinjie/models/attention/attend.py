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


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, causal: bool) -> torch.Tensor:
    """For each query the mean of the values, weighted by how well its keys match: (B, H, T, D).

    q is (B, H, T, D); k and v are (B, Hkv, S, D), where each of the Hkv heads serves H/Hkv neighbouring query
    heads (Ainslie et al. 2023). With `causal`, the T queries are the last T of the S positions, and query i
    sees keys 0 … S − T + i; T < S when a cache holds what came before.
    """
    if explicit(q.device.type, q.dtype, k.shape[-2]):
        return attend_explicitly(q, k, v, causal=causal)
    time, keys = q.shape[-2], k.shape[-2]
    mask = None
    if causal and 1 < time < keys:
        # torch's own `is_causal` would align the queries with the first keys instead of the last.
        mask = torch.ones(time, keys, dtype=torch.bool, device=q.device).tril(keys - time)
    grouped = q.shape[1] != k.shape[1]
    return F.scaled_dot_product_attention(
        q, k, v, mask, is_causal=causal and time == keys > 1, enable_gqa=grouped
    )


def explicit(device: str, dtype: torch.dtype, keys: int) -> bool:
    """Whether the explicit path is the quicker one: bf16 on CPU, where torch's fused kernel is slow."""
    return device == "cpu" and dtype == torch.bfloat16 and keys <= LONGEST
