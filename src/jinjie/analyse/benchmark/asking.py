"""Asking a language model: the continuation that it gives the highest probability is its answer.

The score of a continuation is the sum of ln p of its tokens after the context, Σ ln p(xₜ | x₍<t₎). Context and
continuation are cut into tokens together, as text is, and scored is what follows the tokens that the context has in
common with all of its continuations: so where a tokenizer joins the last letters of the context with the first of a
continuation, all of them are scored from before the join.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from jinjie.analyse import bootstrap
from jinjie.analyse.benchmark.items import Item, items
from jinjie.analyse.texts.values import Benchmark, Kind
from jinjie.base.errors import InvalidInput
from jinjie.base.lazy import lazy
from jinjie.base.words import LANGUAGES, Language, say
from jinjie.data.dataset import Report, TextProcessor
from jinjie.data.fetch import tell

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn
else:
    np = lazy("numpy")
    torch = lazy("torch")

ROWS = 32
"""Continuations that are read at once."""
SHARE = 0.5
"""A language of which a model can read less than this share of the questions is left out: what is left is no test."""
MISSED = 5
"""Questions that a model is most wrong about and that are shown."""


@dataclass(frozen=True)
class Answer:
    """The log-probabilities (nats) of an item's continuations, the right one first; None of an item left out."""

    item: Item
    sums: tuple[float, ...] | None

    def share(self, per_byte: bool = False) -> float:
        """1 where the right continuation is the likeliest, 1/k where k are equally so, else 0."""
        assert self.sums is not None
        sizes = [len(one.encode()) if per_byte else 1 for one in self.item.continuations]
        values = [total / size for total, size in zip(self.sums, sizes, strict=True)]
        best = max(values)
        return (values[0] == best) / sum(value == best for value in values)


def ask_all(network: nn.Module, processor: TextProcessor, report: Report | None = None) -> list[Benchmark]:
    """The benchmark in every language that the model reads."""
    found = []
    for language in LANGUAGES:
        answers = ask(network, processor, items(language), report)
        known = [answer for answer in answers if answer.sums is not None]
        if len(known) >= SHARE * len(answers):
            found.append(summed(language, answers))
    return found


def ask(
    network: nn.Module, processor: TextProcessor, asked: Sequence[Item], report: Report | None = None
) -> list[Answer]:
    """Answers in the order of the questions."""
    block = int(cast(Any, network).config.block)
    rows: list[tuple[int, list[int], int]] = []
    for number, item in enumerate(asked):
        cut = _cut(processor, item)
        if cut is None or any(len(ids) - shared > block for ids, shared in cut):
            continue
        # What does not fit is left out in front.
        rows += [(number, ids[-(block + 1) :], shared - max(0, len(ids) - block - 1)) for ids, shared in cut]
    sums: dict[int, list[float]] = {}
    # Rows of a length together: then there is nothing to pad, and a model that sees all of its text is no exception.
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][1]))
    totals = [0.0] * len(rows)
    for first in range(0, len(order), ROWS):
        part = order[first : first + ROWS]
        lengths = {len(rows[i][1]) for i in part}
        for length in lengths:
            alike = [i for i in part if len(rows[i][1]) == length]
            made = _sums(network, [rows[i][1] for i in alike], [rows[i][2] for i in alike])
            for i, total in zip(alike, made, strict=True):
                totals[i] = total
        tell(report, say("evaluate.text.asking"), first + len(part), len(order))
    for (number, _, _), total in zip(rows, totals, strict=True):
        sums.setdefault(number, []).append(total)
    return [
        Answer(item, tuple(sums[number]) if number in sums else None) for number, item in enumerate(asked)
    ]


def _cut(processor: TextProcessor, item: Item) -> list[tuple[list[int], int]] | None:
    """Each continuation behind the context, in tokens, and how many of them are the context's; None of characters that
    the vocabulary lacks."""
    try:
        context = processor.prompt(item.context)
        wholes = [processor.prompt(item.context + one) for one in item.continuations]
    except InvalidInput:
        return None
    shared = min(_common(context, ids) for ids in wholes)
    if not shared:  # the first token is to be predicted, from what begins a text
        opening = processor.prompt("")[:1]
        if not opening:
            return None
        wholes, shared = [[*opening, *ids] for ids in wholes], 1
    return [(ids, shared) for ids in wholes]


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences have in common at their front."""
    for place, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return place
    return min(len(a), len(b))


def _sums(network: nn.Module, rows: Sequence[Sequence[int]], shared: Sequence[int]) -> list[float]:
    """Σ ln p of the tokens of each row (all of one length) from place `shared` on."""
    ids = torch.tensor(rows, device=next(network.parameters()).device)
    with torch.no_grad():
        shares = network(ids[:, :-1]).float().log_softmax(-1)
    each = shares.gather(-1, ids[:, 1:, None])[..., 0].double().cpu()
    return [float(row[first - 1 :].sum()) for row, first in zip(each, shared, strict=True)]


def summed(language: Language, answers: Sequence[Answer]) -> Benchmark:
    """Accuracies of all questions and of each kind, and what the model is most wrong about."""
    kinds = sorted({answer.item.kind for answer in answers})
    wrong = []
    for answer in answers:
        if answer.sums is not None and answer.share() == 0:
            best = int(np.argmax(answer.sums))
            gap = answer.sums[best] - answer.sums[0]
            item = answer.item
            wrong.append((gap, (item.context, item.right, item.continuations[best])))
    wrong.sort(key=lambda pair: -pair[0])
    return Benchmark(
        language=language,
        all=_kind("all", answers),
        kinds=tuple(_kind(kind, [a for a in answers if a.item.kind == kind]) for kind in kinds),
        missed=tuple(one for _, one in wrong[:MISSED]),
    )


def _kind(name: str, answers: Sequence[Answer]) -> Kind:
    known = [answer for answer in answers if answer.sums is not None]
    shares = np.array([answer.share() for answer in known])
    accuracy = float(shares.mean()) if known else 0.0
    low, high = _wilson(accuracy, len(known)) if known else (None, None)
    return Kind(
        name=name,
        count=len(known),
        left_out=len(answers) - len(known),
        accuracy=accuracy,
        low=low,
        high=high,
        per_byte=float(np.mean([answer.share(per_byte=True) for answer in known])) if known else 0.0,
        chance=float(np.mean([1 / len(answer.item.continuations) for answer in known])) if known else 0.0,
    )


def _wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of `count` questions (Wilson 1927), which also holds for few and at the ends."""
    z = bootstrap.DEVIATIONS
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count**2)) ** 0.5
    return max(0.0, middle - reach), min(1.0, middle + reach)
