"""Rules about what was given to learn from: leakage, labels, imbalance."""

from __future__ import annotations

from jinjie.analyse.evidence import Evidence
from jinjie.analyse.rules.finding import Finding, Lacks, Rule, Severity, Sure, percent, short
from jinjie.base.words import Text, text

MANY_INPUTS = 8
"""Rows of so many numbers do not repeat by chance; rows of fewer may."""
LEAKED = 0.05
"""Held-out examples known from training: one in twenty moves a score by as much as a better model does."""
PERFECT = {"accuracy": 0.999, "r2": 0.9999}
FEW = 200
"""Training examples under which everything can be learned by heart."""


def leak(seen: Evidence) -> Finding | Lacks | None:
    """Held-out examples stand in the training split too, or all is perfect before much was learned."""
    repeats = seen.started.get("repeats")
    evidence: list[Text] = []
    severity: Severity = "medium"
    sure: Sure = "possible"
    if repeats:
        share = max(repeats.get("validation", 0.0), repeats.get("test", 0.0))
        if share >= LEAKED / 5 and seen.inputs >= MANY_INPUTS or share >= LEAKED:
            said = {"validation": percent(repeats["validation"]), "test": percent(repeats["test"])}
            evidence.append(text("diagnose.saw.repeats", **said))
            if seen.inputs < MANY_INPUTS:
                severity = "low"
            elif share >= LEAKED:
                severity, sure = "high", "certain"
            else:
                sure = "likely"
    if (perfect := _perfect_early(seen)) is not None:
        evidence.append(perfect)
    if evidence:
        return Finding(
            "leak",
            severity,
            sure,
            text("diagnose.leak.name"),
            tuple(evidence),
            text("diagnose.leak.advice"),
            ("measure-quality", "clean-data"),
            {},
            ("overfit",) if severity == "high" else (),
        )
    return None if repeats else Lacks(text("diagnose.lacks.repeats"))


def _perfect_early(seen: Evidence) -> Text | None:
    """A perfect score on real data in the first quarter of the run."""
    if not (seen.started.get("source") or {}).get("real"):
        return None  # a line without noise is meant to be found exactly
    for look in seen.looks[1:]:
        if 4 * look.step > seen.total:
            return None
        for name, bound in PERFECT.items():
            if look.scores.get(name, 0.0) >= bound:
                return text("diagnose.saw.perfect", name=name, value=short(look.scores[name]), step=look.step)
    return None


def uneven(seen: Evidence) -> Finding | Lacks | None:
    """Validation is much easier than training: the splits are not of one kind."""
    end = seen.end()
    if end is None or not seen.looks or "loss" not in seen.last.train:
        return Lacks(text("diagnose.lacks.train"))
    if seen.count("validation") < 50 or seen.last.loss > 0.5 * end or end < 0.3 * seen.unit:
        return None
    return Finding(
        "uneven",
        "medium",
        "possible",
        text("diagnose.uneven.name"),
        (text("diagnose.saw.gap", train=short(end), validation=short(seen.last.loss), step=seen.last.step),),
        text("diagnose.uneven.advice"),
        ("overfitting", "measure-quality"),
        {},
    )


def labels(seen: Evidence) -> Finding | Lacks | None:
    """Whatever the training loss did, validation never got better than guessing without a look at the input."""
    if "loss" not in seen.baseline:
        return Lacks(text("diagnose.lacks.baseline"))
    begin, end = seen.start(), seen.end()
    if len(seen.looks) < 3 or begin is None or end is None:
        return Lacks(text("diagnose.lacks.looks"))
    if not seen.unlearned or seen.setting("model.kind") == "linear":
        return None  # a line may simply be unable: `too_small` says so
    if end < 0.5 * seen.unit and seen.count("train") < FEW:
        return None  # so few can be learned by heart whatever their labels mean: `overfit` says so
    if seen.done < 20:
        return Lacks(text("diagnose.lacks.looks"))
    better = seen.best.scores.get("accuracy", 0.0) - float(seen.baseline.get("accuracy", 1.0))
    spread = (0.25 / max(1, seen.count("validation"))) ** 0.5
    if "accuracy" in seen.best.scores and better > 3 * spread:
        return None
    conflicts = (seen.started.get("repeats") or {}).get("conflicts", 0.0)
    evidence = [
        text(
            "diagnose.saw.never_better",
            best=short(seen.best.loss),
            step=seen.best.step,
            baseline=short(seen.unit),
        ),
        text("diagnose.saw.training", begin=short(begin), end=short(end)),
    ]
    if conflicts > 0.01:
        evidence.append(text("diagnose.saw.conflicts", share=percent(conflicts)))
    # Without a hidden layer either is possible: the labels, or what the model can express (`too_small`).
    return Finding(
        "labels",
        "medium" if seen.linear else "high",
        "possible" if seen.linear else "likely",
        text("diagnose.labels.name"),
        tuple(evidence),
        text("diagnose.labels.advice"),
        ("clean-data", "debug-a-run"),
        {},
        ("overfit", "little_data", "unfinished", "idle") + (() if seen.linear else ("too_small",)),
    )


def imbalance(seen: Evidence) -> Finding | Lacks | None:
    """One class is most of the data, and the model names hardly another."""
    share = seen.baseline.get("accuracy")
    if share is None:
        if "accuracy" in (seen.last.scores if seen.looks else {}):
            return Lacks(text("diagnose.lacks.baseline"))
        return None
    if not seen.looks or share < 0.8:
        return None
    accuracy = seen.last.scores.get("accuracy", 1.0)
    f1 = seen.last.scores.get("f1", 0.0)
    if (accuracy - share) / (1 - share + 1e-9) > 0.3 and f1 > 0.3:
        return None
    if seen.balanced and _told_apart(seen):
        return None  # it pays for the rare classes with accuracy, as it was asked to
    evidence = [
        text("diagnose.saw.majority", share=percent(share), accuracy=percent(accuracy), f1=short(f1)),
        text("diagnose.saw.classes", counts=", ".join(map(str, seen.baseline.get("classes", ())))),
    ]
    ignored = not seen.balanced
    by_data = seen.setting("data.balance") == "none"
    change = {"data.balance": "weights"} if by_data else {"task.loss": "focal"}
    return Finding(
        "imbalance",
        "high" if ignored else "medium",
        "certain" if ignored and f1 < 0.5 else "likely",
        text("diagnose.imbalance.name"),
        tuple(evidence),
        text("diagnose.imbalance.advice"),
        ("class-imbalance", "measure-quality"),
        {**change, "task.best": "f1"},
        ("labels", "too_small", "overfit"),
    )


def _told_apart(seen: Evidence) -> bool:
    """Whether the rare classes are found more often than by naming each as often."""
    auc, f1 = seen.last.scores.get("auc"), seen.last.scores.get("f1", 0.0)
    return auc > 0.6 if auc is not None else f1 > 1.5 / max(2, len(seen.baseline.get("classes", ())))


RULES = (
    Rule("leak", "diagnose.leak.asks", leak),
    Rule("imbalance", "diagnose.imbalance.asks", imbalance),
    Rule("labels", "diagnose.labels.asks", labels),
    Rule("uneven", "diagnose.uneven.asks", uneven),
)
