"""A text while it is written, token by token: what was chosen, and what might have been.

The tokens are those that `decoding.generate` writes with the same settings and seed; here each comes with the
distribution it was drawn from, which is why the loop is walked once more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from jinjie.analyse.explain import Candidate, labels_of
from jinjie.base.lazy import lazy
from jinjie.base.seeds import torch_generator
from jinjie.data.dataset import TextProcessor
from jinjie.decoding.engine import check_prompt
from jinjie.decoding.sampling import Distribution, History, Sampling, choose, distribution
from jinjie.decoding.text import TextStream

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")

COUNT = 10
"""Tokens told of with each one that is written."""


class Choice(NamedTuple):
    """One token, as it was drawn."""

    chosen: Candidate
    likeliest: list[Candidate]
    """The tokens that the model found likeliest, before temperature and filters, the likeliest first."""
    left: int
    """Tokens that could be drawn."""
    text: str
    """What may be shown by now that could not be shown before; bytes of a character wait for its last one."""
    ended: Literal["stop", "length"] | None = None
    """Set on the last one."""


def choices(
    network: nn.Module,
    processor: TextProcessor,
    prompt: list[int],
    sampling: Sampling,
    *,
    before: str = "",
    ends: Collection[int] = (),
    count: int = COUNT,
) -> Iterator[Choice]:
    """What the model writes behind `prompt`, whose text is `before`, up to the document's end, a stop word or one of
    `ends`; the token that ended it comes too, with no text.

    Raises InvalidInput, before anything is written, as `decoding.generate.generate` does.
    """
    check_prompt(prompt, int(cast(Any, network).config.vocabulary))
    return _written(
        network, processor, prompt, sampling, before, frozenset(processor.ends) | set(ends), count
    )


def _written(
    network: nn.Module,
    processor: TextProcessor,
    prompt: list[int],
    sampling: Sampling,
    before: str,
    ends: Collection[int],
    count: int,
) -> Iterator[Choice]:
    generator, name = torch_generator(sampling.seed, "generate"), labels_of(processor)
    stream = TextStream(processor, prompt, before=before, stop=sampling.stop)
    read = _reader(network, prompt)
    written: list[int] = []
    while len(written) < sampling.max_tokens:
        logits = read(written)
        history = [History(prompt, written)]
        spread = distribution(logits, sampling, history)
        token = int(choose(logits, sampling, generator, history))
        written.append(token)
        text, ended = "", cast("Literal['stop', 'length'] | None", None)
        if token in ends:
            ended = "stop"
        else:
            text = stream.add(token)
            if stream.ended:
                ended = "stop"
            elif len(written) == sampling.max_tokens:
                ended = "length"
        if ended is not None and not stream.ended:
            text += stream.finish()
        yield Choice(
            candidate(spread, token, name),
            likeliest(spread, count, name),
            int((spread.after > 0).sum()),
            text,
            ended,
        )
        if ended is not None:
            return


def _reader(network: nn.Module, prompt: list[int]) -> Callable[[list[int]], torch.Tensor]:
    """A function from what has been written to the scores (1, V) of what comes next, which reads each token once, and
    goes on as `decoding.engine.Engine` does when the text outgrows the block."""
    gpt = cast(Any, network)
    block, device = int(gpt.config.block), next(network.parameters()).device
    causal = getattr(gpt.config, "causal", True)
    cache = gpt.cache(1) if causal else None

    def read(written: list[int]) -> torch.Tensor:
        unread = [*prompt, *written][-block:]
        if cache is not None and written:
            unread = [written[-1]]
            if int(cache.lengths[0]) == block:
                cache.clear()
                unread = [*prompt, *written][-max(1, block // 2) :]
        with torch.no_grad():
            logits = gpt(torch.tensor([unread], device=device), cache, logits_for="last")
        return cast("torch.Tensor", logits[:, -1])

    return read


def candidate(spread: Distribution, token: int, name: Callable[[int], str]) -> Candidate:
    """One token of a distribution, each part of which is (1, V)."""
    before, after = spread.before[0], spread.after[0]
    rank = int((before > before[token]).sum()) + 1
    return Candidate(token, name(token), float(before[token]), float(after[token]), rank)


def likeliest(spread: Distribution, count: int, name: Callable[[int], str]) -> list[Candidate]:
    """The `count` tokens that the model finds likeliest."""
    order = spread.before[0].topk(min(count, spread.before.shape[1])).indices.tolist()
    return [candidate(spread, token, name) for token in order]
