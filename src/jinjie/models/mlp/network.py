"""A multilayer perceptron as a torch module."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import nn

from jinjie.models.mlp.config import Activation, Config

ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
}


class MLP(nn.Module):
    """h ← dropout(f(hWᵀ + b)) for every hidden layer, then y = hWᵀ + b."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        *widths, outputs = config.widths
        layers: list[nn.Module] = []
        for inputs, neurons in pairwise(widths):
            layers += [nn.Linear(inputs, neurons), ACTIVATIONS[config.activation]()]
            if config.dropout:
                layers.append(nn.Dropout(config.dropout))
        self.hidden = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, …) with `inputs` numbers an example → (B, outputs)."""
        return cast(torch.Tensor, self.head(self.hidden(x.flatten(1))))
