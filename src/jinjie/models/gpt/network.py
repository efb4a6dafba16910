"""GPT as a torch module."""

from __future__ import annotations

import math
from typing import Literal, cast

import torch
from torch import nn
from torch.nn import functional as F

from jinjie.models.attention import rotary
from jinjie.models.attention.attend import attend
from jinjie.models.attention.cache import Cache
from jinjie.models.gpt.config import Config


class GPT(nn.Module):
    """Tokens in, a score for every possible next token out."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        vocabulary = config.known("vocabulary")
        self.embed = nn.Embedding(vocabulary, config.width)
        self.positions = nn.Embedding(config.block, config.width) if config.positions == "learned" else None
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = _norm(config)
        self.head = None if config.tied else nn.Linear(config.width, vocabulary, bias=False)
        self._initialise()

    def forward(
        self, tokens: torch.Tensor, cache: Cache | None = None, *, logits_for: Literal["all", "last"] = "all"
    ) -> torch.Tensor:
        """tokens (B, T), int64 → logits (B, T, V), or (B, 1, V) of the last position alone.

        With a cache, the tokens follow those that it holds, and are added to it.
        """
        hidden = self.hidden(tokens, cache)
        return self.logits(hidden[:, -1:] if logits_for == "last" else hidden)

    def hidden(self, tokens: torch.Tensor, cache: Cache | None = None) -> torch.Tensor:
        """tokens (B, T) → what the last layer made of each, (B, T, C), normalised and ready for `logits`.

        Raises ValueError when the tokens, with those in the cache, are more than the block.
        """
        start = cache.length if cache is not None else 0
        time = tokens.shape[1]
        if start + time > self.config.block:
            raise ValueError(f"{start} + {time} tokens are more than the block of {self.config.block}")
        x = self.embed(tokens)
        angles = None
        if self.positions is not None:
            x = x + self.positions.weight[start : start + time]
        else:
            angles = rotary.angles(start, time, self.config.head_size, self.config.rope_theta, x)
        x = self.dropout(x)
        for block in self.blocks:
            x = block(x, angles, cache)
        if cache is not None:
            cache.advance(time)
        return cast(torch.Tensor, self.norm(x))

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, T, C) → (B, T, V)."""
        return F.linear(hidden, self.embed.weight if self.head is None else self.head.weight)

    def cache(self, batch: int = 1) -> Cache:
        """An empty cache for `batch` texts, in the precision and on the device of the weights."""
        config, weight = self.config, self.embed.weight
        return Cache(
            config.layers,
            batch,
            config.groups,
            config.block,
            config.head_size,
            dtype=weight.dtype,
            device=weight.device,
        )

    def _initialise(self) -> None:
        """GPT-2's: matrices normal with deviation 0.02, biases 0, and the projections that are added to the
        residual stream smaller by √(2·layers), so that its variance does not grow with depth (Radford et al.
        2019, section 2.3)."""
        for name, parameter in self.named_parameters():
            if name.endswith(("out.weight", "down.weight")):
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * self.config.layers))
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)


class Block(nn.Module):
    """x ← x + attention(norm(x)); x ← x + feedforward(norm(x))."""

    def __init__(self, config: Config, layer: int) -> None:
        super().__init__()
        self.norm1 = _norm(config)
        self.attention = Attention(config, layer)
        self.norm2 = _norm(config)
        self.feedforward = Feedforward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor, angles: rotary.Angles | None, cache: Cache | None) -> torch.Tensor:
        """(B, T, C) → (B, T, C)."""
        x = x + self.dropout(self.attention(self.norm1(x), angles, cache))
        return x + cast(torch.Tensor, self.dropout(self.feedforward(self.norm2(x))))


class Attention(nn.Module):
    """Causal self-attention: every head looks back over the text for what it needs."""

    def __init__(self, config: Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.heads = [config.heads, config.groups, config.groups]
        self.size = config.head_size
        self.qkv = nn.Linear(config.width, sum(self.heads) * self.size, bias=config.bias)
        self.out = nn.Linear(config.width, config.width, bias=config.bias)

    def forward(self, x: torch.Tensor, angles: rotary.Angles | None, cache: Cache | None) -> torch.Tensor:
        """(B, T, C) → (B, T, C)."""
        batch, time, width = x.shape
        qkv = self.qkv(x).view(batch, time, sum(self.heads), self.size).transpose(1, 2)
        q, k, v = qkv.split(self.heads, 1)
        if angles is not None:
            q, k = rotary.rotate(q, angles), rotary.rotate(k, angles)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)
        mixed = attend(q, k, v, causal=True)
        return cast(torch.Tensor, self.out(mixed.transpose(1, 2).reshape(batch, time, width)))


class Feedforward(nn.Module):
    """f(xWᵀ)Vᵀ, or (f(xGᵀ) ∘ xWᵀ)Vᵀ when gated (Shazeer 2020, eq. 6): what a token makes of it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.activation = config.activation
        self.gate = nn.Linear(config.width, config.hidden, bias=config.bias) if config.gated else None
        self.up = nn.Linear(config.width, config.hidden, bias=config.bias)
        self.down = nn.Linear(config.hidden, config.width, bias=config.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, C) → (B, T, C)."""
        if self.gate is None:
            return cast(torch.Tensor, self.down(self._activate(self.up(x))))
        return cast(torch.Tensor, self.down(self._activate(self.gate(x)) * self.up(x)))

    def _activate(self, x: torch.Tensor) -> torch.Tensor:
        match self.activation:
            case "gelu":
                return F.gelu(x)
            case "gelu-tanh":
                return F.gelu(x, approximate="tanh")
            case "silu":
                return F.silu(x)
            case "relu2":
                return F.relu(x).square()


def _norm(config: Config) -> nn.Module:
    if config.norm == "rmsnorm":
        return nn.RMSNorm(config.width, eps=config.norm_eps)
    return nn.LayerNorm(config.width, eps=config.norm_eps, bias=config.bias)
