"""Writing one token after another, each from the keys and values kept of all before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, cast

from jinjie.base.lazy import lazy
from jinjie.base.seeds import torch_generator
from jinjie.decoding.engine import Ask, Engine, check_prompt
from jinjie.decoding.sampling import History, Sampling, choose

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")


def generate(
    model: nn.Module, prompt: list[int], sampling: Sampling, *, stop: Collection[int] = ()
) -> Iterator[int]:
    """The tokens that a language model writes after `prompt`, one by one as they are chosen.

    Ends after `sampling.max_tokens`, or before a token of `stop`, which is not given. See `Engine` for what the model
    must have, and for what happens when the text outgrows its block.

    Raises InvalidInput, before anything is written, when the prompt is empty or holds a token the model lacks,
    ValueError when the model is in training mode.
    """
    network = cast(Any, model)
    check_prompt(prompt, int(network.config.vocabulary))
    if model.training:
        raise ValueError("the model is in training mode: its dropout would spoil the text")
    ends = frozenset(stop)
    if not getattr(network.config, "causal", True):
        return _seeing_all(network, prompt, sampling, ends)
    return _seeing_back(model, prompt, sampling, ends)


def _seeing_back(
    model: nn.Module, prompt: list[int], sampling: Sampling, stop: frozenset[int]
) -> Iterator[int]:
    engine = Engine(model, 1)
    engine.admit(Ask(prompt, sampling, stop))
    while engine.busy:
        for written in engine.step():
            if written.token is not None:
                yield written.token


def _seeing_all(network: Any, prompt: list[int], sampling: Sampling, stop: frozenset[int]) -> Iterator[int]:
    """Without a causal mask every new token changes what all others stand for: the text is read anew each time."""
    generator = torch_generator(sampling.seed, "generate")
    written: list[int] = []
    while len(written) < sampling.max_tokens:
        view = [*prompt, *written][-int(network.config.block) :]
        # Gradients are off around the model alone: a generator must not leave them off in its caller.
        with torch.no_grad():
            logits = network(torch.tensor([view], device=next(network.parameters()).device))[:, -1]
        token = int(choose(logits, sampling, generator, [History(prompt, written)]))
        if token in stop:
            return
        written.append(token)
        yield token
