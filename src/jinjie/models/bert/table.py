"""A table beside the body that votes for every token, pair and triple of a text: wide and deep (Cheng et al. 2016)."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

BITS = 2**32 - 1
FACTORS = (0x7FEB352D, 0x46CA68B5)
NEXT = 0x1E3779B1
"""Odd, and small enough for a product with 32 bits to fit into 63."""


class Table(nn.Module):
    """Rows are shared by what has the same hash (Weinberger et al. 2009), and begin at 0: no vote."""

    def __init__(self, rows: int, scores: int) -> None:
        super().__init__()
        self.votes = nn.Embedding(rows, scores)

    def forward(self, tokens: torch.Tensor, documents: torch.Tensor | None = None) -> torch.Tensor:
        """tokens (B, T), int64 → the votes of those in document 0 of each row, added up, (B, K).

        Each counts 1/√n of the n that a text has: a long text is no surer than a short one.
        """
        inside = torch.ones_like(tokens) if documents is None else (documents == 0).long()
        rows, counts = _rows(tokens, inside, self.votes.num_embeddings)
        share = counts / counts.sum(1, keepdim=True).clamp(min=1).sqrt()
        votes = self.votes(rows)
        return cast(torch.Tensor, (votes * share[:, :, None].to(votes.dtype)).sum(1))


def _rows(tokens: torch.Tensor, inside: torch.Tensor, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Which rows the tokens, pairs and triples of (B, T) are told in, (B, 3 T − 3), and whether each counts."""
    one = _mixed(tokens + 1)
    pairs = _mixed(one[:, :-1] + NEXT * (tokens[:, 1:] + 1) & BITS)
    triples = _mixed(pairs[:, :-1] + NEXT * (tokens[:, 2:] + 1) & BITS)
    # documents fill a row from its left: a pair or a triple is inside where its last token is
    counts = torch.cat([inside, inside[:, 1:], inside[:, 2:]], 1)
    return torch.cat([one, pairs, triples], 1) % rows, counts


def _mixed(number: torch.Tensor) -> torch.Tensor:
    """32 bits of which each depends on all that came: numbers that lie near one another lie anywhere afterwards."""
    for factor, shift in zip(FACTORS, (16, 15), strict=True):
        number = (number ^ (number >> shift)) * factor & BITS
    return number ^ (number >> 16)
