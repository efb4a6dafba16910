"""Rules about how the weights move: the learning rate, the gradients, the units they leave dead."""

from __future__ import annotations

import math
from statistics import median

from jinjie.analyse.evidence import NOT_FINITE, Evidence
from jinjie.analyse.rules.finding import Finding, Lacks, Rule, percent, short
from jinjie.base.words import Text, text

AFTERMATH = (
    *(
        "dead",
        "labels",
        "too_small",
        "imbalance",
        "overfit",
        "uneven",
        "little_data",
        "unfinished",
        "exploding",
    ),
    *("impatient", "idle", "noisy"),
)
"""What follows by itself once the weights were thrown about."""
RISES = 0.1
"""A loss that ends this much of the baseline's above its own low has turned; a healthy run's noise is under 0.03."""
LEAP = 20.0
"""Gradients this many times the first one's have thrown the weights about: healthy runs here stay under 6."""
LARGE_UPDATE = 0.02
"""A step that moves a language model's weights by more than this share of them keeps it at single tokens' counts."""
LEAPT = 3.0
"""Training losses, medians of three in a row, this many times the baseline's; healthy runs never leave 1.1 upwards."""
DEEP = 5
"""Bounded layers from which on little is learned at all."""
DEAD = 0.45
"""Half of all units dead is no accident: healthy runs here have under 0.2."""
SMALL_UPDATE = 3e-4
"""A step that moves the weights by less than this share of them; 10⁻³ is usual, and here 2·10⁻³ to 10⁻²."""


def rate_high(seen: Evidence) -> Finding | Lacks | None:
    """The loss is not finite, rises, or jumps about; or early gradients threw the weights where nothing is learned."""
    evidence: list[Text] = []
    certain = False
    if str(seen.failed.get("key")) in NOT_FINITE:
        certain = True
        evidence.append(text("diagnose.saw.not_finite", step=seen.done + 1, lr=short(seen.lr)))
    curve = seen.curve()
    if not certain and len(curve) < 3:
        return Lacks(text("diagnose.lacks.curve"))
    end = seen.end()
    if curve and end is not None and len(seen.looks) > 1:
        low = min(loss for look in seen.looks if (loss := seen.trained(look)) is not None)
        late = max(end, curve[-1])
        if end - low > RISES * seen.unit and late > 1.3 * low and curve[-1] > 1.2 * min(curve):
            certain = certain or end > 2 * seen.unit
            evidence.append(text("diagnose.saw.rose", low=short(low), end=short(end)))
        jumps = _jumps(seen)
        if jumps >= 3 and end > 0.2 * seen.unit:
            evidence.append(text("diagnose.saw.jumps", count=jumps, part=percent(0.06)))
        norms = [float(e["norm"]) for e in seen.steps[: max(20, len(seen.steps) // 4)] if e.get("norm")]
        if norms and max(norms) > LEAP * norms[0] and end > 0.2 * seen.unit and _thrown(seen):
            evidence.append(text("diagnose.saw.leap", first=short(norms[0]), most=short(max(norms))))
        most, begin = _highest(seen), seen.start()
        if (
            seen.setting("task.kind") != "regress"  # a squared error leaps by its targets' outliers
            and begin is not None
            and begin < seen.unit * LEAPT / 2
            and most > LEAPT * seen.unit
            and end > 0.2 * seen.unit
        ):
            evidence.append(
                text("diagnose.saw.leapt", most=short(most), baseline=short(seen.unit), end=short(end))
            )
        updates = [look.update for look in seen.looks if look.update is not None]
        updates = updates[: (len(updates) + 1) // 2]  # before a schedule makes them small
        language = seen.setting("task.kind") == "language"
        if language and updates and median(updates) > LARGE_UPDATE and seen.last.loss > 0.85 * seen.unit:
            part = percent(seen.last.loss / seen.unit)
            evidence.append(text("diagnose.saw.large_update", update=short(median(updates)), part=part))
    if not evidence or (not certain and _born_dead(seen)):
        return None
    return Finding(
        "rate_high",
        "high",
        "certain" if certain else "likely",
        text("diagnose.rate_high.name"),
        tuple(evidence),
        text("diagnose.rate_high.advice"),
        ("learning-rate", "debug-a-run"),
        {"optimizer.lr": _tenth(seen.lr)},
        AFTERMATH,
    )


def _highest(seen: Evidence) -> float:
    """The highest that the loss of batches stood, not of one odd batch: medians of three in a row."""
    losses = [float(e["loss"]) for e in seen.steps if math.isfinite(e.get("loss", math.nan))]
    return max(map(median, zip(losses, losses[1:], losses[2:], strict=False)), default=0.0)


def _thrown(seen: Evidence) -> bool:
    """Whether the leap left damage: units dead or at their ends, or a loss above the untrained network's."""
    begin, end = seen.start() or 0.0, seen.end() or 0.0
    return (seen.last.dead or 0.0) > 0.25 or (seen.last.saturated or 0.0) > 0.5 or end > 1.02 * begin


def _born_dead(seen: Evidence) -> bool:
    """Whether the inputs, and no step, keep units from answering."""
    return bool(seen.looks) and (seen.looks[0].dead or 0.0) > 0.25


def _jumps(seen: Evidence) -> int:
    """How often validation loss rose by 6 % of the baseline's from one look to the next and fell as far again."""
    losses = [look.loss for look in seen.looks if 4 * look.step >= seen.done]
    steps = [(b - a) / seen.unit for a, b in zip(losses, losses[1:], strict=False)]
    return min(sum(s > 0.06 for s in steps), sum(s < -0.06 for s in steps))


def rate_low(seen: Evidence) -> Finding | Lacks | None:
    """Almost nothing was learned, steadily, in steps that hardly move the weights."""
    begin, end, curve = seen.start(), seen.end(), seen.curve()
    if begin is None or end is None or len(curve) < 3:
        return Lacks(text("diagnose.lacks.curve"))
    updates = [look.update for look in seen.looks if look.update is not None]
    if not updates:
        return Lacks(text("diagnose.lacks.update"))
    fell = (begin - end) / max(begin, 1e-12)
    if median(updates) > SMALL_UPDATE or not 0 <= fell < 0.25 or end < 0.3 * seen.unit or _starved(seen):
        return None
    return Finding(
        "rate_low",
        "high",
        "likely",
        text("diagnose.rate_low.name"),
        (
            text("diagnose.saw.hardly_fell", begin=short(begin), end=short(end), share=percent(fell)),
            text("diagnose.saw.small_update", update=short(median(updates)), lr=short(seen.lr)),
        ),
        text("diagnose.rate_low.advice"),
        ("learning-rate", "gradient-descent"),
        {"optimizer.lr": float(f"{seen.lr * 10:.3g}")},
        ("labels", "too_small", "unfinished", "imbalance", "idle"),
    )


def _starved(seen: Evidence) -> bool:
    """Whether bounded activations stand in a row of three or more: they, not the rate, make gradients small."""
    bounded = seen.setting("model.activation") in ("sigmoid", "tanh")
    return bounded and len(seen.setting("model.hidden") or ()) >= 3


def vanishing(seen: Evidence) -> Finding | Lacks | None:
    """Bounded activations in many layers, and hardly better than guessing: the gradient is gone before the first."""
    end, hidden = seen.end(), seen.setting("model.hidden") or ()
    if not _starved(seen) or end is None or end < (0.7 if len(hidden) >= DEEP else 0.9) * seen.unit:
        return None
    norms = [float(e["norm"]) for e in seen.steps if "norm" in e]
    return Finding(
        "vanishing",
        "high",
        "likely",
        text("diagnose.vanishing.name"),
        (
            text("diagnose.saw.bounded", layers=len(hidden), activation=seen.setting("model.activation")),
            text("diagnose.saw.no_better", end=short(end), baseline=short(seen.unit)),
            text("diagnose.saw.norm", norm=short(median(norms) if norms else 0.0)),
        ),
        text("diagnose.vanishing.advice"),
        ("activations", "initialization"),
        {"model.activation": "relu"},
        ("labels", "too_small", "rate_low", "imbalance", "unfinished"),
    )


def dead(seen: Evidence) -> Finding | Lacks | None:
    """ReLU units that answer nothing, so that no gradient ever moves them again."""
    if not seen.looks or seen.last.dead is None:
        return Lacks(text("diagnose.lacks.units"))
    share, end = seen.last.dead, seen.end() or 0.0
    if share < 0.25:
        return None
    severe = share >= DEAD and end > 0.2 * seen.unit
    born = seen.looks[0].dead or 0.0
    change = {"optimizer.lr": _tenth(seen.lr)}
    if _born_dead(seen) and seen.setting("data.standardise") is False:
        change = {"data.standardise": True}
    return Finding(
        "dead",
        "high" if severe else "medium",
        "certain" if severe else "likely",
        text("diagnose.dead.name"),
        (text("diagnose.saw.dead", first=percent(born), share=percent(share), step=seen.last.step),),
        text("diagnose.dead.advice"),
        ("activations", "initialization"),
        change,
        ("labels", "too_small", "unfinished") + (("imbalance",) if share > 0.9 else ()) if severe else (),
    )


def exploding(seen: Evidence) -> Finding | Lacks | None:
    """Single gradients many times as long as those around them, and nothing that clips them."""
    norms = [float(e["norm"]) for e in seen.steps if "norm" in e]
    if len(norms) < 30:
        return Lacks(text("diagnose.lacks.curve"))
    if seen.setting("budget.clip") is not None or not seen.looks:
        return None
    spikes = [
        (norm / near, int(event["step"]))
        for i, (norm, event) in enumerate(zip(norms, seen.steps, strict=True))
        if i >= 20 and (near := median(norms[i - 20 : i])) > 0 and norm > 10 * near and _counts(seen, event)
    ]
    if len(spikes) < 3:
        return None
    most, step = max(spikes)
    return Finding(
        "exploding",
        "high" if most > 100 else "medium",
        "likely",
        text("diagnose.exploding.name"),
        (text("diagnose.saw.spikes", count=len(spikes), step=step, times=short(most)),),
        text("diagnose.exploding.advice"),
        ("learning-rate", "clean-data"),
        {"budget.clip": float(f"{2 * median(norms):.2g}")},
        ("rate_low", "too_small", "labels", "overfit", "uneven", "little_data", "unfinished", "dead"),
    )


def _counts(seen: Evidence, event: dict[str, float]) -> bool:
    """Whether a batch's loss is more than what is left over of a task that is learned: tiny losses leap freely."""
    return float(event["loss"]) > seen.unit


def _tenth(lr: float) -> float:
    return float(f"{lr / 10:.3g}")


RATE = (
    Rule("rate_high", "diagnose.rate_high.asks", rate_high),
    Rule("vanishing", "diagnose.vanishing.asks", vanishing),
    Rule("rate_low", "diagnose.rate_low.asks", rate_low),
)
UNITS = (
    Rule("dead", "diagnose.dead.asks", dead),
    Rule("exploding", "diagnose.exploding.asks", exploding),
)
