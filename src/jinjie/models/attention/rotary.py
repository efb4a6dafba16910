"""Rotary positions: queries and keys turn by an angle that grows with position (Su et al. 2021, eq. 34).

The two numbers turned together are half a head apart, as in Llama's published weights.
"""

from __future__ import annotations

from typing import NamedTuple

import torch


class Angles(NamedTuple):
    """cos and sin of every angle, each (T, D/2)."""

    cos: torch.Tensor
    sin: torch.Tensor


def angles(start: int, time: int, size: int, theta: float, like: torch.Tensor) -> Angles:
    """Angles of positions start … start + time − 1 in heads of `size` numbers: position · theta^(−2i/size).

    Worked out in fp32 whatever the arithmetic: bf16 cannot tell position 257 from 256.
    """
    rates = theta ** (-torch.arange(0, size, 2, dtype=torch.float32, device=like.device) / size)
    positions = torch.arange(start, start + time, dtype=torch.float32, device=like.device)
    angle = torch.outer(positions, rates)
    return Angles(angle.cos().to(like.dtype), angle.sin().to(like.dtype))


def rotate(x: torch.Tensor, by: Angles) -> torch.Tensor:
    """(B, H, T, D) with each pair (xᵢ, xᵢ₊D/2) turned by its position's angle."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * by.cos - b * by.sin, b * by.cos + a * by.sin), -1)
