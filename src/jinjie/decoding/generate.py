"""Writing one token after another, each from the keys and values kept of all before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, cast

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.seeds import torch_generator
from jinjie.decoding.sampling import Sampling, choose

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")


def generate(
    model: nn.Module, prompt: list[int], sampling: Sampling, *, stop: Collection[int] = ()
) -> Iterator[int]:
    """The tokens that a causal language model writes after `prompt`, one by one as they are chosen.

    Ends after `sampling.max_tokens`, or before a token of `stop`, which is not given. The model is in evaluation mode
    and has `config.block`, `config.vocabulary` and `cache()`, and forward takes (tokens, cache, logits_for), as GPT's.

    A text may outgrow the model's block. Of a longer prompt the model reads the last `block` tokens. When the cache
    is full, the last block/2 tokens are read anew from position 0 and the rest is forgotten: learned positions end at
    the block, and rotary ones were never trained past it. So between block/2 and block tokens are in view at any
    time, at a cost of one such reading every block/2 tokens.

    Raises InvalidInput, before anything is written, when the prompt is empty or holds a token the model lacks.
    """
    network = cast(Any, model)
    vocabulary, block = int(network.config.vocabulary), int(network.config.block)
    if not prompt:
        raise InvalidInput([Problem("prompt", "decoding.empty_prompt")])
    if foreign := [token for token in prompt if not 0 <= token < vocabulary]:
        raise InvalidInput(
            [Problem("prompt", "decoding.not_in_vocabulary", token=foreign[0], last=vocabulary - 1)]
        )
    if model.training:
        raise ValueError("the model is in training mode: its dropout would spoil the text")
    return _write(network, prompt, sampling, frozenset(stop), block)


def _write(
    model: Any, prompt: list[int], sampling: Sampling, stop: frozenset[int], block: int
) -> Iterator[int]:
    device = next(model.parameters()).device
    generator = torch_generator(sampling.seed, "generate")
    cache = model.cache()
    text = list(prompt)
    unread = text[-block:]
    for _ in range(sampling.max_tokens):
        if cache.longest + len(unread) > block:
            cache.clear()
            unread = text[-max(1, block // 2) :]
        # Gradients are off around the model alone: a generator must not leave them off in its caller.
        with torch.no_grad():
            logits = model(torch.tensor([unread], device=device), cache, logits_for="last")
            token = int(choose(logits[:, -1], sampling, generator))
        if token in stop:
            return
        text.append(token)
        unread = [token]
        yield token
