"""The division is forgotten."""

import torch


def heads(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, H: int) -> torch.Tensor:
    B, T, C = q.shape
    D = C // H
    Q, K, V = (x.view(B, T, H, D).transpose(1, 2) for x in (q, k, v))
    scores = Q @ K.transpose(-2, -1)
    seen = torch.ones(T, T, dtype=torch.bool).tril()
    weights = scores.masked_fill(~seen, float("-inf")).softmax(dim=-1)
    return (weights @ V).transpose(1, 2).reshape(B, T, C)
