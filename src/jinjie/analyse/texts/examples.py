"""Held-out texts as examples: those a model of text expects best and worst, and what it writes from their openings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jinjie.analyse.texts.scoring import Scored, Sizes
from jinjie.analyse.texts.values import Shown, Written
from jinjie.base.lazy import lazy
from jinjie.base.seeds import derive
from jinjie.data.dataset import TextProcessor
from jinjie.decoding.sampling import Sampling
from jinjie.decoding.text import write_many

if TYPE_CHECKING:
    import numpy as np
    from torch import nn
else:
    np = lazy("numpy")

EACH = 3
"""Best texts, worst texts, and openings."""
SHORTEST = 16
"""Tokens below which a text is no example: its loss is chance."""
SHOWN = 400
"""Tokens of a text that are shown."""
OPENING = 24
"""Tokens of an opening, of a text that has as many; else half of it."""
WRITTEN = 80
"""Tokens that are written on."""
TEMPERATURE = 0.8
_BROKEN = "\N{REPLACEMENT CHARACTER}"
_BYTES = 3


def best_and_worst(
    scored: Scored, processor: TextProcessor, size: Sizes
) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """The units with the smallest and the largest loss a byte, the most telling first.

    By the byte, since tokens of different texts differ in length. Where units are documents, whole ones alone.
    """
    nats = scored.per_unit(scored.nats)
    count = scored.per_unit(np.ones(len(scored.nats)))
    weight = scored.per_unit(size.bytes[scored.targets])
    able = (count >= SHORTEST) & (weight > 0)
    if scored.documents and (able & scored.whole).any():
        able &= scored.whole
    rate = np.where(able, nats / np.maximum(weight, 1), np.nan)
    order = np.argsort(rate, kind="stable")[: int(able.sum())]
    few = min(EACH, len(order) // 2)
    chosen = [order[:few], order[len(order) - few :][::-1]]
    best, worst = (tuple(_shown(scored, processor, rate, int(i)) for i in part) for part in chosen)
    return best, worst


def _shown(scored: Scored, processor: TextProcessor, rate: np.ndarray[Any, Any], number: int) -> Shown:
    first, last = scored.borders[number], scored.borders[number + 1]
    ids, nats = scored.targets[first:last].tolist(), scored.nats[first:last].tolist()
    return Shown(
        index=number,
        tokens=len(ids),
        nats=float(np.mean(nats)),
        bits_per_byte=float(rate[number] / np.log(2)),
        whole=len(ids) <= SHOWN,
        pieces=pieces(processor, ids[:SHOWN], nats[:SHOWN]),
    )


def pieces(
    processor: TextProcessor, ids: Sequence[int], nats: Sequence[float]
) -> tuple[tuple[str, float], ...]:
    """The text in its tokens, each with its loss; tokens that are parts of one character are one piece."""
    found: list[tuple[str, float]] = []
    before, waiting, cost = "", 0, 0.0
    for place, one in enumerate(nats, 1):
        cost += one
        waiting += 1
        text = processor.text(list(ids[:place]))
        if text.endswith(_BROKEN) and waiting <= _BYTES:
            continue
        found.append((text[len(before) :], cost))
        before, waiting, cost = text, 0, 0.0
    if waiting:
        found.append((processor.text(list(ids))[len(before) :], cost))
    return tuple(found)


def written(network: nn.Module, processor: TextProcessor, scored: Scored, seed: int) -> tuple[Written, ...]:
    """What the model writes from the first tokens of some texts of the split, spread over it, each with a seed."""
    borders = scored.borders
    able = [
        i
        for i in range(scored.units)
        if borders[i + 1] - borders[i] >= SHORTEST and (scored.whole[i] or not scored.whole.any())
    ]
    block = int(network.config.block)  # type: ignore[arg-type, union-attr]
    found = []
    for number in [able[i * len(able) // EACH] for i in range(min(EACH, len(able)))]:
        ids = scored.targets[borders[number] : borders[number + 1]].tolist()
        cut = min(OPENING, max(1, block // 2), len(ids) // 2)
        opening, true = ids[:cut], ids[cut : cut + WRITTEN]
        # Bytes of a character that the cut parts belong to the opening.
        while true and processor.text(opening).endswith(_BROKEN) and cut < len(ids) - 1:
            cut += 1
            opening, true = ids[:cut], ids[cut : cut + WRITTEN]
        words = processor.text(opening)
        own = derive(seed, "evaluate", number) % 2**31
        sampling = Sampling(temperature=TEMPERATURE, max_tokens=WRITTEN, seed=own)
        prompt = [*_start(processor, opening), *opening]
        text = "".join(p.text for p in write_many(network, processor, prompt, [sampling], before=words))
        found.append(Written(opening=words, written=text, true=_whole(processor, true), seed=own))
    return tuple(found)


def _start(processor: TextProcessor, opening: Sequence[int]) -> list[int]:
    """What stands before a document's first token, unless it is there already."""
    if not processor.start:
        return []
    start = processor.ids(processor.start)
    return [] if list(opening[: len(start)]) == start else start


def _whole(processor: TextProcessor, ids: Sequence[int]) -> str:
    """The text without half a character at its end, and without what ends a document."""
    kept = [i for i in ids if i not in processor.ends]
    return processor.text(kept).rstrip(_BROKEN)
