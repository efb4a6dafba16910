"""Choosing the next token from a model's scores.

The filters apply in one order: temperature, then top-k, then top-p.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinjie.base.config import Config, option
from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")


class Sampling(Config):
    """How freely tokens are drawn, and how many."""

    temperature: float = option(
        1.0,
        "divides the scores: below 1 safer, above 1 bolder, 0 always the likeliest token",
        "分数除以它：小于 1 更稳妥，大于 1 更大胆，0 则总取最可能的词元",
        ge=0,
        le=100,
    )
    top_k: int | None = option(
        None, "draw from the k likeliest tokens only", "只从最可能的 k 个词元中选取", ge=1
    )
    top_p: float | None = option(
        None,
        "draw from the fewest tokens that together have this probability",
        "只从累计概率达到 p 的最少词元中选取",
        gt=0,
        le=1,
    )
    max_tokens: int = option(256, "most tokens to write", "最多写多少个词元", ge=1)
    seed: int = option(0, "decides every random choice", "决定全部随机选择的种子", ge=0)


def choose(logits: torch.Tensor, sampling: Sampling, generator: torch.Generator) -> torch.Tensor:
    """logits (B, V) → the next token of each text, (B,), on the CPU.

    The draw is on the CPU in fp32 wherever the model is, so that one seed gives one text on every device (as far as
    the scores agree). At temperature 0 it is the likeliest token, the first of equals, and nothing is drawn.
    """
    if sampling.temperature == 0:
        return logits.argmax(-1).cpu()
    probabilities = filtered(logits.float().cpu(), sampling).softmax(-1)
    return torch.multinomial(probabilities, 1, generator=generator).squeeze(1)


def filtered(logits: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """logits (B, V) divided by the temperature, which must not be 0, and −∞ where top-k and top-p shut a token out."""
    # Taking the maximum off first keeps the division finite at any temperature and changes no probability.
    logits = (logits - logits.amax(-1, keepdim=True)) / sampling.temperature
    if sampling.top_k is not None and sampling.top_k < logits.shape[-1]:
        logits = top_k(logits, sampling.top_k)
    if sampling.top_p is not None and sampling.top_p < 1:
        logits = top_p(logits, sampling.top_p)
    return logits


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k highest scores of each row of (B, V), the first ones where scores tie (Fan et al. 2018)."""
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., k:], float("-inf"))


def top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep the fewest likeliest tokens of each row of (B, V) whose probabilities reach p (Holtzman et al. 2020).

    The likeliest token always stays.
    """
    order = logits.argsort(dim=-1, descending=True, stable=True)
    probabilities = logits.gather(-1, order).softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    # Rounding may leave a little before the first token too: it stays whatever p is.
    out = (before >= p) & (torch.arange(logits.shape[-1], device=logits.device) > 0)
    return logits.masked_fill(torch.zeros_like(out).scatter(-1, order, out), float("-inf"))
