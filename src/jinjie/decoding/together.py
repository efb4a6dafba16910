"""What a model adds to many prompts, written together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jinjie.data.dataset import TextProcessor
from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.sampling import Sampling
from jinjie.decoding.text import TextStream

if TYPE_CHECKING:
    from torch import nn

ROWS = 32
"""Texts written at a time."""


class Answer(NamedTuple):
    """What was added to one prompt."""

    text: str
    ended: bool
    """Whether it came to its end by itself, and not to the end of its budget."""
    tokens: list[int]
    """As they were written, and what ends it: where a single token does, the processor's first such one."""


def answers(
    network: nn.Module,
    processor: TextProcessor,
    prompts: Sequence[Sequence[int]],
    samplings: Sequence[Sampling],
    *,
    ends: Collection[int] = (),
    before: Sequence[str] | None = None,
    told: Callable[[int], None] = lambda done: None,
    rows: int = ROWS,
) -> list[Answer]:
    """What the model adds to each prompt with the sampling of the same number: what it would be alone.

    `ends` are tokens that end it beside the processor's own, `before` the prompts' texts (see `TextStream`); `told`
    hears how many are done. Raises InvalidInput as `Engine.admit` does.
    """
    own = frozenset(processor.ends) | frozenset(ends)
    last = processor.ends[0] if processor.ends else min(own, default=-1)
    engine = Engine(network, max(1, min(rows, len(prompts))))
    waiting = list(range(len(prompts)))[::-1]
    at_work: dict[int, int] = {}
    streams: dict[int, TextStream] = {}
    texts = [""] * len(prompts)
    tokens: list[list[int]] = [[] for _ in prompts]
    found: dict[int, Answer] = {}
    while waiting or engine.busy:
        while waiting and engine.free:
            number = waiting.pop()
            prompt, sampling = list(prompts[number]), samplings[number]
            at_work[engine.admit(Ask(prompt, sampling, own))] = number
            text = before[number] if before else ""
            streams[number] = TextStream(processor, prompt, before=text, stop=sampling.stop)
        for written in engine.step():
            if written.ticket not in at_work:
                continue  # one that a stop word ended in the same step
            number = at_work[written.ticket]
            stream = streams[number]
            if written.token is not None:
                tokens[number].append(written.token)
                texts[number] += stream.add(written.token)
            if not stream.ended and written.ended is None:
                continue
            texts[number] += stream.finish()
            engine.drop(written.ticket)
            del at_work[written.ticket], streams[number]
            ended = stream.ended or written.ended == "stop"
            if written.ended == "stop" and own:
                tokens[number].append(last)
            found[number] = Answer(texts[number], ended, tokens[number])
            told(len(found))
    return [found[number] for number in range(len(prompts))]
