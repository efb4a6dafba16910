"""Rotary positions: queries and keys turn by an angle that grows with position (Su et al. 2021, eq. 34).

The two numbers turned together are half a head apart, as in Llama's published weights.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch


class Angles(NamedTuple):
    """cos and sin of every angle, each (T, D/2), or (B, 1, T, D/2) where rows stand at different positions."""

    cos: torch.Tensor
    sin: torch.Tensor


def rates(size: int, theta: float, device: torch.device) -> torch.Tensor:
    """By how much each pair of a head of `size` numbers turns a position: theta^(−2i/size), (D/2,), in fp32."""
    # In this order of operations, since published models were trained with it: another rounds the rates by 1e-7 of
    # them, which at position 10,000 is 1e-3 of a turn.
    return 1 / theta ** (torch.arange(0, size, 2, dtype=torch.float32, device=device) / size)


def stretched(rates: torch.Tensor, factor: float) -> torch.Tensor:
    """Rates (D/2,) for positions that lie `factor` times as close (Chen et al. 2023, section 2.3)."""
    return rates / factor


def stretched_smoothly(
    rates: torch.Tensor, factor: float, low: float, high: float, original: int
) -> torch.Tensor:
    """Rates (D/2,) of which the slow alone are stretched (Dubey et al. 2024; the formula is in Llama 3.1's code).

    A pair that turns fewer than `low` times within the `original` block goes `factor` times as slowly, one that turns
    more than `high` times as before, and one between takes a share of each, by how many times it turns.
    """
    turns = original / (2 * math.pi / rates)
    share = ((turns - low) / (high - low)).clamp(0, 1)
    return (1 - share) * rates / factor + share * rates


def angles(positions: torch.Tensor, rates: torch.Tensor, dtype: torch.dtype) -> Angles:
    """Angles of `positions`, (T,) or (B, T): position · rate.

    Worked out in fp32 whatever the arithmetic: bf16 cannot tell position 257 from 256.
    """
    angle = positions[..., None].float() * rates
    if positions.ndim == 2:
        angle = angle[:, None]
    return Angles(angle.cos().to(dtype), angle.sin().to(dtype))


def rotate(x: torch.Tensor, by: Angles) -> torch.Tensor:
    """(B, H, T, D) with each pair (xᵢ, xᵢ₊D/2) turned by its position's angle."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * by.cos - b * by.sin, b * by.cos + a * by.sin), -1)
