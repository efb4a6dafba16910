"""The long look at a model that fills gaps: how well it finds hidden tokens, and tells what follows what.

What is hidden is the data's doing, the same at every look; rows are what is drawn anew for the intervals.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from jinjie.analyse import bootstrap, measures
from jinjie.analyse.evaluation import Bin, Score
from jinjie.analyse.neighbours import Neighbours
from jinjie.analyse.ngrams import unigram_nats
from jinjie.analyse.texts.examples import EACH
from jinjie.analyse.texts.scoring import most_tokens
from jinjie.analyse.texts.speed import speed
from jinjie.analyse.texts.values import Shown, Texts
from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Arrays, Dataset, Report, Split
from jinjie.data.fetch import tell
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.tasks import task
from jinjie.tasks.masked import BATCH, HIDDEN_FROM_THE_LOSS

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn
else:
    np = lazy("numpy")
    torch = lazy("torch")

COUNTED = 5_000_000
"""Training tokens that the baselines are counted from at most."""
SHORTEST = 4
"""Hidden tokens below which a row is no example: its loss is chance."""


@dataclass(frozen=True)
class Filled:
    """N hidden tokens and R rows."""

    targets: np.ndarray[Any, Any]
    """(N) what stood there."""
    left: np.ndarray[Any, Any]
    right: np.ndarray[Any, Any]
    """(N) the tokens beside each, as the model sees them."""
    nats: np.ndarray[Any, Any]
    confidence: np.ndarray[Any, Any]
    guess: np.ndarray[Any, Any]
    row: np.ndarray[Any, Any]
    """(N) which row, in the order they were asked in."""
    numbers: np.ndarray[Any, Any]
    """(R) the number of each row in the split."""
    texts: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]
    """Each row's tokens as they stood, and where its hidden ones are."""
    follows: np.ndarray[Any, Any] | None
    """(R, 2): −ln p of whether the second part follows, and whether the model is right; None where it is not asked."""

    @property
    def hit(self) -> np.ndarray[Any, Any]:
        found: np.ndarray[Any, Any] = self.guess == self.targets
        return found

    def per_row(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The sum of `values` (N) in each row, (R)."""
        return np.bincount(self.row, values, minlength=len(self.numbers))


def masked(
    network: nn.Module,
    learnt: task.Task,
    data: Dataset,
    split: Split,
    samples: int,
    seed: int,
    report: Report | None = None,
) -> tuple[dict[str, Any], str]:
    """Scores, calibration, examples and speed, as fields of an Evaluation; and each row's loss as a CSV.

    Raises JinjieError when the model has no head for gaps, nothing is hidden, or it answers with no number.
    """
    processor = cast(TokenProcessor, data.processor)
    if getattr(network, "masked", None) is None:
        raise JinjieError("evaluate.text.no_head")
    filled = ask(network, data, split, most_tokens(sum(p.numel() for p in network.parameters())), report)
    tell(report, say("evaluate.text.counting"), 0, None)
    train = _counted(data)
    size = int(max(processor.vocabulary, train.max(initial=0) + 1, filled.targets.max() + 1))
    beside = Neighbours(train, size)
    guess, nats = beside.fill(filled.left, filled.right, filled.targets, processor.special.get("mask"))
    baselines = {
        "trivial": (unigram_nats(train, filled.targets, size), filled.targets == beside.shares.argmax()),
        "ngram": (nats, filled.targets == guess),
    }
    best, worst = _shown(filled, processor)
    place = measures.bin_of(filled.confidence)
    values: dict[str, Any] = {
        "examples": len(filled.numbers),
        "trivial": "",
        "scores": _scores(filled, baselines, place, samples, seed),
        "bins": tuple(
            Bin(
                count=int((place == number).sum()),
                confidence=float(filled.confidence[place == number].mean()),
                right=float(filled.hit[place == number].mean()),
            )
            for number in np.unique(place)
        ),
        "texts": Texts(
            documents=True,
            units=len(filled.numbers),
            tokens=len(filled.targets),
            of=len(filled.targets) * data.count(split) // len(filled.numbers),
            bytes=0,
            ngram_order=2,
            ngram_tokens=len(train),
            best=best,
            worst=worst,
            speed=speed(network, learnt, next(iter(data.batches(split, BATCH, 1)))),
        ),
    }
    return values, _csv(filled, processor)


def ask(network: nn.Module, data: Dataset, split: Split, most: int, report: Report | None = None) -> Filled:
    """Every hidden token of a split; of one with more than `most` tokens, rows that are spread over it evenly."""
    first = next(iter(data.batches(split, BATCH, 1)), None)
    total = data.count(split)
    limit = None if first is None else max(1, most // first["x"].size)
    if limit is not None and limit * BATCH >= total:
        limit = None
    parts: dict[str, list[np.ndarray[Any, Any]]] = {
        name: [] for name in ("targets", "left", "right", "nats", "confidence", "guess", "row")
    }
    numbers: list[int] = []
    texts: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
    follows: list[np.ndarray[Any, Any]] = []
    for batch in data.batches(split, BATCH, limit):
        places = batch["y"] != HIDDEN_FROM_THE_LOSS
        found, next_found = _of_batch(network, batch, places)
        rows, columns = np.nonzero(places)
        edge = np.pad(batch["x"], ((0, 0), (1, 1)), mode="edge")
        found |= {"left": edge[rows, columns], "right": edge[rows, columns + 2], "row": rows + len(numbers)}
        for name, values in found.items():
            parts[name].append(values)
        if next_found is not None:
            follows.append(next_found)
        whole = np.where(places, batch["y"], batch["x"])
        text = batch["documents"] == 0 if "documents" in batch else np.ones_like(places)
        texts += [(whole[i][text[i]], places[i][text[i]]) for i in range(len(whole))]
        numbers += batch.get("row", np.arange(len(numbers), len(numbers) + len(whole))).tolist()
        tell(report, say("evaluate.text.scoring"), len(numbers), total if limit is None else limit * BATCH)
    made = {name: np.concatenate(values) if values else np.zeros(0) for name, values in parts.items()}
    if not len(made["targets"]):
        raise JinjieError("evaluate.text.nothing_hidden", split=split, count=total)
    if bad := int((~np.isfinite(made["nats"])).sum()):
        raise JinjieError("evaluate.text.not_finite", count=bad, total=len(made["nats"]))
    return Filled(
        **made,
        numbers=np.array(numbers),
        texts=texts,
        follows=np.concatenate(follows) if follows else None,
    )


def _of_batch(
    network: nn.Module, batch: Arrays, places: np.ndarray[Any, Any]
) -> tuple[dict[str, np.ndarray[Any, Any]], np.ndarray[Any, Any] | None]:
    model = cast(Any, network)
    ready = {name: task.like(network, values) for name, values in batch.items()}
    with torch.no_grad():
        hidden = model.hidden(ready["x"], ready.get("types"), ready.get("documents"))
        scores = model.masked(hidden[ready["y"] != HIDDEN_FROM_THE_LOSS], model.embed.weight).float()
        shares = scores.log_softmax(-1).cpu()
        targets = torch.from_numpy(batch["y"][places])
        best, guess = shares.max(-1)
        nats = -shares.gather(-1, targets[:, None])[:, 0]
        told = None
        if "follows" in batch and model.next_sentence is not None:
            odds = (
                model.next_sentence(model.pooled(hidden, ready.get("documents")))
                .float()
                .log_softmax(-1)
                .cpu()
            )
            wanted = 1 - torch.from_numpy(batch["follows"])
            right = odds.argmax(-1) == wanted
            told = torch.stack([-odds.gather(-1, wanted[:, None])[:, 0], right.float()], 1).double().numpy()
    found = {
        "targets": targets.numpy(),
        "nats": nats.double().numpy(),
        "confidence": best.exp().double().numpy(),
        "guess": guess.numpy(),
    }
    return found, told


def _counted(data: Dataset) -> np.ndarray[Any, Any]:
    """The training rows as they stood, one behind the other; at most COUNTED tokens."""
    parts, count = [np.zeros(0, np.int64)], 0
    for batch in data.batches("train", BATCH):
        whole = np.where(batch["y"] == HIDDEN_FROM_THE_LOSS, batch["x"], batch["y"])
        text = whole[batch["documents"] == 0] if "documents" in batch else whole.ravel()
        parts.append(text)
        count += len(text)
        if count >= COUNTED:
            break
    return np.concatenate(parts)[:COUNTED]


def _scores(
    filled: Filled,
    baselines: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]],
    place: np.ndarray[Any, Any],
    samples: int,
    seed: int,
) -> dict[str, Score]:
    rows, total = len(filled.numbers), len(filled.targets)
    count, nats, hits = (
        filled.per_row(values) for values in (np.ones(total), filled.nats, filled.hit.astype(float))
    )
    gaps = np.zeros((rows, measures.BINS))
    np.add.at(gaps, (filled.row, place), (filled.hit - filled.confidence) / total)
    follows = filled.follows

    def drawing(weights: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        there = np.maximum(1, weights @ count)
        found = {
            "masked_accuracy": weights @ hits / there,
            "masked_loss": weights @ nats / there,
            "gaps": (weights @ gaps) * (total / there)[:, None],
        }
        if follows is not None:
            each = weights @ follows / weights.sum(1)[:, None]
            found |= {"next_accuracy": each[:, 1], "next_loss": each[:, 0]}
        return found

    points = {name: values[0] for name, values in drawing(np.ones((1, rows))).items()}
    drawn = bootstrap.resampled(drawing, rows, samples, seed)
    beside = {
        "masked_accuracy": {side: float(right.mean()) for side, (_, right) in baselines.items()},
        "masked_loss": {side: float(cost.mean()) for side, (cost, _) in baselines.items()},
        # Half of the pairs follow: always saying the same is right half the time, and costs ln 2.
        "next_accuracy": {"trivial": 0.5},
        "next_loss": {"trivial": float(np.log(2))},
    }
    found: dict[str, Score] = {}
    for name in ("masked_accuracy", "masked_loss", "next_accuracy", "next_loss"):
        if name not in points:
            continue
        value = float(points[name])
        interval = bootstrap.of_size if name.endswith("loss") else bootstrap.of_share
        low, high = interval(value, drawn[name]) or (None, None)
        found[name] = Score(value=value, low=low, high=high, **beside[name])
    chance = bootstrap.by_chance(filled.confidence, place, measures.BINS, samples, seed)
    low, high = bootstrap.of_sum(points["gaps"], drawn["gaps"], chance)
    found["ece"] = Score(value=float(np.abs(points["gaps"]).sum()), low=low, high=high)
    return found


def _shown(filled: Filled, processor: TokenProcessor) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """The rows whose hidden tokens cost least and most: each in brackets, with the guess where it is wrong."""
    count = filled.per_row(np.ones(len(filled.targets)))
    rate = np.where(count >= SHORTEST, filled.per_row(filled.nats) / np.maximum(count, 1), np.nan)
    order = np.argsort(rate, kind="stable")[: int((count >= SHORTEST).sum())]
    few = min(EACH, len(order) // 2)
    begins = np.searchsorted(filled.row, np.arange(len(filled.numbers) + 1))
    best, worst = (
        tuple(_row(filled, processor, int(i), begins) for i in part)
        for part in (order[:few], order[len(order) - few :][::-1])
    )
    return best, worst


def _row(filled: Filled, processor: TokenProcessor, row: int, begins: np.ndarray[Any, Any]) -> Shown:
    ids, hidden = filled.texts[row]
    at = int(begins[row])
    pieces: list[tuple[str, float]] = []
    for token, covered in zip(ids.tolist(), hidden.tolist(), strict=True):
        word = _word(processor, token)
        if covered:
            guess = int(filled.guess[at])
            told = "" if guess == token else f" ≠ {_word(processor, guess).strip()}"
            pieces.append(
                (f"{' ' if word.startswith(' ') else ''}[{word.strip()}{told}]", float(filled.nats[at]))
            )
            at += 1
        else:
            pieces.append((word, 0.0))
    nats = filled.nats[int(begins[row]) : at]
    return Shown(
        index=int(filled.numbers[row]),
        tokens=len(nats),
        nats=float(nats.mean()),
        bits_per_byte=0.0,
        whole=True,
        pieces=tuple(pieces),
    )


def _word(processor: TokenProcessor, token: int) -> str:
    """A WordPiece token as it stands in a text: with a blank before it where it begins a word of letters."""
    word = processor.tokenizer.id_to_token(token) or ""
    if word.startswith("##"):
        return word[2:]
    return f" {word}" if word[:1].isascii() and word[:1].isalnum() else word


def _csv(filled: Filled, processor: TokenProcessor) -> str:
    """A row a row: `index` in the split, `hidden` tokens, how many were `found`, their `nats`, how the text begins."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["index", "hidden", "found", "nats", "begins"])
    count, hits = filled.per_row(np.ones(len(filled.targets))), filled.per_row(filled.hit.astype(float))
    nats = filled.per_row(filled.nats)
    for number in np.argsort(filled.numbers, kind="stable").tolist():
        begins = processor.text(filled.texts[number][0][:16].tolist(), skip_special=True)
        found = [int(filled.numbers[number]), int(count[number]), int(hits[number]), f"{nats[number]:.6f}"]
        writer.writerow([*found, begins])
    return out.getvalue()
