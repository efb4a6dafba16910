import math

import torch
from torch import nn


class LoRA(nn.Module):
    def __init__(self, base: nn.Linear, rank=8, alpha=16):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(rank))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.a.T @ self.b.T)


def wrap(model: nn.Module, names=("q_proj", "v_proj")):
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if name in names and isinstance(child, nn.Linear):
                setattr(module, name, LoRA(child))
    return model


def preference_loss(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    """DPO: the labels are in the order of the pair."""
    margin = beta * ((chosen - rejected) - (ref_chosen - ref_rejected))
    return -nn.functional.logsigmoid(margin).mean()
