"""A convolutional network as a torch module."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from jinjie.models.cnn.config import Block, Config
from jinjie.models.pictures import BatchNorm, convolution, folded


class CNN(nn.Module):
    """h ← pool(relu(norm(conv(h)))) for every block, then y = dropout(h)Wᵀ + b over all that is left of the picture."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.shape = (config.known("channels"), config.known("height"), config.known("width"))
        self.blocks = nn.Sequential(*(_block(block, config) for block in config.blocks()))
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.features, config.known("outputs"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C·H·W), or (B, C, H, W), → (B, outputs)."""
        hidden = self.blocks(folded(x, *self.shape))
        return cast(torch.Tensor, self.head(self.dropout(hidden.flatten(1))))


def _block(block: Block, config: Config) -> nn.Sequential:
    layers: list[nn.Module] = [convolution(block.inputs, block.outputs, config.kernel, bias=not config.norm)]
    if config.norm:
        layers.append(BatchNorm(block.outputs))
    return nn.Sequential(*layers, nn.ReLU(), nn.MaxPool2d(2))
