"""What networks of pictures share: folding a flat picture, and batch norm that computes in either precision."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


def folded(x: torch.Tensor, channels: int, height: int, width: int) -> torch.Tensor:
    """(B, C·H·W) → (B, C, H, W), the channels of a pixel side by side in memory, as CPUs convolve them fastest."""
    return x.reshape(-1, channels, height, width).contiguous(memory_format=torch.channels_last)


class BatchNorm(nn.BatchNorm2d):
    """γ·(x − μ) / √(σ² + ε) + β, for each channel over B, H and W (Ioffe & Szegedy 2015, algorithm 1).

    In training μ and σ² are the batch's own and are remembered as running means (share 0.1 of each new one); in
    evaluation the running means stand in. They, and the arithmetic, are fp32 also where weights and x are bf16.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = self.running_mean, self.running_var
        assert mean is not None and variance is not None and self.momentum is not None
        weight, bias = self.weight.to(mean.dtype), self.bias.to(mean.dtype)
        return F.batch_norm(x, mean, variance, weight, bias, self.training, self.momentum, self.eps)


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    """A convolution that keeps a picture's size (at stride 1), its weights drawn for ReLU (He et al. 2015, eq. 10)."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
