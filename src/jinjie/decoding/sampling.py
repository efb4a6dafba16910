"""Choosing the next token from a model's scores.

What changes the scores does so in one order, which is that of transformers: bias, repetition penalty, frequency and
presence penalties, temperature, top-k, top-p, min-p. With the same settings the same distribution is left.

A row's draw takes one number from the row's own generator, so that what is written does not depend on which other
rows are served in the same batch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydantic import field_validator

from jinjie.base.config import Config, Wrong, option
from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")

_CANDIDATES = (512, 8192)
"""So many of the likeliest are looked at for the border of top-p before all 50,257 are sorted, in 0.2, 1 and 7 ms."""
_MARGIN = 1e-5
"""Sums of fp32 probabilities nearer to p than this are added up again in full, in transformers' order."""


class Sampling(Config):
    """How freely tokens are drawn, how many, and where the text ends."""

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
    min_p: float | None = option(
        None,
        "draw from tokens that have at least this share of the likeliest one's probability",
        "只从概率不低于最大概率乘以该值的词元中选取",
        ge=0,
        le=1,
    )
    repetition_penalty: float = option(
        1.0,
        "makes tokens of the prompt and the text so far less likely when above 1",
        "大于 1 时降低提示和已写文本中出现过的词元的概率",
        gt=0,
        le=100,
    )
    frequency_penalty: float = option(
        0.0,
        "taken off a token's score for each time it was written",
        "词元每写过一次，分数就减去该值",
        ge=-2,
        le=2,
    )
    presence_penalty: float = option(
        0.0,
        "taken off a token's score once it was written",
        "词元只要写过，分数就减去该值",
        ge=-2,
        le=2,
    )
    logit_bias: dict[int, float] = option(
        {}, "added to the scores of these tokens", "给这些词元的分数加上的值"
    )
    max_tokens: int = option(256, "most tokens to write", "最多写多少个词元", ge=1)
    stop: tuple[str, ...] = option(
        (), "words before which the text ends", "写到这些词就停止（不包含这些词本身）"
    )
    seed: int = option(0, "decides every random choice", "决定全部随机选择的种子", ge=0)
    beams: int = option(
        1,
        "texts that beam search follows at a time; above 1 nothing is drawn",
        "束搜索同时保留的文本数；大于 1 时不再随机选取",
        ge=1,
        le=100,
    )
    length_penalty: float = option(
        1.0,
        "beam search divides a text's log-probability by its length to this power: above 0 favours long texts",
        "束搜索把对数概率除以长度的这个次幂：大于 0 偏向长文本",
        ge=-10,
        le=10,
    )
    early_stopping: bool = option(
        False,
        "beam search ends as soon as there are as many finished texts as beams",
        "完成的文本数达到束宽时，束搜索立即结束",
    )

    @field_validator("stop")
    @classmethod
    def _are_words(cls, stop: tuple[str, ...]) -> tuple[str, ...]:
        if "" in stop:
            raise Wrong("decoding.empty_stop")
        return stop

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self.temperature == 0

    @property
    def penalises(self) -> bool:
        """Whether scores change before they are filtered."""
        return bool(
            self.repetition_penalty != 1 or self.frequency_penalty or self.presence_penalty or self.logit_bias
        )


class History(NamedTuple):
    """The token ids that penalties look at: what the text began with, and what was written since."""

    prompt: Sequence[int]
    written: Sequence[int]


class Distribution(NamedTuple):
    """The next token's probabilities, each (B, V): as the model gives them, and as they are drawn from."""

    before: torch.Tensor
    after: torch.Tensor


class Scored(NamedTuple):
    """The natural logarithm of a token's probability as the model gave it, and the likeliest tokens with theirs."""

    log_probability: float
    likeliest: list[tuple[int, float]]


def choose(
    logits: torch.Tensor,
    samplings: Sampling | Sequence[Sampling],
    generators: torch.Generator | Sequence[torch.Generator],
    histories: Sequence[History] | None = None,
) -> torch.Tensor:
    """logits (B, V) → the next token of each row, (B,), on the CPU.

    Settings and generators are one for each row, or one for all. Penalties need `histories`, one for each row.

    The draw is on the CPU in fp32 wherever the model is, so that one seed gives one text on every device (as far as
    the scores agree). At temperature 0 it is the likeliest token, the first of equals, and nothing is drawn.

    Raises JinjieError when a row's scores are no numbers, ValueError when penalties lack their histories.
    """
    rows = logits.shape[0]
    settings = _each(samplings, rows)
    if all(one.greedy and not one.penalises for one in settings):
        return _likeliest(logits).cpu()
    streams = [generators] * rows if isinstance(generators, torch.Generator) else generators
    # Row by row: what one row needs stays in the processor's cache, which is ten times as fast for GPT-2's vocabulary.
    tokens = []
    for row, (scores, one) in enumerate(zip(_wide(logits), settings, strict=True)):
        scores = _changed(scores, one, histories, row)
        if one.greedy:
            tokens.append(int(_likeliest(scores[None])))
        else:
            number = float(torch.rand((), generator=streams[row], dtype=torch.float64))
            tokens.append(_at(_narrowed(scores, one).softmax(-1), number))
    return torch.tensor(tokens)


def distribution(
    logits: torch.Tensor, sampling: Sampling, histories: Sequence[History] | None = None
) -> Distribution:
    """logits (B, V) → the probabilities before and after all that `sampling` does to them."""
    logits = _wide(logits)
    before = logits.softmax(-1)
    if not sampling.greedy:
        return Distribution(before, filtered(logits, sampling, histories).softmax(-1))
    scores = torch.stack([_changed(row, sampling, histories, i) for i, row in enumerate(logits)])
    return Distribution(before, torch.zeros_like(before).scatter(-1, _likeliest(scores)[:, None], 1.0))


def scored(logits: torch.Tensor, tokens: Sequence[int], counts: Sequence[int]) -> list[Scored]:
    """For each row of logits (B, V): how likely its token was, and its `counts` likeliest tokens, likeliest first.

    As the model gives them, before bias, penalties, temperature and filters.
    """
    likely = _wide(logits).log_softmax(-1)
    found = []
    for row, token, count in zip(likely, tokens, counts, strict=True):
        values, ids = row.topk(min(count, row.shape[0]))
        pairs = sorted(zip(ids.tolist(), values.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
        found.append(Scored(float(row[token]), pairs))
    return found


def filtered(
    logits: torch.Tensor, sampling: Sampling, histories: Sequence[History] | None = None
) -> torch.Tensor:
    """logits (B, V) with bias and penalties, divided by the temperature, which must not be 0; −∞ where a filter shuts a
    token out. Each row's highest is 0: the softmax is the distribution that is drawn from."""
    rows = enumerate(_wide(logits))
    return torch.stack([_narrowed(_changed(row, sampling, histories, i), sampling) for i, row in rows])


def penalised(logits: torch.Tensor, sampling: Sampling, history: History) -> torch.Tensor:
    """One row of scores (V,), fp32, with the bias added and the penalties taken off; a new tensor.

    Repetition (Keskar et al. 2019, section 4.1, with the sign minded as in transformers): scores above 0 of every token
    that stands in prompt or text are divided by the penalty, those below are multiplied. Frequency and presence, as
    OpenAI's API defines them, look at what was written alone: a score loses frequency times the token's count, and
    presence once. A bias for a token that the vocabulary lacks changes nothing.
    """
    scores = logits.clone()
    for token, bias in sampling.logit_bias.items():
        if 0 <= token < len(scores):
            scores[token] += bias
    if sampling.repetition_penalty != 1 and (history.prompt or history.written):
        seen = torch.tensor(sorted({*history.prompt, *history.written}))
        penalty, score = sampling.repetition_penalty, scores[seen]
        scores[seen] = torch.where(score < 0, score * penalty, score / penalty)
    if (sampling.frequency_penalty or sampling.presence_penalty) and history.written:
        counts = Counter(history.written)
        ids = torch.tensor(list(counts))
        times = torch.tensor(list(counts.values()), dtype=scores.dtype)
        scores[ids] -= sampling.frequency_penalty * times + sampling.presence_penalty
    return scores


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k highest scores of each row of (B, V), and those that equal the k-th (Fan et al. 2018)."""
    if k >= logits.shape[-1]:
        return logits
    return logits.masked_fill(logits < logits.topk(k).values[..., -1:], float("-inf"))


def top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep the fewest likeliest tokens of each row of (B, V) whose probabilities reach p (Holtzman et al. 2020).

    The likeliest token always stays; of equals at the border the first do.
    """
    return torch.stack([_nucleus(row, p) for row in logits])


def min_p(logits: torch.Tensor, share: float) -> torch.Tensor:
    """Keep tokens of (B, V) that have at least `share` of the likeliest one's probability (Nguyen et al. 2024)."""
    likely = logits.softmax(-1)
    return logits.masked_fill(likely < share * likely.amax(-1, keepdim=True), float("-inf"))


def _nucleus(scores: torch.Tensor, p: float) -> torch.Tensor:
    """`top_p` of one row (V,)."""
    total = scores.logsumexp(-1)
    for count in _CANDIDATES:
        if (border := _border(scores, total, p, count)) is not None:
            return scores.masked_fill(scores < border, float("-inf"))
    # From the least likely on, all whose probabilities add up to at most 1 − p go.
    order = scores.argsort(descending=True, stable=True).flip(-1)
    out = scores[order].softmax(-1).cumsum(-1) <= 1 - p
    out[-1] = False
    return scores.masked_fill(torch.zeros_like(out).scatter(-1, order, out), float("-inf"))


def _border(scores: torch.Tensor, total: torch.Tensor, p: float, count: int) -> torch.Tensor | None:
    """The lowest score that top-p keeps, where the `count` likeliest tokens leave no doubt about it."""
    values = scores.topk(min(count + 1, len(scores))).values
    likely = (values - total).exp()
    # The probability of all that is likelier: a token stays while that is below p.
    before = likely.cumsum(-1) - likely
    kept = max(1, int((before < p).sum()))
    if kept == len(values) or bool(((before - p).abs() <= _MARGIN).any()):
        return None
    # Of equals at the border some would stay and some go.
    return values[kept - 1] if bool(values[kept] < values[kept - 1]) else None


def _wide(logits: torch.Tensor) -> torch.Tensor:
    """On the CPU in fp32, or in fp64 when that is what they are."""
    return logits.cpu() if logits.dtype == torch.float64 else logits.float().cpu()


def _each(samplings: Sampling | Sequence[Sampling], rows: int) -> Sequence[Sampling]:
    return [samplings] * rows if isinstance(samplings, Sampling) else samplings


def _changed(
    scores: torch.Tensor, sampling: Sampling, histories: Sequence[History] | None, row: int
) -> torch.Tensor:
    """One row (V,) with its bias and penalties."""
    if not sampling.penalises:
        return scores
    if histories is None:
        raise ValueError("penalties look at what was read and written: give the rows' histories")
    return penalised(scores, sampling, histories[row])


def _narrowed(scores: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """One row (V,) divided by the temperature, −∞ where a filter shuts a token out."""
    # Dividing keeps the order, so that top-k may come first, where no rounding has made equals of unequal scores.
    if sampling.top_k is not None:
        scores = top_k(scores, sampling.top_k)
    # Taking the maximum off first keeps the division finite at any temperature and changes no probability.
    scores = (scores - scores.amax(-1, keepdim=True)) / sampling.temperature
    if sampling.top_p is not None and sampling.top_p < 1:
        scores = _nucleus(scores, sampling.top_p)
    if sampling.min_p:
        scores = min_p(scores, sampling.min_p)
    return scores


def _at(probabilities: torch.Tensor, number: float) -> int:
    """The token at which the sum of the probabilities (V,), in the vocabulary's order, passes a number of [0, 1) times
    the whole. Raises JinjieError when they are no numbers."""
    sums = probabilities.cumsum(-1, dtype=torch.float64)
    total = float(sums[-1])
    if not math.isfinite(total):
        raise JinjieError("decoding.not_finite")
    # Rounding must not carry a number as far as the total, which no sum passes.
    wanted = min(number * total, math.nextafter(total, 0.0))
    return int(torch.searchsorted(sums, wanted, right=True))


def _likeliest(logits: torch.Tensor) -> torch.Tensor:
    """(B, V) → (B,), the first of equals. Raises JinjieError when scores are no numbers."""
    tokens = logits.argmax(-1)
    # The largest of numbers one of which is none is that one.
    best = logits.gather(-1, tokens[:, None])
    if not bool((best.isfinite() | (best > 0)).all()):
        raise JinjieError("decoding.not_finite")
    return tokens
