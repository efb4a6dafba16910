import torch


def heads(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, H: int) -> torch.Tensor:
    """Causal self-attention with H heads side by side.

    q, k, v (B, T, C)  queries, keys and values of all heads: head h has the channels h·D … (h+1)·D − 1, D = C / H

    Returns what the heads bring, in the same order, (B, T, C).
    """
    raise NotImplementedError
