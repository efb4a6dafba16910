"""A linear model as a torch module."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from jinjie.models.linear.config import Config


class Linear(nn.Module):
    """y = xWᵀ + b. Weights begin uniform in ±1/√inputs, torch's own choice for a linear layer."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.head = nn.Linear(config.known("inputs"), config.known("outputs"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, …) with `inputs` numbers an example → (B, outputs)."""
        return cast(torch.Tensor, self.head(x.flatten(1)))
