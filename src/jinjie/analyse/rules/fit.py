"""Rules about how well the model fits and how long it was given: over- and under-fitting, and the budget."""

from __future__ import annotations

from typing import Any

from jinjie.analyse.evidence import Evidence
from jinjie.analyse.rules.finding import Finding, Lacks, Rule, percent, short
from jinjie.base.words import text

TURNED, TURNED_FAR = 0.05, 0.15
"""Validation loss above its own best, in units of the baseline's: healthy runs here end under 0.03."""
GAP, WIDE_GAP = 0.2, 0.4
"""Validation loss above training loss: healthy runs here end under 0.1. Small splits need more (`_doubt`)."""
FALLING = 0.04
"""Of all that validation loss fell, what came in the last quarter: under 0.02 in healthy runs here."""
NARROW = 8
"""A layer of fewer units than this is where a network of this course stops learning."""


def overfit(seen: Evidence) -> Finding | Lacks | None:
    """Validation turns up or stays far above while training falls: the examples are learned by heart."""
    if len(seen.looks) < 3:
        return Lacks(text("diagnose.lacks.looks"))
    train, best, last = seen.trained(seen.last), seen.best, seen.last
    then = seen.trained(best)
    if train is None:
        return Lacks(text("diagnose.lacks.train"))
    turn = (last.loss - best.loss) / seen.unit if then is None or train < then else 0.0
    gap = (last.loss - train) / seen.unit
    if (turn < TURNED and gap < GAP) or gap < GAP / 4 or (turn < TURNED_FAR and gap < 2 * _doubt(seen)):
        return None
    severe = turn > TURNED_FAR or gap > WIDE_GAP
    evidence = [text("diagnose.saw.gap", train=short(train), validation=short(last.loss), step=last.step)]
    if turn >= TURNED:
        evidence.append(
            text("diagnose.saw.turned", best=short(best.loss), step=best.step, last=short(last.loss))
        )
    change: dict[str, Any] = {"budget.patience": 3}
    dropout, decay = seen.setting("model.dropout"), seen.setting("optimizer.weight_decay")
    if seen.linear and decay is not None:  # there is no hidden unit to be silenced
        change["optimizer.weight_decay"] = max(0.1, 10 * decay)
    elif dropout is not None and dropout < 0.3:
        change["model.dropout"] = 0.3
    return Finding(
        "overfit",
        "high" if severe else "medium",
        "certain" if turn > TURNED_FAR else "likely",
        text("diagnose.overfit.name"),
        tuple(evidence),
        text("diagnose.overfit.advice"),
        ("overfitting", "dropout-and-batchnorm"),
        change,
        ("idle",),
    )


def _doubt(seen: Evidence) -> float:
    """The standard error of the last validation loss, in units of the baseline's: that of a mean of squared normal
    errors, √(2/N) of itself. Ten examples say little."""
    return float(seen.last.loss * (2 / max(1, seen.count("validation"))) ** 0.5 / seen.unit)


def little_data(seen: Evidence) -> Finding | Lacks | None:
    """Few examples for so many weights, and held-out examples go worse than known ones."""
    examples, weights = seen.count("train"), int(seen.started.get("parameters", 0))
    if not seen.looks or not examples or (train := seen.trained(seen.last)) is None:
        return Lacks(text("diagnose.lacks.train"))
    gap = (seen.last.loss - train) / seen.unit
    # Of fewer than a hundred, two weights an example are enough to learn them by heart.
    many = weights >= (10 if examples >= 100 else 2) * examples
    if examples >= 1000 or not many or gap < max(GAP / 2, _doubt(seen)):
        return None
    return Finding(
        "little_data",
        "medium",
        "likely",
        text("diagnose.little_data.name"),
        (
            text("diagnose.saw.examples", examples=f"{examples:,}", weights=f"{weights:,}"),
            text(
                "diagnose.saw.gap", train=short(train), validation=short(seen.last.loss), step=seen.last.step
            ),
        ),
        text("diagnose.little_data.advice"),
        ("overfitting", "augmentation"),
        {"budget.patience": 3},
    )


def too_small(seen: Evidence) -> Finding | Lacks | None:
    """Training itself has stopped falling far above nought, and validation is no worse."""
    if len(seen.looks) < 3:
        return Lacks(text("diagnose.lacks.looks"))
    third = seen.looks[2 * len(seen.looks) // 3]
    end, before, begin = seen.end(), seen.trained(third), seen.start()
    if end is None or before is None or begin is None:
        return Lacks(text("diagnose.lacks.train"))
    left, gap = end / seen.unit, (seen.last.loss - end) / seen.unit
    # Tiny layers creep: what still falls by a fifth of its own height a third of the run is unfinished instead.
    if left < 0.25 or gap > max(GAP, 2 * _doubt(seen)) or (before - end) / seen.unit > 0.08 or _moving(seen):
        return None
    linear = seen.setting("model.kind") == "linear"
    hidden = seen.setting("model.hidden")
    narrow = linear or (seen.linear and seen.unlearned) or (bool(hidden) and min(hidden) < NARROW)
    change: dict[str, Any] = {}
    if linear:
        change = {"model.kind": "mlp"}
    elif seen.linear:
        change = {"model.hidden": [64]}
    elif hidden:
        change = {"model.hidden": [max(64, 2 * width) for width in hidden]}
    elif (layers := seen.setting("model.layers")) is not None:
        change = {"model.layers": layers + 2}
    return Finding(
        "too_small",
        "medium" if narrow else "low",
        "likely" if narrow else "possible",
        text("diagnose.too_small.name"),
        (
            text("diagnose.saw.flat_high", end=short(end), share=percent(left), baseline=short(seen.unit)),
            text("diagnose.saw.weights", weights=f"{int(seen.started.get('parameters', 0)):,}"),
        ),
        text("diagnose.too_small.advice"),
        ("neuron-and-layer", "overfitting"),
        change,
    )


def _moving(seen: Evidence) -> bool:
    return seen.setting("model.kind") != "linear" and _late_share(seen) > 0.12


def _late_share(seen: Evidence) -> float:
    """How much of all that validation loss fell came in the last quarter of the evaluations."""
    losses = [look.loss for look in seen.looks]
    whole = losses[0] - losses[-1]
    quarter = losses[-1 - max(1, len(losses) // 4)]
    return (quarter - losses[-1]) / whole if whole > 0.01 * seen.unit else 0.0


def impatient(seen: Evidence) -> Finding | Lacks | None:
    """Early stopping ended the run while it was still learning."""
    if not seen.finished.get("early"):
        return None
    patience = int(seen.setting("budget.patience") or 0)
    begin, end = seen.start(), seen.end()
    if begin is None or end is None or patience > 3:
        return None
    young = seen.done < 0.25 * seen.total and seen.last.loss - seen.best.loss < TURNED * seen.unit
    if not (young and end < begin) and _late_share(seen) < 0.08:
        return None
    return Finding(
        "impatient",
        "medium",
        "likely",
        text("diagnose.impatient.name"),
        (
            text("diagnose.saw.early", step=seen.done, total=seen.total, patience=patience),
            text("diagnose.saw.training", begin=short(begin), end=short(end)),
        ),
        text("diagnose.impatient.advice"),
        ("overfitting",),
        {"budget.patience": max(5, 3 * patience)},
        ("unfinished", "too_small"),
    )


def unfinished(seen: Evidence) -> Finding | Lacks | None:
    """Validation was still falling at its best pace when the budget ran out."""
    if len(seen.looks) < 4:
        return Lacks(text("diagnose.lacks.looks"))
    share = _late_share(seen)
    third, end = seen.trained(seen.looks[2 * len(seen.looks) // 3]), seen.end()
    if seen.setting("task.kind") == "prefer":
        return None  # its loss falls as long as the margin widens, and texts fall apart meanwhile
    if share < FALLING or seen.last.loss > 1.02 * seen.best.loss:
        return None
    if third is None or end is None or third - end < 0.01 * seen.unit:
        return None
    steps = seen.setting("budget.steps")
    longer = (
        {"budget.steps": 3 * steps}
        if steps
        else {"budget.epochs": 3 * int(seen.setting("budget.epochs") or 1)}
    )
    return Finding(
        "unfinished",
        "medium",
        "likely",
        text("diagnose.unfinished.name"),
        (
            text(
                "diagnose.saw.still_falling",
                share=percent(share),
                last=short(seen.last.loss),
                step=seen.last.step,
            ),
        ),
        text("diagnose.unfinished.advice"),
        ("gradient-descent", "learning-rate"),
        longer,
        ("too_small",),
    )


def few_looks(seen: Evidence) -> Finding | Lacks | None:
    """Too few evaluations to see a turn by."""
    if len(seen.looks) > 3 or seen.done < 50 or seen.failed:
        return None
    return Finding(
        "few_looks",
        "medium",
        "certain",
        text("diagnose.few_looks.name"),
        (text("diagnose.saw.looks", count=len(seen.looks), steps=seen.done),),
        text("diagnose.few_looks.advice"),
        ("overfitting", "debug-a-run"),
        {"budget.evaluate_every": max(1, seen.total // 20)},
    )


def noisy(seen: Evidence) -> Finding | Lacks | None:
    """Batches of a few examples: each step is mostly their accident."""
    batch = int(seen.setting("budget.batch") or 0)
    if not 0 < batch <= 4 or seen.count("train") < 32:
        return None
    return Finding(
        "noisy",
        "low",
        "certain",
        text("diagnose.noisy.name"),
        (text("diagnose.saw.batch", batch=batch),),
        text("diagnose.noisy.advice"),
        ("gradient-descent",),
        {"budget.batch": 32},
    )


def idle(seen: Evidence) -> Finding | Lacks | None:
    """A plateau: the best model was there long before the end, and nothing came after."""
    if len(seen.looks) < 6:
        return None
    enough = next(look for look in seen.looks if look.loss - seen.best.loss <= 0.01 * seen.unit)
    if enough.step > 0.5 * seen.done or seen.unlearned:
        return None
    return Finding(
        "idle",
        "low",
        "likely",
        text("diagnose.idle.name"),
        (
            text(
                "diagnose.saw.idle",
                step=enough.step,
                loss=short(enough.loss),
                best=short(seen.best.loss),
                done=seen.done,
            ),
        ),
        text("diagnose.idle.advice"),
        ("learning-rate",),
        {"budget.patience": 3},
    )


FIT = (
    Rule("overfit", "diagnose.overfit.asks", overfit),
    Rule("impatient", "diagnose.impatient.asks", impatient),
    Rule("too_small", "diagnose.too_small.asks", too_small),
    Rule("little_data", "diagnose.little_data.asks", little_data),
)
BUDGET = (
    Rule("unfinished", "diagnose.unfinished.asks", unfinished),
    Rule("few_looks", "diagnose.few_looks.asks", few_looks),
    Rule("noisy", "diagnose.noisy.asks", noisy),
    Rule("idle", "diagnose.idle.asks", idle),
)
