"""The long look at a finished model: every score of a split with its interval, and what it gets wrong.

The model is the one that the run kept; it is only asked, nothing of the split is learned from. What comes out is in
`evaluation.py`, how scores are defined in `measures.py`, how sure they are in `bootstrap.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from jinjie.analyse import answers, bootstrap, measures
from jinjie.analyse.evaluation import (
    TASKS,
    Bin,
    ClassScores,
    Curve,
    Evaluation,
    Mistake,
    Note,
    Score,
    Threshold,
)
from jinjie.analyse.linear_texts import Linear, linear
from jinjie.base import words
from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy
from jinjie.data.dataset import Dataset, Report
from jinjie.data.questions.pairs import Questions
from jinjie.data.texts import Texts
from jinjie.tasks.answer import Answer
from jinjie.tasks.classify import Classify
from jinjie.tasks.language import Language
from jinjie.tasks.masked import Masked
from jinjie.tasks.regress import Regress
from jinjie.tasks.tag import Tag
from jinjie.training.finished import Finished, model_folder, open_finished
from jinjie.training.runs import Run

if TYPE_CHECKING:
    import numpy as np
    import torch
else:
    np = lazy("numpy")
    torch = lazy("torch")

Held = Literal["validation", "test"]
LISTED = 24
"""Mistakes kept."""
DRAWN = 6
"""Classes that have curves of their own."""
POINTS = 200
"""Points of a curve; more cannot be seen."""
FEW = 100
"""Examples below which the draws themselves are coarse."""
SIZES = ("log_loss", "mae", "rmse")
"""Scores that end at 0 below and nowhere above."""
_BATCH = 1000


class Made(NamedTuple):
    """An evaluation, the pictures (N, height, width, 3) of its mistakes where its data is pictures, and the model's
    answers to all examples as a CSV."""

    evaluation: Evaluation
    pixels: np.ndarray[Any, Any] | None
    answers: str


def evaluate(
    run: Run,
    split: Held = "test",
    samples: int = bootstrap.SAMPLES,
    seed: int = 0,
    report: Report | None = None,
) -> Made:
    """Ask the run's model for every example of a split.

    Raises JinjieError when there is no model yet, the split is empty, the model's answers are no numbers, or the task
    is none of TASKS.
    """
    if run.recipe.task.kind not in TASKS:
        raise JinjieError("evaluate.other_task", run=run.name, task=run.recipe.task.kind)
    model = open_finished(model_folder(str(run.path)))
    data = run.recipe.data.load(report)
    if not data.count(split):
        raise JinjieError("evaluate.empty", run=run.name, split=split)
    if isinstance(model.task, Tag) and isinstance(data, Texts):
        from jinjie.analyse.names import names

        values, listed = names(model.network, model.task, data, split, samples, seed, report)
        return _of_texts("tag", run, model, data, split, samples, seed, values, listed)
    if isinstance(model.task, Language | Masked):
        from jinjie.analyse.evaluate_texts import Told, of_text

        told = Told(run.name, run.recipe.name, _notes(run, data, split, []))
        return of_text(told, model, data, split, samples, seed, report)
    if isinstance(model.task, Answer) and isinstance(data, Questions):
        from jinjie.analyse.spans import spans

        values, listed = spans(model.network, model.task, data, split, samples, seed)
        return _of_texts("answer", run, model, data, split, samples, seed, values, listed)
    if isinstance(model.task, Classify):
        beside = linear(data, split, report) if isinstance(data, Texts) else None
        return _classified(run, model, model.task, data, beside, split, samples, seed)
    return _regressed(run, model, cast(Regress, model.task), data, split, samples, seed)


def _of_texts(
    kind: Literal["tag", "answer"],
    run: Run,
    model: Finished,
    data: Texts,
    split: Held,
    samples: int,
    seed: int,
    values: dict[str, Any],
    listed: str,
) -> Made:
    facts = _facts(run, model, data, split, samples, seed)
    return Made(Evaluation(kind=kind, **facts, **values, notes=_notes(run, data, split, [])), None, listed)


def _classified(
    run: Run,
    model: Finished,
    task: Classify,
    data: Dataset,
    beside: Linear | None,
    split: Held,
    samples: int,
    seed: int,
) -> Made:
    made = _predicted(run, model, task, data, split)
    labels = tuple(getattr(data.processor, "labels", [str(k) for k in range(made.classes)]))
    known = np.zeros(made.classes)
    for batch in data.batches("train", _BATCH):
        known += np.bincount(batch["y"], minlength=made.classes)
    # One example more of each class: a class that training lacks would make the trivial log-loss infinite.
    shares = np.log((known + 1) / (known + 1).sum())
    trivial = measures.predictions(np.tile(shares, (len(made.y), 1)), made.y)
    threshold = None
    if made.classes == 2:
        seen = made if split == "validation" else _predicted(run, model, task, data, "validation")
        threshold = measures.best_threshold(seen)

    def score(weights: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        whole, each = measures.classification(made, weights)
        found = {**whole, **{f"each {name}": values for name, values in each.items()}}
        found["gaps"] = measures.gaps(made, weights)
        if threshold is not None:
            moved = measures.at_threshold(made, threshold, weights)
            found |= {f"moved {name}": values for name, values in moved.items()}
        return found

    once = np.ones((1, len(made.y)))
    points = {name: values[0] for name, values in score(once).items()}
    drawn = bootstrap.resampled(score, len(made.y), samples, seed)
    plain = {name: values[0] for name, values in measures.classification(trivial, once)[0].items()}
    right = int(made.hit.sum())
    of_all = {"accuracy": (right, len(made.y)), "recall_weighted": (right, len(made.y))}  # the same number
    scores = {n: score_of(n, points[n], drawn[n], plain[n], of_all.get(n)) for n in plain}
    place = measures.bin_of(made.confidence)
    chance = bootstrap.by_chance(made.confidence, place, measures.BINS, samples, seed)
    low, high = bootstrap.of_sum(points["gaps"], drawn["gaps"], chance)
    scores["ece"] = scores["ece"].model_copy(update={"low": low, "high": high})
    if beside is not None:
        reached = measures.classification(beside.made, once)[0]
        scores = {n: s.model_copy(update={"linear": _known(reached[n][0])}) for n, s in scores.items()}
    confusion = np.bincount(made.y * made.classes + made.guess, minlength=made.classes**2)
    wrong = np.flatnonzero(~made.hit)
    worst = wrong[np.argsort(-made.confidence[wrong], kind="stable")][:LISTED]
    inputs = _inputs(data, split, worst)
    made_values = Evaluation(
        kind="classify",
        **_facts(run, model, data, split, samples, seed),
        trivial=labels[int(shares.argmax())],
        linear_features=None if beside is None else beside.features,
        scores=scores,
        labels=labels,
        classes=_classes(made, labels, points, drawn),
        confusion=tuple(map(tuple, confusion.reshape(made.classes, made.classes).tolist())),
        threshold=None if threshold is None else _threshold(made, labels[1], threshold, points, drawn),
        bins=_bins(made),
        **_curves(made, labels),
        wrong=len(wrong),
        mistakes=tuple(
            Mistake(
                index=int(i),
                true=labels[made.y[i]],
                said=labels[made.guess[i]],
                share=float(made.confidence[i]),
                true_share=float(np.exp(made.log_shares[i, made.y[i]])),
                words=_words(data, split, int(i), x),
            )
            for i, x in zip(worst, inputs, strict=True)
        ),
        notes=_notes(run, data, split, [labels[k] for k in range(made.classes) if not (made.y == k).any()]),
    )
    return Made(made_values, _pixels(data, inputs), answers.of_classes(made, labels))


def _predicted(run: Run, model: Finished, task: Classify, data: Dataset, split: Held) -> measures.Predictions:
    with torch.no_grad():
        logits, y = task.outputs({"model": model.network}, data, split, None)
    _check_finite(run, logits)
    return measures.predictions(logits.numpy(), y.numpy())


def _check_finite(run: Run, outputs: torch.Tensor) -> None:
    bad = int((~torch.isfinite(outputs)).any(1).sum())
    if bad:
        raise JinjieError("evaluate.not_finite", run=run.name, count=bad, total=len(outputs))


def _facts(run: Run, model: Finished, data: Dataset, split: Held, samples: int, seed: int) -> dict[str, Any]:
    return {
        "run": run.name,
        "recipe": run.recipe.name,
        "data": Note(**data.about.title.both()),
        "split": split,
        "step": int(model.card.get("step", 0)),
        "examples": data.count(split),
        "resamples": samples,
        "seed": seed,
    }


def score_of(
    name: str,
    value: Any,
    drawn: np.ndarray[Any, Any],
    trivial: Any = None,
    share: tuple[int, int] | None = None,
) -> Score:
    """A score with its interval; `share` says that it is so many of so many."""
    if np.isnan(value):
        return Score(value=None)
    known = float(value)
    if name in SIZES:
        found = bootstrap.of_size(known, drawn)
    elif name == "r2":
        found = bootstrap.of_explained(known, drawn)
    else:
        found = bootstrap.of_share(known, drawn) or (bootstrap.exact(*share) if share else None)
    low, high = found or (None, None)
    return Score(value=known, low=low, high=high, trivial=None if trivial is None else _known(trivial))


def _known(value: Any) -> float | None:
    """A score as a plain number, None where it is not defined."""
    return None if np.isnan(value) else float(value)


def _classes(
    made: measures.Predictions,
    labels: Sequence[str],
    points: dict[str, Any],
    drawn: dict[str, np.ndarray[Any, Any]],
) -> tuple[ClassScores, ...]:
    found = []
    for k, label in enumerate(labels):
        there, called = int((made.y == k).sum()), int((made.guess == k).sum())
        hits = int(((made.y == k) & made.hit).sum())
        shares = {"precision": (hits, called), "recall": (hits, there)}
        each = {
            name: score_of(
                name, points[f"each {name}"][k], drawn[f"each {name}"][:, k], None, shares.get(name)
            )
            for name in ("precision", "recall", "f1", "auc")
        }
        found.append(ClassScores(label=label, support=there, predicted=called, **each))
    return tuple(found)


def _threshold(
    made: measures.Predictions,
    label: str,
    threshold: float,
    points: dict[str, Any],
    drawn: dict[str, np.ndarray[Any, Any]],
) -> Threshold:
    half = measures.at_threshold(made, 0.0, np.ones((1, len(made.y))))
    scores = {name: score_of(name, points[f"moved {name}"], drawn[f"moved {name}"]) for name in half}
    at_half = {name: score_of(name, values[0], values).value for name, values in half.items()}
    share = float(1 / (1 + np.exp(-threshold)))
    return Threshold(label=label, share=share, scores=scores, at_half=at_half)


def _bins(made: measures.Predictions) -> tuple[Bin, ...]:
    """The bins that are not empty, from the least sure."""
    place, found = measures.bin_of(made.confidence), []
    for number in np.unique(place):
        inside = place == number
        found.append(
            Bin(
                count=int(inside.sum()),
                confidence=float(made.confidence[inside].mean()),
                right=float(made.hit[inside].mean()),
            )
        )
    return tuple(found)


def _curves(made: measures.Predictions, labels: Sequence[str]) -> dict[str, tuple[Curve, ...]]:
    """ROC and precision-recall curves of class 1 of two, or of each class against the rest."""
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

    once = np.ones((1, len(made.y)))
    able = [k for k in range(made.classes) if 0 < (made.y == k).sum() < len(made.y)]
    areas = {k: float(measures.area(made.margins[:, k], made.y == k, once)[0]) for k in able}
    shown = [k for k in able if k == 1] if made.classes == 2 else sorted(able, key=areas.__getitem__)[:DRAWN]
    roc, precision_recall = [], []
    for k in sorted(shown):
        truth, score = made.y == k, made.margins[:, k]
        false, true, _ = roc_curve(truth, score)
        roc.append(curve(labels[k], false, true, areas[k]))
        precision, recall, _ = precision_recall_curve(truth, score)
        mean = float(average_precision_score(truth, score))
        precision_recall.append(curve(labels[k], recall[::-1], precision[::-1], mean))
    return {"roc": tuple(roc), "precision_recall": tuple(precision_recall)}


def curve(label: str, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], score: float) -> Curve:
    """Points at most as many as can be seen, evenly along the curve: thresholds crowd where it hardly moves."""
    way = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    kept = np.unique(np.append(np.searchsorted(way, np.linspace(0, way[-1], POINTS)), len(x) - 1))
    return Curve(label=label, x=tuple(x[kept].tolist()), y=tuple(y[kept].tolist()), score=score)


def _regressed(
    run: Run, model: Finished, task: Regress, data: Dataset, split: Held, samples: int, seed: int
) -> Made:
    with torch.no_grad():
        outputs, goals = task.outputs({"model": model.network}, data, split, None)
    _check_finite(run, outputs)
    predicted, target = outputs.double().numpy()[:, 0], goals.double().numpy()[:, 0]
    known = np.concatenate([batch["y"] for batch in data.batches("train", _BATCH)])[:, 0]
    mean = float(known.astype(np.float64).mean())
    once = np.ones((1, len(target)))
    points = measures.regression(predicted, target, once)
    plain = measures.regression(np.full(len(target), mean), target, once)

    def score(weights: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        return measures.regression(predicted, target, weights)

    drawn = bootstrap.resampled(score, len(target), samples, seed)
    errors = target - predicted
    worst = np.argsort(-np.abs(errors), kind="stable")[:LISTED]
    spread = np.unique(np.linspace(0, len(target) - 1, min(len(target), 1000)).round().astype(int))
    made = Evaluation(
        kind="regress",
        **_facts(run, model, data, split, samples, seed),
        trivial=f"{mean:.4g}",
        scores={name: score_of(name, points[name][0], drawn[name], plain[name][0]) for name in points},
        residuals=tuple((float(predicted[i]), float(errors[i])) for i in spread),
        mistakes=tuple(
            Mistake(
                index=int(i),
                true=f"{target[i]:.6g}",
                said=f"{predicted[i]:.6g}",
                words=data.processor.describe(x),
            )
            for i, x in zip(worst, _inputs(data, split, worst), strict=True)
        ),
        notes=_notes(run, data, split, []),
    )
    return Made(made, None, answers.of_numbers(predicted, target))


def _inputs(data: Dataset, split: Held, rows: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """The inputs at `rows` of a split, in that order; batches are gone through once more rather than all kept.

    Batches of texts are sorted by length, and say themselves which `row` of the split each one is.
    """
    found: dict[int, np.ndarray[Any, Any]] = {}
    begin = 0
    wanted = set(rows.tolist())
    for batch in data.batches(split, _BATCH):
        numbers = batch.get("row", np.arange(begin, begin + len(batch["x"]))).tolist()
        found |= {number: x for number, x in zip(numbers, batch["x"], strict=True) if number in wanted}
        begin += len(batch["x"])
    return [found[i] for i in rows.tolist()]


def _words(data: Dataset, split: Held, row: int, x: np.ndarray[Any, Any]) -> str:
    """An input as a person reads it: a text as it was written, all else as the processor describes it."""
    if isinstance(data, Texts) and data.splits[split].texts:
        return data.splits[split].texts[row]
    return data.processor.describe(x)


def _pixels(data: Dataset, inputs: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any] | None:
    """Flat inputs (C·H·W) as pictures (N, H, W, 3), from 0 to 1; None where the data is no pictures."""
    shape = tuple(data.facts.get(name, 0) for name in ("channels", "height", "width"))
    if not inputs or shape[0] not in (1, 3) or len(inputs[0].reshape(-1)) != np.prod(shape):
        return None
    pictures = np.stack(inputs).reshape(-1, *shape).transpose(0, 2, 3, 1).astype(np.float64)
    low, high = min(0.0, float(pictures.min())), max(1.0, float(pictures.max()))
    return np.broadcast_to((pictures - low) / (high - low), (*pictures.shape[:3], 3)).copy()


def _notes(run: Run, data: Dataset, split: Held, absent: list[str]) -> tuple[Note, ...]:
    """What one should know before the numbers are believed."""
    from jinjie.training import checkpoint

    found = []
    if not data.about.real:
        found.append(words.text("evaluate.note.synthetic"))
    if run.state() != "finished":
        found.append(words.text("evaluate.note.unfinished"))
    newest = checkpoint.newest(run.path)
    if newest is not None and newest.state.get("fingerprint", data.fingerprint()) != data.fingerprint():
        found.append(words.text("evaluate.note.changed"))
    if split == "validation":
        found.append(words.text("evaluate.note.validation"))
    if data.count(split) < FEW:
        found.append(words.text("evaluate.note.few", count=data.count(split)))
    if absent:
        found.append(words.text("evaluate.note.absent", labels=", ".join(absent)))
    return tuple(Note(**text.both()) for text in found)
