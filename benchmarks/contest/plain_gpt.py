"""A GPT as a tutorial writes it: plain PyTorch in fp32, torch's own attention, loss and AdamW."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """x ← x + attention(norm(x)); x ← x + feedforward(norm(x))."""

    def __init__(self, shape: Mapping[str, int]) -> None:
        super().__init__()
        width, self.heads = shape["width"], shape["heads"]
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, time, width = x.shape
        heads = (part.view(batch, time, self.heads, -1).transpose(1, 2) for part in self.project(x))
        mixed = F.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.mix(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.narrow(F.gelu(self.widen(self.norm_2(x)), approximate="tanh"))

    def project(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.qkv(self.norm_1(x)).chunk(3, -1)


class GPT(nn.Module):
    """GPT-2's blocks. `shape` has layers, heads, width, block and vocabulary."""

    def __init__(self, shape: Mapping[str, int]) -> None:
        super().__init__()
        self.tokens = nn.Embedding(shape["vocabulary"], shape["width"])
        self.places = nn.Embedding(shape["block"], shape["width"])
        self.blocks = nn.Sequential(*(Block(shape) for _ in range(shape["layers"])))
        self.norm = nn.LayerNorm(shape["width"])
        self.head = nn.Linear(shape["width"], shape["vocabulary"], bias=False)
        self.head.weight = self.tokens.weight
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif weight.ndim == 2:
                added = name.endswith(("mix.weight", "narrow.weight"))
                nn.init.normal_(weight, std=0.02 / (math.sqrt(2 * shape["layers"]) if added else 1))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The mean loss in nats of x (B, T), token ids, against y (B, T), the ids one place later."""
        hidden = self.tokens(x) + self.places(torch.arange(x.shape[1]))
        logits = self.head(self.norm(self.blocks(hidden)))
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())


def adamw(model: nn.Module, lr: float, betas: tuple[float, float]) -> torch.optim.AdamW:
    """Matrices decay by 0.1, vectors do not."""
    decayed = [weight for weight in model.parameters() if weight.ndim >= 2]
    others = [weight for weight in model.parameters() if weight.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=betas)


def step(model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor) -> float:
    """One step, the gradient clipped at 1: the loss before it."""
    loss = model(x, y)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.item())
