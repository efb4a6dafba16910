"""GPT as a torch module."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple, cast

import torch
from torch import nn
from torch.nn import functional as F

from jinjie.models import product
from jinjie.models.activation import activate
from jinjie.models.attention import rotary
from jinjie.models.attention.attend import attend, weigh
from jinjie.models.attention.cache import Cache
from jinjie.models.gpt.config import Config, Linear, Llama3


class Sight(NamedTuple):
    """What every layer must know of who sees whom: computed once, used by all."""

    angles: rotary.Angles | None
    causal: bool
    mask: torch.Tensor | None
    """(B, T, S), False where a query must not see a key."""


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
        self,
        tokens: torch.Tensor,
        cache: Cache | None = None,
        *,
        documents: torch.Tensor | None = None,
        counts: torch.Tensor | None = None,
        logits_for: Literal["all", "last"] = "all",
    ) -> torch.Tensor:
        """tokens (B, T), int64 → logits (B, T, V), or (B, 1, V) of the last position alone.

        With a cache, the tokens follow those that each of its rows holds, and are added to it; `counts` (B,) says how
        many of a row's T tokens are its own where the rest, on the right, is padding ("last" is then the last of its
        own). `documents` (B, T), ascending along T, numbers stretches of a row that must not see one another; each
        counts its positions from 0. So packed texts, and padding on either side, give what each gives alone.
        """
        hidden = self.hidden(tokens, cache, documents=documents, counts=counts)
        if logits_for == "all":
            return self.logits(hidden)
        if counts is None:
            return self.logits(hidden[:, -1:])
        own = counts.to(hidden.device) - 1
        return self.logits(hidden[torch.arange(len(hidden), device=hidden.device), own][:, None])

    def hidden(
        self,
        tokens: torch.Tensor,
        cache: Cache | None = None,
        *,
        documents: torch.Tensor | None = None,
        counts: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """tokens (B, T) → what the last layer made of each, (B, T, C), normalised and ready for `logits`.

        Raises ValueError when the tokens, with those in the cache, are more than the block.
        """
        x, sight = self._read(tokens, cache, documents, counts)
        for block in self.blocks:
            x = block(x, sight, cache)
        if cache is not None:
            cache.advance(tokens.shape[1] if counts is None else counts.cpu())
        return cast(torch.Tensor, self.norm(x))

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, T, C) → (B, T, V)."""
        if self.head is None:
            return F.linear(hidden, self.embed.weight)
        return cast(torch.Tensor, self.head(hidden))

    @property
    def unembedding(self) -> torch.Tensor:
        """The matrix (V, C) whose rows score the tokens."""
        return self.embed.weight if self.head is None else self.head.weight

    def weights(self, tokens: torch.Tensor, documents: torch.Tensor | None = None) -> Iterator[torch.Tensor]:
        """What every position looks at, for those who want to see it: (B, H, T, T) in fp32, layer by layer.

        One layer's at a time: all of GPT-2's over its whole block would take 600 MB.
        """
        x, sight = self._read(tokens, None, documents, None)
        for block in cast("list[Block]", list(self.blocks)):
            yield block.attention.weights(block.norm1(x), sight)
            x = block(x, sight, None)

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

    def _read(
        self,
        tokens: torch.Tensor,
        cache: Cache | None,
        documents: torch.Tensor | None,
        counts: torch.Tensor | None,
    ) -> tuple[torch.Tensor, Sight]:
        """Tokens and positions as the first block takes them, (B, T, C), and the rules of sight for all blocks."""
        time = tokens.shape[1]
        causal, mask = self.config.causal, None
        positions: torch.Tensor | None = None
        if cache is not None:
            if documents is not None or not causal:
                raise ValueError("a cache holds one text a row, of a causal model")
            longest = cache.longest + time if counts is None else int((cache.lengths + counts.cpu()).max())
            positions, mask = cache.positions(time), cache.sight(time)
            causal = mask is None
            positions = positions.clamp(max=self.config.block - 1)  # beyond is padding
        else:
            longest = time
            if documents is not None:
                positions = _within(documents)
                mask = documents[:, :, None] == documents[:, None, :]
        if self.config.window is not None and longest > self.config.window:
            mask = self._near(tokens, cache, positions, mask)
        if longest > self.config.block:
            raise ValueError(f"{longest} tokens are more than the block of {self.config.block}")
        x = self.embed(tokens)
        if positions is None:
            positions = torch.arange(time, device=x.device)
        angles = None
        if self.positions is not None:
            x = x + F.embedding(positions, self.positions.weight)
        else:
            rates = self._rates(x.device)
            angles = rotary.angles(positions, rates, x.dtype)
        return self.dropout(x), Sight(angles, causal, mask)

    def _near(
        self,
        tokens: torch.Tensor,
        cache: Cache | None,
        positions: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> torch.Tensor:
        """`mask` (B, T, S), or none yet, narrowed to the last `window` positions (Jiang et al. 2023, section 2)."""
        batch, time = tokens.shape
        places = torch.arange(time, device=tokens.device)
        keys = places
        if cache is not None and positions is not None:
            places = positions
            keys = torch.arange(min(cache.longest + time, cache.block), device=tokens.device)
        near = (places[..., None] - keys < (self.config.window or 0)).expand(batch, -1, -1)
        return near if mask is None else mask & near

    def _rates(self, device: torch.device) -> torch.Tensor:
        """By how much each pair of a head turns a position, (D/2,), stretched as the config says."""
        rates = rotary.rates(self.config.head_size, self.config.rope_theta, device)
        match self.config.rope_scaling:
            case Linear(factor=factor):
                return rotary.stretched(rates, factor)
            case Llama3() as how:
                return rotary.stretched_smoothly(rates, how.factor, how.low, how.high, how.original)
        return rates

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

    def forward(self, x: torch.Tensor, sight: Sight, cache: Cache | None) -> torch.Tensor:
        """(B, T, C) → (B, T, C)."""
        x = x + self.dropout(self.attention(self.norm1(x), sight, cache))
        return x + cast(torch.Tensor, self.dropout(self.feedforward(self.norm2(x))))


class Attention(nn.Module):
    """Causal self-attention: every head looks back over the text for what it needs."""

    def __init__(self, config: Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.heads = [config.heads, config.groups, config.groups]
        self.size = config.head_size
        qkv_bias, out_bias, _ = config.biases
        self.qkv = product.Linear(config.width, sum(self.heads) * self.size, bias=qkv_bias)
        self.q_norm = nn.RMSNorm(self.size, eps=config.norm_eps) if config.qk_norm else None
        self.k_norm = nn.RMSNorm(self.size, eps=config.norm_eps) if config.qk_norm else None
        self.out = product.Linear(config.heads * self.size, config.width, bias=out_bias)

    def forward(self, x: torch.Tensor, sight: Sight, cache: Cache | None) -> torch.Tensor:
        """(B, T, C) → (B, T, C)."""
        q, k, v = self._project(x, sight)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)
        mixed = attend(q, k, v, causal=sight.causal, sight=sight.mask)
        return cast(torch.Tensor, self.out(mixed.transpose(1, 2).flatten(2)))

    def weights(self, x: torch.Tensor, sight: Sight) -> torch.Tensor:
        """(B, T, C) → what each position of each head looks at, (B, H, T, T)."""
        q, k, _ = self._project(x, sight)
        return weigh(q, k, causal=sight.causal, sight=sight.mask)

    def _project(self, x: torch.Tensor, sight: Sight) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """q (B, H, T, D), k and v (B, Hkv, T, D), q and k turned where positions are rotary."""
        qkv = self.qkv(x).unflatten(-1, (sum(self.heads), self.size)).transpose(1, 2)
        q, k, v = qkv.split(self.heads, 1)
        if self.q_norm is not None and self.k_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        if sight.angles is not None:
            q, k = rotary.rotate(q, sight.angles), rotary.rotate(k, sight.angles)
        return q, k, v


class Feedforward(nn.Module):
    """f(xWᵀ)Vᵀ, or (f(xGᵀ) ∘ xWᵀ)Vᵀ when gated (Shazeer 2020, eq. 6): what a token makes of it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.activation = config.activation
        *_, bias = config.biases
        self.gate = product.Linear(config.width, config.hidden, bias=bias) if config.gated else None
        self.up = product.Linear(config.width, config.hidden, bias=bias)
        self.down = product.Linear(config.hidden, config.width, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, C) → (B, T, C)."""
        if self.gate is None:
            return cast(torch.Tensor, self.down(activate(self.up(x), self.activation)))
        return cast(torch.Tensor, self.down(activate(self.gate(x), self.activation) * self.up(x)))


def _norm(config: Config) -> nn.Module:
    if config.norm == "rmsnorm":
        return nn.RMSNorm(config.width, eps=config.norm_eps)
    return nn.LayerNorm(config.width, eps=config.norm_eps, bias=config.bias)


def _within(documents: torch.Tensor) -> torch.Tensor:
    """(B, T) numbers of documents → (B, T) places within them, each counted from 0."""
    places = torch.arange(documents.shape[1], device=documents.device).expand_as(documents)
    begins = torch.ones_like(documents, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    return places - torch.where(begins, places, 0).cummax(1).values
