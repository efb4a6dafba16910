"""A residual network as a torch module."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn
from torch.nn import functional as F

from jinjie.models.pictures import BatchNorm, convolution, folded
from jinjie.models.resnet.config import Config, Unit


class ResNet(nn.Module):
    """Stem, residual units, the mean over the picture (or the whole of it), head."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.shape = (config.known("channels"), config.known("height"), config.known("width"))
        self.stem = nn.Sequential(
            convolution(self.shape[0], config.stages[0], 3), BatchNorm(config.stages[0])
        )
        self.pool = _pooling(config.pool)
        self.units = nn.Sequential(*(Residual(unit, config.projects(unit)) for unit in config.plan()))
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.features, config.known("outputs"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C·H·W), or (B, C, H, W), → (B, outputs)."""
        hidden = self.units(self.pool(F.relu(self.stem(folded(x, *self.shape)))))
        seen = hidden.flatten(1) if self.config.whole else hidden.mean((2, 3))
        return cast(torch.Tensor, self.head(self.dropout(seen)))


class Residual(nn.Module):
    """y = relu(x + F(x)), F = norm·conv·relu·norm·conv (He et al. 2016, eq. 1 and 2); x may be pooled before."""

    def __init__(self, unit: Unit, projects: bool) -> None:
        super().__init__()
        self.unit = unit
        self.pool = _pooling(unit.halves and unit.pools)
        self.branch = nn.Sequential(
            convolution(unit.inputs, unit.outputs, 3, unit.stride),
            BatchNorm(unit.outputs),
            nn.ReLU(),
            convolution(unit.outputs, unit.outputs, 3),
            BatchNorm(unit.outputs),
        )
        self.project = (
            nn.Sequential(convolution(unit.inputs, unit.outputs, 1, unit.stride), BatchNorm(unit.outputs))
            if projects
            else None
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, inputs, H, W) → (B, outputs, H, W), or half as high and wide, rounded up, where the unit halves."""
        x = self.pool(x)
        return F.relu(self.around(x) + self.branch(x))

    def around(self, x: torch.Tensor) -> torch.Tensor:
        """The input itself, or in the shape of the output: projected (option B), or with zeros added (option A)."""
        if self.project is not None:
            return cast(torch.Tensor, self.project(x))
        stride, new = self.unit.stride, self.unit.outputs - self.unit.inputs
        if stride == 1 and new == 0:
            return x
        # Fewer channels than before: the first ones go on.
        return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, new))


def _pooling(pools: bool) -> nn.Module:
    """2×2 max-pooling that pools the last row and column of an odd number too, or nothing."""
    return nn.MaxPool2d(2, ceil_mode=True) if pools else nn.Identity()
