"""How sure a score is: its 95 % interval by the bootstrap.

The examples of a split are drawn anew, as many with replacement, again and again; the scores of those draws show how
far the score would move on other examples of the same kind (Efron & Tibshirani 1993, chapters 6 and 12). What an
interval does not hold: another training of the same model, and data of another kind.

The plain way, the middle 95 % of the draws, covers the truth in 88 % of splits of 80 examples when the score is near
its end, as an AUC of 0.96. So the draws' deviation is taken on a scale without ends (log-odds, or the logarithm), which
covers it in 93 to 97 %: docs/log.md has both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

Interval = tuple[float, float]
LEVEL = 0.95
DEVIATIONS = 1.959964
"""Deviations of a normal variable either way that hold 95 % of it."""
SAMPLES = 1000
_AT_ONCE = 2_000_000
"""Numbers drawn in one piece, so that memory stays below 100 MB."""


def draws(count: int, samples: int, seed: int) -> Iterator[np.ndarray[Any, Any]]:
    """`samples` rows of weights (R, N) in pieces: how often each of `count` examples was drawn, N draws a row."""
    generator = numpy_generator(seed, "bootstrap")
    for size in _pieces(count, samples):
        places = generator.integers(0, count, (size, count))
        places += np.arange(size)[:, None] * count
        yield np.bincount(places.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)


def resampled(
    score: Callable[[np.ndarray[Any, Any]], dict[str, np.ndarray[Any, Any]]],
    count: int,
    samples: int,
    seed: int,
) -> dict[str, np.ndarray[Any, Any]]:
    """The scores of `samples` draws, (samples,) or (samples, K) each."""
    pieces = [score(weights) for weights in draws(count, samples, seed)]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def of_share(value: float, drawn: np.ndarray[Any, Any]) -> Interval | None:
    """The interval of a score between 0 and 1, from its draws (R,).

    By the log-odds: logit(value) ± 1.96 · deviation / (value · (1 − value)), the delta method. Draws that lack the
    score (a rare class that was not drawn) are left out. None at 0 or 1 itself, and where no draw differs.
    """
    spread = _deviation(drawn)
    if not 0 < value < 1 or not spread:
        return None
    odds, reach = value / (1 - value), np.exp(DEVIATIONS * spread / (value * (1 - value)))
    return float(odds / (odds + reach)), float(odds * reach / (1 + odds * reach))


def of_size(value: float, drawn: np.ndarray[Any, Any]) -> Interval | None:
    """The interval of a score above 0 without an upper end, such as a loss: by its logarithm. None at 0."""
    spread = _deviation(drawn)
    if value <= 0 or not spread:
        return None
    reach = np.exp(DEVIATIONS * spread / value)
    return float(value / reach), float(value * reach)


def of_explained(value: float, drawn: np.ndarray[Any, Any]) -> Interval | None:
    """The interval of R², which ends at 1 above and nowhere below: that of 1 − R², turned round."""
    found = of_size(1 - value, drawn)
    return found and (1 - found[1], 1 - found[0])


def of_sum(
    parts: np.ndarray[Any, Any], drawn: np.ndarray[Any, Any], chance: np.ndarray[Any, Any]
) -> Interval:
    """The interval of a calibration error Σ_b |g_b|, from its signed parts g (B,) and draws of them (R, B).

    Noise makes a sum of absolute values larger, and a draw adds noise of its own, so the draws lie above the truth
    nearly always. With d the noise in the parts, ‖g‖ − ‖d‖ ≤ ‖g − d‖ ≤ ‖g‖ + |s·d| in the 1-norm, s the signs of the
    truth. Below, what ‖d‖ stays under in 97.5 % of the draws is taken off; `chance` (R, B) are the parts that a model
    without any error would show, which bins of few examples need: the larger of the two counts. Above, 1.96 deviations
    of a signed sum of noise are added. The interval is therefore wider than 95 %, and reaches 0 where nothing is shown
    to be wrong.
    """
    noise = drawn - drawn.mean(0)
    value = float(np.abs(parts).sum())
    below = max(float(np.quantile(np.abs(d).sum(1), (1 + LEVEL) / 2)) for d in (noise, chance))
    above = DEVIATIONS * float(np.sqrt((noise**2).mean(0).sum()))
    return max(0.0, value - below), min(1.0, value + above)


def by_chance(
    confidence: np.ndarray[Any, Any], place: np.ndarray[Any, Any], bins: int, samples: int, seed: int
) -> np.ndarray[Any, Any]:
    """The signed parts (R, bins) of the calibration error of a model that is right as often as it says.

    `confidence` (N,), and `place` (N,), the bin of each.
    """
    generator = numpy_generator(seed, "calibrated")
    inside = (place[:, None] == np.arange(bins)).astype(np.float64)
    pieces = [
        ((generator.random((size, len(place))) < confidence) - confidence) @ inside
        for size in _pieces(len(place), samples)
    ]
    found: np.ndarray[Any, Any] = np.concatenate(pieces) / len(place)
    return found


def exact(hits: int, count: int) -> Interval | None:
    """The exact interval of a share of nothing or of everything (Clopper & Pearson 1934); None for any other.

    No draw from examples that are all right has a wrong one, so the bootstrap would say that there is none anywhere.
    """
    if not count or 0 < hits < count:
        return None
    least: float = ((1 - LEVEL) / 2) ** (1 / count)
    return (least, 1.0) if hits else (0.0, 1 - least)


def _deviation(drawn: np.ndarray[Any, Any]) -> float:
    """The standard deviation of the draws that have the score; 0 where fewer than two have."""
    known = drawn[~np.isnan(drawn)]
    # Equal draws may differ in their last bit, by the order that weights are added up in.
    return float(known.std(ddof=1)) if len(known) > 1 and np.ptp(known) > 1e-12 * abs(known[0]) else 0.0


def _pieces(count: int, samples: int) -> Iterator[int]:
    """`samples` in pieces of as many as are worked on at once."""
    most = max(1, _AT_ONCE // count)
    for begin in range(0, samples, most):
        yield min(most, samples - begin)
