"""What predictions are worth: every score as a function of how often each example counts.

Weights (R, N) say in each row how often an example counts: a row of ones gives the score itself, a row of counts drawn
with replacement gives one of the bootstrap (`bootstrap.py`), so that a score and its interval cannot differ in kind.

Conventions, where a share is 0 / 0: what concerns a class without an example is NaN and left out of means over
classes; the precision of a class that occurs and is never predicted is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

BINS = 15
"""Bins of equal width that confidences are sorted into (Guo et al. 2017, section 2)."""


@dataclass(frozen=True)
class Predictions:
    """What a classifier says of N examples of K classes, and what is so.

    `log_shares` (N, K) are log-probabilities; `margins` (N, K) the log-odds of each class against all others, which
    put examples in the order of their probability and do not round to 1 as it does; `guess` (N,) the likeliest class.
    """

    y: np.ndarray[Any, Any]
    log_shares: np.ndarray[Any, Any]
    margins: np.ndarray[Any, Any]
    guess: np.ndarray[Any, Any]

    @property
    def classes(self) -> int:
        """K."""
        return int(self.log_shares.shape[1])

    @property
    def confidence(self) -> np.ndarray[Any, Any]:
        """The probability of the likeliest class (N,)."""
        sure: np.ndarray[Any, Any] = np.exp(self.log_shares.max(1))
        return sure

    @property
    def hit(self) -> np.ndarray[Any, Any]:
        """Whether the likeliest class is the true one (N,)."""
        right: np.ndarray[Any, Any] = self.guess == self.y
        return right


def predictions(logits: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> Predictions:
    """From logits (N, K) and true classes (N,); of equal logits the first class is the guess."""
    z = logits.astype(np.float64)
    log_shares = np.stack([_against(z[:, k], z) for k in range(z.shape[1])], axis=1)
    margins = [_against(z[:, k], np.delete(z, k, axis=1)) for k in range(z.shape[1])]
    return Predictions(y.astype(np.int64), log_shares, np.stack(margins, axis=1), z.argmax(1))


def classification(
    made: Predictions, weights: np.ndarray[Any, Any]
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, np.ndarray[Any, Any]]]:
    """Scores (R,) of the whole, and scores (R, K) of each class, for weights (R, N).

    Of the whole: `accuracy`; `precision`, `recall` and `f1`, each as `_macro` (the mean over the classes that occur)
    and `_weighted` (weighted by how often they do); `auc`, with two classes of class 1, else the mean over the classes
    of each against the rest; `log_loss` in nats; `ece`, the expected calibration error.
    """
    classes = np.arange(made.classes)
    total = weights.sum(1)
    there = weights @ (made.y[:, None] == classes).astype(float)
    called = weights @ (made.guess[:, None] == classes).astype(float)
    right = weights @ ((made.y[:, None] == classes) & made.hit[:, None]).astype(float)
    occurs = there > 0
    each = {
        "precision": np.where(occurs, right / np.maximum(called, 1), np.nan),
        "recall": np.where(occurs, right / np.maximum(there, 1), np.nan),
        "f1": np.where(occurs, 2 * right / np.maximum(called + there, 1), np.nan),
    }
    whole = {"accuracy": right.sum(1) / total}
    for name, values in each.items():
        known = np.where(occurs, values, 0.0)
        whole[f"{name}_macro"] = known.sum(1) / occurs.sum(1)
        whole[f"{name}_weighted"] = (known * there).sum(1) / total
    if made.classes == 2:  # the second class's order is the first's turned round, so are its pairs
        one = area(made.margins[:, 1], made.y == 1, weights)
        each["auc"] = np.stack([one, one], axis=1)
        whole["auc"] = one
    else:
        each["auc"] = np.stack([area(made.margins[:, k], made.y == k, weights) for k in classes], axis=1)
        known = ~np.isnan(each["auc"])
        found = np.where(known, each["auc"], 0.0).sum(1)
        whole["auc"] = np.where(known.any(1), found / np.maximum(known.sum(1), 1), np.nan)
    whole["log_loss"] = -(weights @ made.log_shares[np.arange(len(made.y)), made.y]) / total
    whole["ece"] = np.abs(gaps(made, weights)).sum(1)
    return whole, each


def gaps(made: Predictions, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(R, 15): accuracy minus confidence within each bin of confidence, times the bin's share of the examples.

    The sum of their absolute values is the expected calibration error (Guo et al. 2017, equation 3).
    """
    each = np.zeros((len(made.y), BINS))
    each[np.arange(len(made.y)), bin_of(made.confidence)] = made.hit - made.confidence
    found: np.ndarray[Any, Any] = weights @ each / weights.sum(1, keepdims=True)
    return found


def area(
    score: np.ndarray[Any, Any], positive: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """The area under the ROC curve (R,): the share of pairs of a positive and another example that `score` (N,) puts in
    the right order, ties half (Hanley & McNeil 1982); NaN where only one sort counts. `positive` (N,) is of truth.
    """
    order = np.argsort(score, kind="stable")
    ranked, is_positive = score[order], positive[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))  # equal scores stand together
    counts = weights[:, order]
    up = np.add.reduceat(counts * is_positive, starts, axis=1)
    down = np.add.reduceat(counts * ~is_positive, starts, axis=1)
    below = np.cumsum(down, axis=1) - down
    pairs = up.sum(1) * down.sum(1)
    won: np.ndarray[Any, Any] = (up * (below + down / 2)).sum(1)
    return np.where(pairs > 0, won / np.maximum(pairs, 1), np.nan)


def at_threshold(
    made: Predictions, threshold: float, weights: np.ndarray[Any, Any]
) -> dict[str, np.ndarray[Any, Any]]:
    """`accuracy`, `precision`, `recall` and `f1` (R,) of class 1 of two, called from `threshold` (log-odds) on."""
    truth, called = (made.y == 1).astype(float), (made.margins[:, 1] >= threshold).astype(float)
    there, said, both = weights @ truth, weights @ called, weights @ (truth * called)
    return {
        "accuracy": weights @ (truth == called).astype(float) / weights.sum(1),
        "precision": np.where(there > 0, both / np.maximum(said, 1), np.nan),
        "recall": np.where(there > 0, both / np.maximum(there, 1), np.nan),
        "f1": np.where(there > 0, 2 * both / np.maximum(said + there, 1), np.nan),
    }


def best_threshold(made: Predictions) -> float | None:
    """The log-odds from which on calling class 1 of two gives the highest F1; None where class 1 does not occur.

    Halfway between two scores, where both neighbours are equally far; of several as good, the nearest to 0 (one half).
    """
    truth = made.y == 1
    if not truth.any():
        return None
    scores, place = np.unique(made.margins[:, 1], return_inverse=True)
    caught = np.bincount(place, truth)[::-1].cumsum()[::-1]
    called = np.bincount(place)[::-1].cumsum()[::-1]
    f1 = 2 * caught / (called + truth.sum())
    cuts = np.append(scores[:1], (scores[1:] + scores[:-1]) / 2)
    able = cuts[f1 == f1.max()]
    return float(able[np.abs(able).argmin()])


def regression(
    predicted: np.ndarray[Any, Any], target: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]
) -> dict[str, np.ndarray[Any, Any]]:
    """`mae` and `rmse`, in the target's unit, and `r2` (R,), NaN where the target does not vary, for (N,) and (N,)."""
    error, centred = (
        predicted - target,
        target - target.mean(),
    )  # centred: squares of large numbers lose digits
    total = weights.sum(1)
    squares = weights @ error**2 / total
    spread = weights @ centred**2 / total - (weights @ centred / total) ** 2
    varies = spread > 1e-12 * max(1e-300, float((centred**2).mean()))
    return {
        "mae": weights @ np.abs(error) / total,
        "rmse": np.sqrt(squares),
        "r2": np.where(varies, 1 - squares / np.where(varies, spread, 1.0), np.nan),
    }


def bin_of(confidence: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which of the bins ((b) / 15, (b + 1) / 15] a confidence falls into."""
    place: np.ndarray[Any, Any] = np.ceil(confidence * BINS).astype(np.int64) - 1
    return place.clip(0, BINS - 1)


def _against(one: np.ndarray[Any, Any], others: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """one − log Σ exp(others), (N,) from (N,) and (N, K); ∞ where there are no others.

    Added up in the order of size and from the largest on, so that examples with the same logits in another order, or
    all moved by the same, come out alike to the last bit: they are ties, and an area counts those by half.
    """
    if not others.shape[1]:
        return np.full(len(one), np.inf)
    ranked = np.sort(others, axis=1)
    top = ranked[:, -1]
    found: np.ndarray[Any, Any] = (one - top) - np.log(np.exp(ranked - top[:, None]).sum(1))
    return found
