"""Weights of four bits for writing text: an integer of 0 … 15 each, and for every 32 of them a scale and a middle.

A row of a matrix is cut into groups; in each W ≈ s (q − 8) + z, with s and z such that the group's smallest number is
0 and its largest 15 (asymmetric rounding to nearest; groups: Shen et al. 2020, Q-BERT). With s and z in bf16 that makes
five bits a weight. Nothing is calibrated by texts. torch's kernel widens the integers as it multiplies, and
takes rows in bf16; it is for few rows, and for many about as quick as products of fp32.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch.nn import functional as F

GROUP = 32
"""Neighbours of a row that have a scale of their own: the fewest that torch's kernel takes."""
BLOCK = 64
"""Rows that the kernel multiplies at a time: a matrix is filled up to a multiple with rows of zeros, since the kernel
reads beyond the end of one that is not."""
PIECE = 1 << 20
"""Weights that are rounded at a time, which stay in the processor's cache: five times as quick as all at once."""
BITS = 4
STEPS = 2**BITS - 1


def quantised(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """W (out, in) → the integers as the kernel reads them, uint8, and s and z, bf16 (in / 32, out, 2); both filled up
    with zeros to whole groups and blocks."""
    rows = max(BLOCK, PIECE // weight.shape[1] // BLOCK * BLOCK)
    pieces = [_quantised(piece) for piece in torch.split(weight.detach(), rows)]
    return torch.cat([integers for integers, _ in pieces]), torch.cat([pairs for _, pairs in pieces], 1)


def _quantised(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    out, inputs = weight.shape
    filled = F.pad(weight.float(), (0, -inputs % GROUP, 0, -out % BLOCK))
    groups = filled.view(len(filled), -1, GROUP)
    low, high = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
    # The integers are chosen for s and z as the kernel has them, so that rounding those costs nothing more.
    scale = ((high - low) / STEPS).bfloat16().float()
    middle = ((low + high + scale) / 2).bfloat16().float()  # of 16 integers 8 is half a step above the middle
    # Where all of a group is alike its scale is 0, and its middle says it all.
    steps = (groups - middle) / scale.clamp_min(torch.finfo(torch.float32).tiny)
    integers = (steps + (STEPS + 1) / 2).round().clamp(0, STEPS).int().flatten(1)
    pairs = torch.cat([scale, middle], -1).transpose(0, 1).contiguous().bfloat16()
    return torch._convert_weight_to_int4pack_for_cpu(integers, 1), pairs


def multiply(rows: torch.Tensor, integers: torch.Tensor, pairs: torch.Tensor, out: int) -> torch.Tensor:
    """xWᵀ in bf16, (N, out), of rows x (N, in): summed in fp32 and rounded once."""
    inputs = len(pairs) * GROUP
    half = rows.bfloat16()
    if half.shape[1] < inputs:
        half = F.pad(half, (0, inputs - half.shape[1]))
    by_kernel: Any = torch.ops.aten._weight_int4pack_mm_for_cpu
    found = cast(torch.Tensor, by_kernel(half.contiguous(), integers, GROUP, pairs))
    return found if found.shape[1] == out else found[:, :out]


def widened(integers: torch.Tensor, pairs: torch.Tensor, out: int, inputs: int) -> torch.Tensor:
    """W (out, in) in fp32, as the integers stand for it, to bf16's rounding: what the kernel makes of each unit row."""
    return multiply(torch.eye(inputs), integers, pairs, out).t().float()
