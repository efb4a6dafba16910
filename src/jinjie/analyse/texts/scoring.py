"""Every token of a held-out split under a language model: what it costs, and whether it was expected.

The windows are those of training's own look at the split, so the mean is the same: each token is scored once, given
what stands before it in its window and document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Arrays, Dataset, Report, Split, TextProcessor
from jinjie.data.fetch import tell
from jinjie.data.tokenization.pieces import spelling
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.tasks import task
from jinjie.tasks.language import BATCH, IGNORED

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn
else:
    np = lazy("numpy")
    torch = lazy("torch")

MOST = 200_000
"""Tokens that are scored of a split at most."""
WORK = 2e12
"""Multiplications that scoring may take, so that a large model answers in minutes: fewer tokens then."""
FEWEST = 4096
"""Tokens that are scored in any case, where there are as many."""
SCORES = 2**24
"""Most scores of next tokens that exist at once: 64 MB in fp32."""
DOCUMENTS = 8
"""Documents from which on they are the units; of fewer, stretches are."""
STRETCH = 512
"""Tokens of a unit where the text has no documents: neighbouring windows are alike, and too short ones are no draws."""


@dataclass(frozen=True)
class Scored:
    """N scored tokens in the order of the text, and the units (documents, or stretches of windows) that they form."""

    targets: np.ndarray[Any, Any]
    """(N) token ids."""
    nats: np.ndarray[Any, Any]
    """(N) −ln p of each."""
    confidence: np.ndarray[Any, Any]
    """(N) the probability of the likeliest token."""
    hit: np.ndarray[Any, Any]
    """(N) whether the likeliest token is the one."""
    place: np.ndarray[Any, Any]
    """(N) how many tokens of its window and document the model saw before the last one, from 0."""
    runs: tuple[tuple[int, int], ...]
    """Where tokens follow each other in the text: the first of each run, and the token that stands before it."""
    unit: np.ndarray[Any, Any]
    """(N) the number of the unit, ascending from 0."""
    whole: np.ndarray[Any, Any]
    """(U) whether a unit is a whole document."""
    documents: bool
    """Whether units are documents."""

    @property
    def units(self) -> int:
        """U."""
        return len(self.whole)

    @cached_property
    def borders(self) -> np.ndarray[Any, Any]:
        """(U + 1) where each unit begins, and the end."""
        found: np.ndarray[Any, Any] = np.searchsorted(self.unit, np.arange(self.units + 1))
        return found

    def per_unit(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The sum of `values` (N) in each unit, (U)."""
        return np.bincount(self.unit, values, minlength=self.units)


@dataclass(frozen=True)
class Sizes:
    """What each token stands for, (V) each; 0 for special tokens."""

    bytes: np.ndarray[Any, Any]
    characters: np.ndarray[Any, Any]


def sizes(processor: TextProcessor) -> Sizes:
    """Bytes of UTF-8 and characters of each token; a character counts where its first byte is."""
    counts = processor.token_bytes()
    if not isinstance(processor, TokenProcessor):
        return Sizes(counts, np.minimum(counts, 1))
    characters = np.zeros_like(counts)
    spelt = spelling(processor)
    for token, i in processor.tokenizer.get_vocab(with_added_tokens=True).items():
        if counts[i]:
            characters[i] = sum(byte & 0xC0 != 0x80 for byte in spelt(token))
    return Sizes(counts, characters)


def most_tokens(parameters: int) -> int:
    """How many tokens of a split are scored at most, of a model of that size."""
    return int(min(MOST, max(FEWEST, WORK / (2 * max(1, parameters)))))


def score(
    network: nn.Module, data: Dataset, split: Split, most: int = MOST, report: Report | None = None
) -> Scored:
    """Score a split; of one with more than `most` tokens, batches that are spread over it evenly.

    Raises JinjieError when the split has nothing to predict, or the model answers with no number.
    """
    block = int(data.facts["block"])
    limit = None if data.count(split) <= most else max(1, most // (BATCH * block))
    total = min(data.count(split), most)
    parts: dict[str, list[np.ndarray[Any, Any]]] = {
        name: [] for name in ("targets", "nats", "confidence", "hit", "place", "row")
    }
    runs: list[tuple[int, int]] = []
    done = rows = 0
    for batch in _batches(data, split, limit):
        scored = batch["y"] != IGNORED
        if not scored.any():
            continue
        if limit is not None or not runs:
            runs.append((done, int(batch["x"][scored][0])))
        found = _of_batch(network, batch, scored)
        found["place"] = _places(batch)[scored]
        found["row"] = np.broadcast_to(rows + np.arange(len(scored))[:, None], scored.shape)[scored]
        for name, values in found.items():
            parts[name].append(values)
        rows += len(scored)
        done += int(scored.sum())
        tell(report, say("evaluate.text.scoring"), done, max(total, done))
    if not done:
        raise JinjieError("evaluate.text.too_short", split=split, count=data.count(split), block=block)
    made = {name: np.concatenate(values) for name, values in parts.items()}
    row = made.pop("row")
    if bad := int((~np.isfinite(made["nats"])).sum()):
        raise JinjieError("evaluate.text.not_finite", count=bad, total=done)
    begins = {first for first, _ in runs}
    ends = document_ends(cast(TextProcessor, data.processor), made["targets"])
    documents = ends is not None and int(ends.sum()) >= DOCUMENTS
    if ends is None or not documents:
        unit = _stretches(row, begins)
        whole = np.zeros(int(unit[-1]) + 1, bool)
    else:
        unit, whole = _documents(ends, begins, limit is None)
    return Scored(**made, runs=tuple(runs), unit=unit, whole=whole, documents=documents)


def _batches(data: Dataset, split: Split, limit: int | None) -> Iterator[Arrays]:
    """The split's batches; of a stream that is shorter than a window, the one short window that it is."""
    none = True
    for batch in data.batches(split, BATCH, limit):
        none = False
        yield batch
    stream = getattr(data, "streams", {}).get(split)
    if none and isinstance(stream, np.ndarray) and len(stream) > 1:
        ids = stream.astype(np.int64)[None]
        yield {"x": ids[:, :-1], "y": ids[:, 1:]}


def _of_batch(
    network: nn.Module, batch: Arrays, scored: np.ndarray[Any, Any]
) -> dict[str, np.ndarray[Any, Any]]:
    x = task.like(network, batch["x"])
    sight = {"documents": task.like(network, batch["documents"])} if "documents" in batch else {}
    model = cast(Any, network)
    pieces = []
    chosen, wanted = torch.from_numpy(scored), torch.from_numpy(batch["y"][scored])
    with torch.no_grad():
        if hasattr(network, "unembedding"):
            hidden = model.hidden(x, **sight)[chosen.to(x.device)]
            size = max(1, SCORES // len(model.unembedding))
            made: Iterator[Any] = (model.logits(hidden[i : i + size]) for i in range(0, len(hidden), size))
        else:
            made = iter([model(x, **sight)[chosen.to(x.device)]])
        begin = 0
        for logits in made:
            logits = logits.float().cpu()
            targets = wanted[begin : begin + len(logits)]
            begin += len(logits)
            whole = logits.logsumexp(-1)
            best, guess = logits.max(-1)
            nats = whole - logits.gather(-1, targets[:, None])[:, 0]
            pieces.append((nats, (best - whole).exp(), guess == targets))
    nats, confidence, hit = (torch.cat(part).numpy() for part in zip(*pieces, strict=True))
    return {
        "targets": batch["y"][scored],
        "nats": nats.astype(np.float64),
        "confidence": confidence.astype(np.float64),
        "hit": hit,
    }


def _places(batch: Arrays) -> np.ndarray[Any, Any]:
    """(B, T) how far each place is from where its document begins in the window."""
    rows, time = batch["x"].shape
    places = np.broadcast_to(np.arange(time), (rows, time))
    if "documents" not in batch:
        return places
    new = np.diff(batch["documents"], axis=1, prepend=-1) != 0
    begins: np.ndarray[Any, Any] = np.maximum.accumulate(np.where(new, places, 0), axis=1)
    found: np.ndarray[Any, Any] = places - begins
    return found


def document_ends(processor: TextProcessor, ids: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """(N) whether a document ends with each token; None where the tokens do not tell.

    A document's end is one of the tokens for it, or the text that ends one. Where the next one's start is the last part
    of that text, as one of two line breaks is, it belongs to the next.
    """
    if processor.ends:
        return np.isin(ids, processor.ends)
    if not processor.end:
        return None
    own = processor.end.removesuffix(processor.start) or processor.end
    words = np.array(processor.ids(processor.end))
    found = np.zeros(len(ids), bool)
    if len(ids) >= len(words):
        windows = np.lib.stride_tricks.sliding_window_view(ids, len(words))
        places = np.flatnonzero((windows == words).all(1)) + len(processor.ids(own)) - 1
        found[places] = True
    return found


def _documents(
    ends: np.ndarray[Any, Any], begins: set[int], all_of_it: bool
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Numbers (N) of documents that end where `ends` says and at the borders of runs, and which of them are whole.

    What stands before the first end of a run, and behind its last, may be a part of one.
    """
    first = np.zeros(len(ends), bool)
    first[1:] = ends[:-1]
    first[list(begins)] = True
    unit = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    lasts = np.append(starts[1:], len(ends)) - 1
    whole = ends[lasts].copy()
    whole &= ~np.isin(starts, [place for place in begins if not (all_of_it and place == 0)])
    return unit, whole


def _stretches(row: np.ndarray[Any, Any], begins: set[int]) -> np.ndarray[Any, Any]:
    """Numbers (N) of stretches: windows that follow each other, until they have STRETCH tokens."""
    unit = np.zeros(len(row), np.int64)
    number = size = 0
    borders = np.append(np.flatnonzero(np.diff(row)) + 1, len(row))
    first = 0
    for last in borders.tolist():
        if size and (size >= STRETCH or first in begins):
            number, size = number + 1, 0
        unit[first:last] = number
        size += last - first
        first = last
    return unit
