"""BERT as a torch module."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import nn
from torch.nn import functional as F

from jinjie.models import product
from jinjie.models.activation import activate
from jinjie.models.attention import rotary
from jinjie.models.attention.attend import attend
from jinjie.models.bert.config import Config
from jinjie.models.bert.table import Table

THETA = 10000.0
"""Base of the rotary wavelengths (Su et al. 2021)."""


class Read(NamedTuple):
    """What a BERT makes of a text; None where it has no such head."""

    hidden: torch.Tensor
    """What the last layer made of each token, (B, T, C)."""
    pooled: torch.Tensor | None
    """One vector a text, (B, C)."""
    masked: torch.Tensor | None
    """A score for every token that might stand at each place, (B, T, V)."""
    next_sentence: torch.Tensor | None
    """Scores, (B, 2): the second sentence follows the first; it does not."""
    scores: torch.Tensor | None = None
    """The head's: of the text, (B, K); of each token, (B, T, K); that a span begins and ends there, (B, T, 2)."""


class BERT(nn.Module):
    """Tokens in; out comes what stands for each of them, and what the heads say."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        vocabulary = config.known("vocabulary")
        self.embed = nn.Embedding(vocabulary, config.width)
        self.positions = nn.Embedding(config.block, config.width) if config.positions == "learned" else None
        self.types = nn.Embedding(config.types, config.width)
        self.norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.pooler = nn.Linear(config.width, config.width) if config.pooler else None
        self.masked = MaskedHead(config) if config.masked else None
        self.next_sentence = nn.Linear(config.width, 2) if config.next_sentence else None
        self.head = nn.Linear(config.width, config.scores) if config.head != "none" else None
        self.table = Table(config.table, config.scores) if config.table else None
        self._initialise()

    def forward(
        self,
        tokens: torch.Tensor,
        types: torch.Tensor | None = None,
        documents: torch.Tensor | None = None,
    ) -> Read:
        """tokens (B, T), int64 → all that it says of them.

        `types` (B, T) says which segment each token belongs to, the first when None. `documents` (B, T) numbers the
        stretches of a row that must not see each other; padding is one more of them. Positions count from the row's
        first token whatever stands there, as in BERT's own code.
        """
        hidden = self.hidden(tokens, types, documents)
        pooled = self.pooled(hidden, documents)
        return Read(
            hidden,
            pooled,
            None if self.masked is None else self.masked(hidden, self.embed.weight),
            None if self.next_sentence is None else self.next_sentence(pooled),
            None if self.head is None else _added(self._votes(tokens, hidden, pooled, documents)),
        )

    def hidden(
        self,
        tokens: torch.Tensor,
        types: torch.Tensor | None = None,
        documents: torch.Tensor | None = None,
        wanted: int | None = None,
    ) -> torch.Tensor:
        """tokens (B, T) → what the last layer made of each, (B, T, C), or of the first `wanted` alone.

        Raises ValueError when the tokens are more than the block.
        """
        time = tokens.shape[1]
        if time > self.config.block:
            raise ValueError(f"{time} tokens are more than the block of {self.config.block}")
        x, angles = self.embed(tokens), None
        if self.positions is not None:
            x = x + self.positions.weight[:time]
        else:
            rates = rotary.rates(self.config.head_size, THETA, x.device)
            angles = rotary.angles(torch.arange(time, device=x.device), rates, x.dtype)
        x = x + (self.types.weight[0] if types is None else self.types(types))
        x = self.dropout(self.norm(x))
        sight = None if documents is None else documents[:, :, None] == documents[:, None, :]
        for i, block in enumerate(self.blocks, 1):
            x = block(x, sight, angles, wanted if i == len(self.blocks) else None)
        return cast(torch.Tensor, x)

    def scores(
        self,
        tokens: torch.Tensor,
        types: torch.Tensor | None = None,
        documents: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """What the head says, (B, K) or (B, T, K), with no other head asked; a table's votes are added to it. Raises
        ValueError where there is no head."""
        return _added(self.votes(tokens, types, documents))

    def votes(
        self,
        tokens: torch.Tensor,
        types: torch.Tensor | None = None,
        documents: torch.Tensor | None = None,
    ) -> list[torch.Tensor]:
        """The head's scores, and a table's beside them where there is one. Raises ValueError where there is no head."""
        if self.head is None:
            raise ValueError("this BERT has no head for scores: its config says head=none")
        first = self.config.head == "text" and self.config.pooling == "first"
        hidden = self.hidden(tokens, types, documents, wanted=1 if first else None)
        return self._votes(tokens, hidden, self.pooled(hidden, documents), documents)

    def _votes(
        self,
        tokens: torch.Tensor,
        hidden: torch.Tensor,
        pooled: torch.Tensor | None,
        documents: torch.Tensor | None,
    ) -> list[torch.Tensor]:
        head = self._head(hidden, pooled, documents)
        return [head] if self.table is None else [head, self.table(tokens, documents)]

    def pooled(self, hidden: torch.Tensor, documents: torch.Tensor | None = None) -> torch.Tensor | None:
        """hidden (B, T, C) → one vector a text, (B, C): of what `pooling` says. None without a pooler."""
        return None if self.pooler is None else torch.tanh(self.pooler(self._whole(hidden, documents)))

    def _whole(self, hidden: torch.Tensor, documents: torch.Tensor | None) -> torch.Tensor:
        """hidden (B, T, C) → what stands for each text, (B, C): its first token, or the mean of those in document 0
        (Reimers & Gurevych 2019, section 3)."""
        if self.config.pooling == "first":
            return hidden[:, 0]
        if documents is None:
            return hidden.mean(1)
        inside = (documents == 0).to(hidden.dtype)[:, :, None]
        return (hidden * inside).sum(1) / inside.sum(1).clamp(min=1)

    def _head(
        self, hidden: torch.Tensor, pooled: torch.Tensor | None, documents: torch.Tensor | None
    ) -> torch.Tensor:
        """Dropout and one linear map (Devlin et al. 2018, section 4)."""
        assert self.head is not None
        if self.config.head == "text":
            hidden = self._whole(hidden, documents) if pooled is None else pooled
        return cast(torch.Tensor, self.head(self.dropout(hidden)))

    def _initialise(self) -> None:
        """Matrices normal with deviation 0.02, biases 0 (Devlin et al. 2018, their code), and a table's votes."""
        for name, parameter in self.named_parameters():
            if name.startswith("table."):
                nn.init.zeros_(parameter)
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)


def _added(votes: list[torch.Tensor]) -> torch.Tensor:
    return votes[0] if len(votes) == 1 else votes[0] + votes[1]


class Block(nn.Module):
    """x ← norm(x + attention(x)); x ← norm(x + feedforward(x))."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.activation = config.activation
        self.attention = Attention(config)
        self.norm1 = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.up = product.Linear(config.width, config.hidden)
        self.down = product.Linear(config.hidden, config.width)
        self.norm2 = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: torch.Tensor,
        sight: torch.Tensor | None,
        angles: rotary.Angles | None,
        wanted: int | None = None,
    ) -> torch.Tensor:
        """(B, T, C) → (B, T, C), or (B, W, C) of the first `wanted` tokens, which look at all; `sight` (B, T, T) is
        False where a token must not see another, `angles` are those of rotary positions."""
        x = self.norm1(x[:, :wanted] + self.dropout(self.attention(x, sight, angles, wanted)))
        made = self.down(activate(self.up(x), self.activation))
        return cast(torch.Tensor, self.norm2(x + self.dropout(made)))


class Attention(nn.Module):
    """Self-attention in both directions: every head looks over the whole text."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, self.size = config.heads, config.head_size
        self.qkv = product.Linear(config.width, 3 * config.width)
        self.out = product.Linear(config.width, config.width)

    def forward(
        self,
        x: torch.Tensor,
        sight: torch.Tensor | None,
        angles: rotary.Angles | None,
        wanted: int | None = None,
    ) -> torch.Tensor:
        """(B, T, C) → (B, T, C), or (B, W, C) of the first `wanted` tokens."""
        batch, time, width = x.shape
        qkv = self.qkv(x).view(batch, time, 3 * self.heads, self.size).transpose(1, 2)
        q, k, v = qkv.split(self.heads, 1)
        if angles is not None:
            q, k = rotary.rotate(q, angles), rotary.rotate(k, angles)
        sight = sight if sight is None else sight[:, :wanted]
        mixed = attend(q[:, :, :wanted], k, v, causal=False, sight=sight)
        return cast(torch.Tensor, self.out(mixed.transpose(1, 2).reshape(batch, -1, width)))


class MaskedHead(nn.Module):
    """norm(f(xWᵀ + b))Eᵀ + c with the word embedding E: what might stand in a masked place."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.activation = config.activation
        self.dense = nn.Linear(config.width, config.width)
        self.norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.known("vocabulary")))

    def forward(self, hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """hidden (…, C) and the embedding (V, C) → (…, V): any places, not only a whole row of them."""
        made = self.norm(activate(self.dense(hidden), self.activation))
        return F.linear(made, embedding, self.bias)
