"""The long look at a model that writes: what held-out text costs it, what it writes, what it knows, how quick it is."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, cast

from jinjie.analyse import bootstrap, measures
from jinjie.analyse.benchmark.asking import ask_all
from jinjie.analyse.evaluation import Bin, Note, Score
from jinjie.analyse.ngrams import ORDER, KneserNey, unigram_nats
from jinjie.analyse.texts.examples import best_and_worst, written
from jinjie.analyse.texts.scoring import Scored, Sizes, most_tokens, score, sizes
from jinjie.analyse.texts.speed import speed
from jinjie.analyse.texts.values import Place, Texts
from jinjie.base import words
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Dataset, Report, Split, TextProcessor
from jinjie.data.fetch import tell
from jinjie.tasks.language import BATCH, IGNORED
from jinjie.tasks.task import Task

if TYPE_CHECKING:
    import numpy as np
    from torch import nn
else:
    np = lazy("numpy")

COUNTED = 5_000_000
"""Training tokens that the baselines are counted from at most."""
LN2 = 0.6931471805599453

Values = dict[str, Any]
"""Fields of an Evaluation."""


def language(
    network: nn.Module,
    learnt: Task,
    data: Dataset,
    split: Split,
    samples: int,
    seed: int,
    report: Report | None = None,
) -> tuple[Values, str]:
    """Scores, calibration, examples, benchmark and speed, as fields of an Evaluation; and each unit's loss as a CSV.

    Raises JinjieError as `score` does.
    """
    processor = cast(TextProcessor, data.processor)
    parameters = sum(p.numel() for p in network.parameters())
    scored = score(network, data, split, most_tokens(parameters), report)
    size = sizes(processor)
    train = _counted(data)
    beside: dict[str, np.ndarray[Any, Any]] = {}
    if len(train):
        tell(report, say("evaluate.text.counting"), 0, None)
        vocabulary = int(max(processor.vocabulary, train.max() + 1, scored.targets.max() + 1))
        beside["trivial"] = unigram_nats(train, scored.targets, vocabulary)
        beside["ngram"] = _ngram(KneserNey(train, ORDER, vocabulary), scored)
    scores = _scores(scored, size, beside, samples, seed)
    if len(train):
        commonest = int(np.bincount(train).argmax())
        trivial = float((scored.targets == commonest).mean())
        scores["next_token"] = scores["next_token"].model_copy(update={"trivial": trivial})
    best, worst = best_and_worst(scored, processor, size)
    tell(report, say("evaluate.text.writing"), 0, None)
    batch = next(iter(data.batches("train", BATCH, 1)), None) or next(iter(data.batches(split, BATCH, 1)))
    texts = Texts(
        documents=scored.documents,
        units=scored.units,
        tokens=len(scored.nats),
        of=data.count(split),
        bytes=int(size.bytes[scored.targets].sum()),
        ngram_order=ORDER if len(train) else None,
        ngram_tokens=len(train),
        places=_places(scored),
        best=best,
        worst=worst,
        written=written(network, processor, scored, seed),
        benchmarks=tuple(ask_all(network, processor, report)),
        speed=speed(network, learnt, batch),
    )
    place = measures.bin_of(scored.confidence)
    values: Values = {
        "examples": len(scored.nats),
        "trivial": "",
        "scores": scores,
        "bins": tuple(
            Bin(
                count=int((place == number).sum()),
                confidence=float(scored.confidence[place == number].mean()),
                right=float(scored.hit[place == number].mean()),
            )
            for number in np.unique(place)
        ),
        "texts": texts,
    }
    return values, _csv(scored, size, processor)


def notes(texts: Texts) -> list[Note]:
    """What to know before the numbers are believed."""
    found = []
    if texts.tokens < texts.of // 2:
        found.append(words.text("evaluate.note.part", count=texts.tokens, of=texts.of))
    if texts.units < 30:
        found.append(words.text("evaluate.note.few_units", count=texts.units))
    return [Note(**text.both()) for text in found]


def _counted(data: Dataset) -> np.ndarray[Any, Any]:
    """The training tokens in order, as the model is to predict them; at most COUNTED."""
    parts, count = [np.zeros(0, np.int64)], 0
    for batch in data.batches("train", BATCH):
        kept = batch["y"][batch["y"] != IGNORED]
        parts.append(kept)
        count += len(kept)
        if count >= COUNTED:
            break
    return np.concatenate(parts)[:COUNTED]


def _ngram(model: KneserNey, scored: Scored) -> np.ndarray[Any, Any]:
    """−ln p of each scored token under an n-gram model, which sees what stands before in its run: (N)."""
    borders = [*(first for first, _ in scored.runs), len(scored.targets)]
    parts = [
        model.nats(np.append(before, scored.targets[first:last]))[1:]
        for (first, before), last in zip(scored.runs, borders[1:], strict=True)
    ]
    return np.concatenate(parts)


def _scores(
    scored: Scored, size: Sizes, beside: dict[str, np.ndarray[Any, Any]], samples: int, seed: int
) -> dict[str, Score]:
    """Each score with its interval from draws of the units, and the same of the baselines."""
    count = scored.per_unit(np.ones(len(scored.nats)))
    characters = scored.per_unit(size.characters[scored.targets])
    weight = scored.per_unit(size.bytes[scored.targets])
    hits = scored.per_unit(scored.hit)
    place = measures.bin_of(scored.confidence)
    gap = (scored.hit - scored.confidence) / len(scored.nats)
    gaps = np.zeros((scored.units, measures.BINS))
    np.add.at(gaps, (scored.unit, place), gap)

    def of(nats: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        total = weights @ nats
        loss = total / np.maximum(1, weights @ count)
        return {
            "loss": loss,
            "perplexity": np.exp(np.minimum(loss, 50)),
            "bits_per_token": loss / LN2,
            "bits_per_character": total / LN2 / np.maximum(1, weights @ characters),
            "bits_per_byte": total / LN2 / np.maximum(1, weights @ weight),
        }

    own = scored.per_unit(scored.nats)

    def drawing(weights: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        every = len(scored.nats) / np.maximum(1, weights @ count)
        return {
            **of(own, weights),
            "next_token": weights @ hits / np.maximum(1, weights @ count),
            "gaps": (weights @ gaps) * every[:, None],
        }

    once = np.ones((1, scored.units))
    points = {name: values[0] for name, values in drawing(once).items()}
    drawn = bootstrap.resampled(drawing, scored.units, samples, seed)
    sides = {side: of(scored.per_unit(nats), once) for side, nats in beside.items()}
    found = {}
    for name in ("loss", "perplexity", "bits_per_token", "bits_per_character", "bits_per_byte"):
        low, high = bootstrap.of_size(float(points[name]), drawn[name]) or (None, None)
        reached = {side: float(values[name][0]) for side, values in sides.items()}
        found[name] = Score(value=float(points[name]), low=low, high=high, **reached)
    loss = found["loss"]
    if loss.low is not None and loss.high is not None:
        update = {"low": float(np.exp(min(loss.low, 50))), "high": float(np.exp(min(loss.high, 50)))}
        found["perplexity"] = found["perplexity"].model_copy(update=update)
    right = float(points["next_token"])
    low, high = bootstrap.of_share(right, drawn["next_token"]) or (None, None)
    found["next_token"] = Score(value=right, low=low, high=high)
    low, high = bootstrap.of_sum(points["gaps"], drawn["gaps"], _chance(scored, place, samples, seed))
    found["ece"] = Score(value=float(np.abs(points["gaps"]).sum()), low=low, high=high)
    return found


def _chance(scored: Scored, place: np.ndarray[Any, Any], samples: int, seed: int) -> np.ndarray[Any, Any]:
    """As `bootstrap.by_chance`, (R, bins), of so many tokens that each bin's sum is drawn at once, as a normal one."""
    from jinjie.base.seeds import numpy_generator

    variance = np.bincount(place, scored.confidence * (1 - scored.confidence), minlength=measures.BINS)
    made: np.ndarray[Any, Any] = numpy_generator(seed, "calibrated").normal(
        0, np.sqrt(variance) / len(place), (samples, measures.BINS)
    )
    return made


def _places(scored: Scored) -> tuple[Place, ...]:
    """The mean loss by how much text is in sight, in ranges that double."""
    found, first = [], 0
    while first <= int(scored.place.max()):
        last = max(first, first * 2 - 1)
        inside = (scored.place >= first) & (scored.place <= last)
        if inside.any():
            most = min(last, int(scored.place.max()))
            mean = float(scored.nats[inside].mean())
            found.append(Place(first=first, last=most, count=int(inside.sum()), nats=mean))
        first = last + 1
    return tuple(found)


def _csv(scored: Scored, size: Sizes, processor: TextProcessor) -> str:
    """A row a unit: `index`, `tokens`, `bytes`, `nats`, `bits_per_byte`, and how the text begins."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["index", "tokens", "bytes", "nats", "bits_per_byte", "begins"])
    nats, weight = scored.per_unit(scored.nats), scored.per_unit(size.bytes[scored.targets])
    for number in range(scored.units):
        first, last = scored.borders[number], scored.borders[number + 1]
        begins = processor.text(scored.targets[first : min(last, first + 16)].tolist())
        rate = f"{nats[number] / LN2 / weight[number]:.6f}" if weight[number] else ""
        writer.writerow([number, last - first, int(weight[number]), f"{nats[number]:.6f}", rate, begins])
    return out.getvalue()
