"""LoRA: a frozen linear map learns through two thin matrices beside it (Hu et al. 2021).

Knows no family: it stands beside every linear map inside a network's blocks. The map keeps its name and its weights'
names, so that weights are read into a network before or after; merging adds the product to the weight and is exact to
rounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional as F

DOWN, UP = "lora_down", "lora_up"


class Adapted(nn.Linear):
    """y = xWᵀ + b + (α/r)·(xAᵀ)Bᵀ with A (r, in), B (out, r); A drawn as torch draws W, B = 0 (section 4.1)."""

    def __init__(self, linear: nn.Linear, rank: int, alpha: float) -> None:
        nn.Module.__init__(self)  # W and b are the linear map's own: nothing is drawn for them
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        self.scale = alpha / rank
        self.lora_down = nn.Parameter(linear.weight.new_empty(rank, linear.in_features))
        self.lora_up = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_down, a=math.sqrt(5))

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(…, in) → (…, out)."""
        beside = F.linear(F.linear(input, self.lora_down), self.lora_up)
        return F.linear(input, self.weight, self.bias) + self.scale * beside


def adapt(network: nn.Module, rank: int, alpha: float) -> int:
    """Stand LoRA beside every linear map inside the network's `blocks`; how many there are.

    A's values are drawn from torch's generator as it stands.
    """
    blocks = getattr(network, "blocks", None)
    found = 0
    for parent in () if blocks is None else list(blocks.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and not isinstance(child, Adapted):
                setattr(parent, name, Adapted(child, rank, alpha))
                found += 1
    return found


def merged(network: nn.Module, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A network's weights without adapters: W + (α/r)·BA where there were any."""
    plain = {name: tensor for name, tensor in weights.items() if name.rpartition(".")[2] not in (DOWN, UP)}
    for place, module in network.named_modules():
        if isinstance(module, Adapted):
            down, up = weights[f"{place}.{DOWN}"], weights[f"{place}.{UP}"]
            weight = plain[f"{place}.weight"]
            plain[f"{place}.weight"] = (weight.float() + module.scale * (up.float() @ down.float())).to(
                weight.dtype
            )
    return plain
