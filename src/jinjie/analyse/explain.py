"""Why a language model goes on as it does: the next token's distribution, and what each head looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.lazy import lazy
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.pieces import spelling
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.split import Part, visible
from jinjie.decoding.sampling import History, Sampling, distribution

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")


class Candidate(NamedTuple):
    """A token that may come next."""

    id: int
    label: str
    before: float
    """Its probability as the model gives it."""
    after: float
    """Its probability after penalties, temperature and filters."""
    rank: int
    """How many tokens the model finds likelier, and one."""


class Look(NamedTuple):
    """What one head looks at from the position: the weights of all places, which add up to 1."""

    layer: int
    head: int
    weights: list[float]

    @property
    def spread(self) -> float:
        """Over how many tokens the look is spread: 2 to the power of its entropy in bits; 1 where all is on one."""
        return float(2.0 ** _bits(torch.tensor(self.weights)))

    @property
    def place(self) -> int:
        """The place that is looked at most, counted from the first one in view."""
        return max(range(len(self.weights)), key=self.weights.__getitem__)


@dataclass(frozen=True)
class Explanation:
    """One position of a text. Positions, layers and heads are counted from 0."""

    ids: list[int]
    labels: list[str]
    """All tokens of the text."""
    first: int
    """The first token that the model sees: of a text longer than its block, the last `block` are in view."""
    position: int
    likeliest: list[Candidate]
    """The tokens most likely to come next, before and after the filters, the likeliest to be drawn first."""
    follows: Candidate | None
    """The token that does come next in the text, where the position is not its last."""
    bits_before: float
    """The entropy of the next token, in bits: 2 to its power tokens, all equally likely, would be as open."""
    bits_after: float
    left: int
    """Tokens that may be drawn."""
    vocabulary: int
    layers: int
    heads: int
    looks: list[Look]
    """Of the layers and heads that were asked for."""

    def mean(self) -> list[float]:
        """What the looks asked for look at on average: a weight for each token in view."""
        count = len(self.looks)
        return [sum(column) / count for column in zip(*(look.weights for look in self.looks), strict=True)]


def explain(
    network: nn.Module,
    processor: TextProcessor,
    ids: list[int],
    sampling: Sampling,
    *,
    prompt: int | None = None,
    position: int = -1,
    count: int = 10,
    layer: int | None = None,
    head: int | None = None,
) -> Explanation:
    """What happens at one position of the text `ids`; negative positions count from its end.

    `prompt` is how many of the ids were given rather than written, which penalties tell apart; all, when None.
    Without a cache all is computed anew: once through the model.

    Raises InvalidInput naming every position, layer and head that there is not.
    """
    gpt = cast(Any, network)
    config = gpt.config
    first = max(0, len(ids) - int(config.block))
    place = position + len(ids) if position < 0 else position
    _check(place, position, first, len(ids), layer, head, config)
    view = torch.tensor([ids[first:]], device=next(network.parameters()).device)
    with torch.no_grad():
        hidden = gpt.hidden(view)[:, place - first]
        logits = gpt.logits(hidden)
    given = len(ids) if prompt is None else prompt
    history = History(ids[: min(given, place + 1)], ids[given : place + 1])
    before, after = (row[0] for row in distribution(logits, sampling, [history]))
    name = labels_of(processor)

    def candidate(token: int) -> Candidate:
        rank = int((before > before[token]).sum()) + 1
        return Candidate(token, name(token), float(before[token]), float(after[token]), rank)

    size = min(count, len(before))
    found = {*before.topk(size).indices.tolist(), *after.topk(size).indices.tolist()}
    likeliest = sorted(map(candidate, found), key=lambda one: (-one.after, -one.before, one.id))
    looks = [
        Look(number, h, weights[0, h, place - first].tolist())
        for number, weights in _layers(gpt, view, layer)
        for h in range(int(config.heads))
        if head in (None, h)
    ]
    return Explanation(
        ids=ids,
        labels=[name(i) for i in ids],
        first=first,
        position=place,
        likeliest=likeliest[:size],
        follows=candidate(ids[place + 1]) if place + 1 < len(ids) else None,
        bits_before=_bits(before),
        bits_after=_bits(after),
        left=int((after > 0).sum()),
        vocabulary=len(before),
        layers=int(config.layers),
        heads=int(config.heads),
        looks=looks,
    )


def attention_map(
    network: nn.Module, ids: list[int], layer: int | None = None, head: int | None = None
) -> list[list[float]]:
    """What every position (row) looks at (column), the mean over the layers and heads asked for: (T, T), T the tokens
    in view."""
    gpt = cast(Any, network)
    view = torch.tensor([ids[-int(gpt.config.block) :]], device=next(network.parameters()).device)
    total, count = torch.zeros(view.shape[1], view.shape[1]), 0
    for _, weights in _layers(gpt, view, layer):
        chosen = weights[0] if head is None else weights[0, head : head + 1]
        total += chosen.mean(0).cpu()
        count += 1
    return cast(list[list[float]], (total / count).tolist())


def _layers(gpt: Any, view: torch.Tensor, layer: int | None) -> Iterator[tuple[int, torch.Tensor]]:
    """The weights (1, H, T, T) of the layer asked for, or of one after the other."""
    # Gradients are off around the model alone: a generator must not leave them off in its caller.
    weights = gpt.weights(view)
    for number in range(int(gpt.config.layers)):
        with torch.no_grad():
            found = next(weights)
        if layer in (None, number):
            yield number, found
        if layer == number:
            return


def _check(
    place: int, position: int, first: int, count: int, layer: int | None, head: int | None, config: Any
) -> None:
    problems = []
    if not count:
        raise InvalidInput([Problem("prompt", "decoding.empty_prompt")])
    if not first <= place < count:
        problems.append(
            Problem("--position", "explain.no_position", came=position, first=first, last=count - 1)
        )
    if layer is not None and not 0 <= layer < config.layers:
        problems.append(Problem("--layer", "explain.no_layer", came=layer, last=config.layers - 1))
    if head is not None and not 0 <= head < config.heads:
        problems.append(Problem("--head", "explain.no_head", came=head, last=config.heads - 1))
    if problems:
        raise InvalidInput(problems)


def can_explain(network: nn.Module) -> None:
    """Raises JinjieError when the network is of a sort that does not show its attention."""
    if not hasattr(network, "weights") or not hasattr(network, "hidden"):
        raise JinjieError("explain.not_this_model")


def labels_of(processor: TextProcessor) -> Callable[[int], str]:
    """A function from a token id to the token as a person can read it."""
    if not isinstance(processor, TokenProcessor):
        return lambda i: visible(processor.text([i]))
    bytes_of, special = spelling(processor), processor.special_ids

    def label(i: int) -> str:
        token = processor.tokenizer.id_to_token(i)
        if token is None:
            return f"#{i}"
        if processor.kind == "wordpiece":
            return str(token)
        return Part(i, token, 0, 0, b"" if i in special else bytes_of(token), i in special).label

    return label


def _bits(probabilities: torch.Tensor) -> float:
    """Their entropy in bits."""
    likely = probabilities[probabilities > 0].double()
    return max(0.0, float(-(likely * likely.log2()).sum()))
