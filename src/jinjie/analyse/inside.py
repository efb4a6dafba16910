"""Inside a language model of the kind gpt: its causal mask taken away, and one token followed from floor to roof."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jinjie.analyse.choices import likeliest
from jinjie.analyse.explain import Candidate, labels_of
from jinjie.base.lazy import lazy
from jinjie.data.dataset import TextProcessor
from jinjie.decoding.sampling import Sampling, distribution

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")

READ = 3
"""Tokens read off the stream at each depth."""


def without_mask(network: nn.Module) -> nn.Module:
    """The same weights in a network whose tokens all see one another. The one given stays as it is."""
    twin = copy.copy(network)  # shares every module; its config is its own
    cast(Any, twin).config = cast(Any, network).config.model_copy(update={"causal": False})
    return twin


def surprises(network: nn.Module, ids: Sequence[int]) -> list[float]:
    """−ln p of each token but the first, as the model has it at the place before: the loss in nats, T − 1 of them."""
    view = torch.tensor([list(ids)], device=next(network.parameters()).device)
    with torch.no_grad():
        logits = network(view)[0, :-1].float()
    return cast(
        "list[float]",
        torch.nn.functional.cross_entropy(logits, view[0, 1:], reduction="none").tolist(),
    )


class Layer(NamedTuple):
    """What one layer does to the stream at one place. Sizes are roots of mean squares over the C numbers."""

    attention: float
    """The size of what attention adds."""
    feedforward: float
    stream: float
    """The size of the stream behind the layer."""
    attention_push: float
    """What attention's part adds to the score of the token followed; see `Followed`."""
    feedforward_push: float
    read: list[Candidate]
    """What would come next if the layers above were left out."""


@dataclass(frozen=True)
class Followed:
    """One place of a text from its embedding to the next token.

    The score (logit) of a token is linear in what stands behind the last norm's division. So that of `target` (the
    likeliest next token), less the mean of all tokens' scores, is the sum of what each part pushes it by: the
    embedding, the position, every layer's two halves, and the last norm's constant.
    """

    position: int
    width: int
    vocabulary: int
    embedding: float
    """The size of the token's embedding."""
    placed: float | None
    """The size of the position's; None where positions are rotary and nothing is added."""
    start: float
    """The size of the stream below the first layer."""
    start_read: list[Candidate]
    embedding_push: float
    placed_push: float
    layers: list[Layer]
    constant_push: float
    target: Candidate
    score: float
    """The logit of `target`."""
    mean_score: float
    likeliest: list[Candidate]


def follow(
    network: nn.Module, processor: TextProcessor, ids: Sequence[int], position: int, count: int = 10
) -> Followed:
    """Follow the token at `position` (from 0) of the text through the model as it runs.

    Not for several threads at once: it listens to the network's modules.
    """
    gpt = cast(Any, network)
    name = labels_of(processor)
    view = torch.tensor([list(ids)], device=next(network.parameters()).device)
    heard: dict[str, list[torch.Tensor]] = {"start": [], "attention": [], "feedforward": []}

    def listen(what: str) -> Any:
        return lambda _module, _inputs, output: heard[what].append(output[0, position].float())

    hooks = [
        gpt.blocks[0].register_forward_pre_hook(
            lambda _module, inputs: heard["start"].append(inputs[0][0, position].float())
        )
    ]
    for block in gpt.blocks:
        hooks.append(block.attention.register_forward_hook(listen("attention")))
        hooks.append(block.feedforward.register_forward_hook(listen("feedforward")))
    try:
        with torch.no_grad():
            logits = gpt(view)[:, position].float()
    finally:
        for hook in hooks:
            hook.remove()

    def read(stream: torch.Tensor, most: int) -> list[Candidate]:
        with torch.no_grad():
            scores = gpt.logits(gpt.norm(stream.to(gpt.embed.weight.dtype)))[None]
        return likeliest(distribution(scores, Sampling()), most, name)

    start = heard["start"][0]
    embedding = gpt.embed.weight[view[0, position]].detach().float()
    streams = [start]
    for mixed, made in zip(heard["attention"], heard["feedforward"], strict=True):
        streams.append(streams[-1] + mixed + made)
    best = likeliest(distribution(logits, Sampling()), count, name)
    push = _Push(gpt, streams[-1], best[0].id)
    placed = None if gpt.positions is None else start - embedding
    return Followed(
        position=position,
        width=len(start),
        vocabulary=logits.shape[1],
        embedding=size(embedding),
        placed=None if placed is None else size(placed),
        start=size(start),
        start_read=read(start, READ),
        embedding_push=push(embedding),
        placed_push=0.0 if placed is None else push(placed),
        layers=[
            Layer(size(mixed), size(made), size(stream), push(mixed), push(made), read(stream, READ))
            for mixed, made, stream in zip(heard["attention"], heard["feedforward"], streams[1:], strict=True)
        ],
        constant_push=push.constant,
        target=best[0],
        score=float(logits[0, best[0].id]),
        mean_score=float(logits.mean()),
        likeliest=best,
    )


def size(x: torch.Tensor) -> float:
    """The root of the mean square of (C,)."""
    return float(x.square().mean().sqrt())


class _Push:
    """How far a part of the last stream moves a token's score above the mean of all, the last norm's division held as
    the whole stream has it."""

    def __init__(self, gpt: Any, stream: torch.Tensor, token: int) -> None:
        matrix, norm = gpt.unembedding.detach().float(), gpt.norm
        direction = matrix[token] - matrix.mean(0)
        self.centred = isinstance(norm, torch.nn.LayerNorm)
        whole = stream - stream.mean() if self.centred else stream
        eps = norm.eps if norm.eps is not None else torch.finfo(stream.dtype).eps
        scale = norm.weight.detach().float() / (whole.square().mean() + eps).sqrt()
        self.direction = direction * scale
        bias = getattr(norm, "bias", None)
        self.constant = 0.0 if bias is None else float(direction @ bias.detach().float())

    def __call__(self, part: torch.Tensor) -> float:
        return float(self.direction @ (part - part.mean() if self.centred else part))
