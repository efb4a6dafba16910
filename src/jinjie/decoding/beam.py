"""Beam search: the likeliest texts found when the best few are followed at a time (Lowerre 1976).

Which texts are followed and when the search ends is transformers' rule, so that the same weights give the same text.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from jinjie.base.lazy import lazy
from jinjie.decoding.engine import check_prompt
from jinjie.decoding.sampling import History, Sampling, penalised

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")

_NEVER = -1e9
"""The score of what is no text (yet): finite, as in transformers, so that sums and comparisons go on."""


class Beam(NamedTuple):
    """One text that was found."""

    tokens: list[int]
    """What was written behind the prompt, without the token that ended it."""
    score: float
    """The logarithm of its probability (natural, the ending token's included) over its length to the length penalty."""
    ended: Literal["stop", "length"]


class _Finished(NamedTuple):
    score: float
    beam: Beam | None


def beam_search(
    model: nn.Module, prompt: list[int], sampling: Sampling, *, stop: Collection[int] = ()
) -> list[Beam]:
    """The best `sampling.beams` texts behind `prompt` that were found, the best first.

    A text is finished with a token of `stop` or after `max_tokens`. Each step weighs all continuations of the texts
    being followed by the sum of their tokens' log-probabilities (bias and penalties change those; temperature and
    filters do not) and follows the best. The search ends when there are as many finished texts as beams and, unless
    `early_stopping`, the best of those being followed is no better by its present length than the worst of them.

    The model is as `Engine` wants it; a text that outgrows the block is read anew from its last block/2 tokens.

    Raises InvalidInput when the prompt is empty or holds a token that the model lacks.
    """
    network = cast(Any, model)
    vocabulary, block = int(network.config.vocabulary), int(network.config.block)
    check_prompt(prompt, vocabulary)
    if model.training:
        raise ValueError("the model is in training mode: its dropout would spoil the text")
    search = _Search(prompt, sampling, frozenset(stop))
    with torch.no_grad():
        cache = network.cache(sampling.beams)
        device = next(model.parameters()).device
        first = torch.tensor([prompt[-block:]], device=device)
        logits = network(first, cache.rows(0, 1), logits_for="last")
        for row in range(1, sampling.beams):
            cache.copy(0, row)
        logits = logits.expand(sampling.beams, -1, -1)
        while search.step(logits[:, -1].float().cpu()):
            cache.reorder(search.parents)
            unread = 1
            if cache.longest == block:
                cache.clear()
                unread = max(1, block // 2)
            texts = [(prompt + written)[-unread:] for written in search.written]
            logits = network(torch.tensor(texts, device=device), cache, logits_for="last")
    return search.found()


class _Search:
    """The texts being followed and those that are finished, as many of each as there are beams."""

    def __init__(self, prompt: list[int], sampling: Sampling, stop: frozenset[int]) -> None:
        self.prompt, self.sampling, self.stop = prompt, sampling, stop
        count = sampling.beams
        self.written: list[list[int]] = [[] for _ in range(count)]
        self.parents = list(range(count))
        """Of each text being followed, the one that it continues."""
        # All are the same at first: were not all but one worthless, every beam would follow the same text.
        self.scores = torch.tensor([0.0, *[_NEVER] * (count - 1)])
        self.finished = [_Finished(_NEVER, None)] * count
        self.open = True

    def step(self, logits: torch.Tensor) -> bool:
        """Go on by one token, given the scores (beams, V) of the next one. False when the search is over."""
        settings, count, vocabulary = self.sampling, self.sampling.beams, logits.shape[-1]
        likely = logits.log_softmax(-1)
        if settings.penalises:
            texts = [History(self.prompt, written) for written in self.written]
            likely = torch.stack(
                [penalised(row, settings, text) for row, text in zip(likely, texts, strict=True)]
            )
        sums = (likely + self.scores[:, None]).flatten()
        # So many that as many as there are beams are left when every beam's best continuation is its end.
        kept = min(max(2, 1 + len(self.stop)) * count, len(sums))
        values, places = sums.topk(kept)
        parents = (places // vocabulary).tolist()
        tokens = (places % vocabulary).tolist()
        length = len(self.written[0]) + 1
        ends = torch.tensor([token in self.stop or length >= settings.max_tokens for token in tokens])

        following = (values + ends * _NEVER).topk(count)
        self._finish(values, parents, tokens, ends, length)
        self.scores = following.values
        chosen = following.indices.tolist()
        self.parents = [parents[i] for i in chosen]
        self.written = [[*self.written[parents[i]], tokens[i]] for i in chosen]

        full = all(one.beam is not None for one in self.finished)
        hope = float(self.scores[0]) / length**settings.length_penalty
        self.open &= not full or hope > min(one.score for one in self.finished)
        return self.open and not (full and settings.early_stopping) and not bool(ends.all())

    def _finish(
        self, values: torch.Tensor, parents: list[int], tokens: list[int], ends: torch.Tensor, length: int
    ) -> None:
        """Put texts that have just ended among the finished, where they are better than those there."""
        full = all(one.beam is not None for one in self.finished)
        if not self.open or (full and self.sampling.early_stopping):
            return
        # Only the best may end; the others were kept to be followed.
        for i in range(min(self.sampling.beams, len(tokens))):
            if not ends[i]:
                continue
            written = self.written[parents[i]]
            stopped = tokens[i] in self.stop
            score = float(values[i]) / length**self.sampling.length_penalty
            text = list(written) if stopped else [*written, tokens[i]]
            self.finished.append(_Finished(score, Beam(text, score, "stop" if stopped else "length")))
        self.finished = sorted(self.finished, key=lambda one: -one.score)[: self.sampling.beams]

    def found(self) -> list[Beam]:
        """The finished texts; in a vocabulary of few tokens there may be fewer than beams."""
        return [one.beam for one in self.finished if one.beam is not None and one.score > _NEVER / 1e3]
