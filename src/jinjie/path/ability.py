"""The distribution of a learner's ability in a concept, from what they answered, over a grid of θ.

A learner's ability θ in a concept stands on the Rasch scale. What was asked with difficulty d (1 to 5) is answered
rightly with probability

    g + (1 - g - s) σ(1.7 (θ - b)),    b = d - 3,

g the chance to hit it blindly, s the chance to slip (Lord 1980, the three-parameter model with an upper bound). Between
two sittings something may have been learned; with time ability sinks, the slower the more often it was recalled. P, the
probability that a concept is mastered, is the share above θ = 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jinjie.path.evidence import Evidence

SLIP = 0.05
SLOPE = 1.7
"""With it the logistic curve is that of a normal deviate, within 0.01."""

GRID: NDArray[np.float64] = np.linspace(-4, 4, 81)
LINE = 1.0
"""Above it three in four middling questions and more are answered without luck."""

SPREAD = 1.5
"""Standard deviation of θ before any evidence."""

LEARNED = 0.1
"""The chance that a concept was learned anew between two sittings."""

SITTING = timedelta(hours=1)
"""A pause longer than this ends a sitting."""

HALF_LIFE = 180.0
"""Days in which ability falls half-way to `FORGOTTEN` after the first sitting that went well."""

LONGER, LONGEST = 2.0, 3650.0
"""How much longer that takes after each further one, and the most, in days."""

FORGOTTEN = -1.0
"""The θ towards which ability falls; what lies below stays."""


def rightly(theta: NDArray[np.float64], difficulty: float, guess: float) -> NDArray[np.float64]:
    """The probability of a right answer at each ability."""
    curve = 1 / (1 + np.exp(-SLOPE * (theta - (difficulty - 3))))
    return np.asarray(guess + (1 - guess - SLIP) * curve)


def above(curve: NDArray[np.float64]) -> float:
    """The share of a distribution that lies above the line."""
    return float(curve[GRID >= LINE].sum())


def before(p: float) -> NDArray[np.float64]:
    """The distribution of who has mastered a concept with probability `p`, all else as in a normal one."""
    curve = np.exp(-0.5 * (GRID / SPREAD) ** 2)
    high = GRID >= LINE
    return np.asarray(np.where(high, p * curve / curve[high].sum(), (1 - p) * curve / curve[~high].sum()))


@dataclass(frozen=True)
class Course:
    """What was seen of one concept, as its distribution goes through it: one entry a sitting."""

    word: float | None
    """P by the learner's own word, which stands in place of what came before it."""
    gaps: tuple[float, ...]
    """Days since the sitting before; 0 for the first."""
    half_lives: tuple[float, ...]
    """Days, before each sitting, and after the last one."""
    likelihoods: NDArray[np.float64]
    """(sittings, grid)."""
    learned: tuple[bool, ...]
    """Whether something may have been learned before it: not before the first, and wrong answers are no sign."""
    last: datetime


def course(seen: Sequence[Evidence]) -> Course:
    """`seen`, of one concept and not empty, in the order of its times."""
    word = None
    words = [i for i, one in enumerate(seen) if one.said]
    if words:
        word, seen = (0.9 if seen[words[-1]].passed else 0.05), seen[words[-1] :]
    gaps, half_lives, likelihoods, learned = [], [HALF_LIFE], [], []
    last = None
    for sitting in _sittings(seen):
        answers = [one for one in sitting if not one.said]
        gaps.append(_days(sitting[0].time - last) if last is not None else 0.0)
        likelihood = np.ones_like(GRID)
        for one in answers:
            likelihood = likelihood * _likelihood(one.difficulty, one.guess, one.passed)
        likelihoods.append(likelihood)
        right = sum(one.passed for one in answers)
        learned.append(last is not None and right > 0)
        well = right * 2 > len(answers)
        half_lives.append(min(half_lives[-1] * LONGER, LONGEST) if well else half_lives[-1])
        last = sitting[-1].time
    return Course(word, tuple(gaps), tuple(half_lives), np.array(likelihoods), tuple(learned), seen[-1].time)


def curves(
    courses: Sequence[Course], priors: Sequence[float], now: datetime, fresh: bool = False
) -> list[NDArray[np.float64]]:
    """The distribution of each at `now`; `fresh`: at its last sitting. All take their n-th sitting at once."""
    order = sorted(range(len(courses)), key=lambda i: -len(courses[i].gaps))
    curves = np.array([before(priors[i]) for i in order]).reshape(-1, len(GRID))
    anew = before(0.5)
    for n in range(len(courses[order[0]].gaps) if order else 0):
        those = [courses[i] for i in order if len(courses[i].gaps) > n]
        now_ = curves[: len(those)]
        if n:
            now_ = _sunk(now_, [one.gaps[n] for one in those], [one.half_lives[n] for one in those])
        likelihood = np.array([one.likelihoods[n] for one in those])
        still = _normal(now_ * likelihood)
        learned = _normal(((1 - LEARNED) * now_ + LEARNED * anew) * likelihood)
        # only where it is more, so that a right answer never lowers P
        better = np.array([one.learned[n] for one in those]) & (_above(learned) > _above(still))
        curves[: len(those)] = np.where(better[:, None], learned, still)
    if order and not fresh:
        passed = [_days(now - courses[i].last) for i in order]
        curves = _sunk(curves, passed, [courses[i].half_lives[-1] for i in order])
    found = dict(zip(order, curves, strict=True))
    return [found[i] for i in range(len(courses))]


def _days(passed: timedelta) -> float:
    return max(passed.total_seconds(), 0) / 86_400


def _sunk(
    curves: NDArray[np.float64], days: Sequence[float], half_lives: Sequence[float]
) -> NDArray[np.float64]:
    """After some days without a word: all ability above `FORGOTTEN` has come nearer to it."""
    kept = 0.5 ** (np.array(days) / np.array(half_lives))[:, None]
    moved = np.where(GRID > FORGOTTEN, FORGOTTEN + (GRID - FORGOTTEN) * kept, GRID)
    at = (moved - GRID[0]) / (GRID[1] - GRID[0])
    low = np.clip(np.floor(at + 1e-9).astype(int), 0, len(GRID) - 1)
    share = np.clip(at - low, 0, 1)
    high = np.minimum(low + 1, len(GRID) - 1)
    row = np.arange(len(curves))[:, None] * len(GRID)
    stays = np.bincount((row + low).ravel(), (curves * (1 - share)).ravel(), curves.size)
    return np.asarray(
        stays + np.bincount((row + high).ravel(), (curves * share).ravel(), curves.size)
    ).reshape(curves.shape)


@lru_cache(maxsize=256)
def _likelihood(difficulty: int, guess: float, passed: bool) -> NDArray[np.float64]:
    """Of an answer, at each ability of the grid."""
    right = rightly(GRID, difficulty, guess)
    return right if passed else 1 - right


def _above(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(curves[:, GRID >= LINE].sum(axis=1))


def _normal(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(curve / curve.sum(axis=-1, keepdims=True))


def _sittings(seen: Sequence[Evidence]) -> Iterator[list[Evidence]]:
    sitting: list[Evidence] = []
    for one in seen:
        if sitting and one.time - sitting[-1].time > SITTING:
            yield sitting
            sitting = []
        sitting.append(one)
    if sitting:
        yield sitting


def strongest(seen: Sequence[Evidence], most: int = 3) -> tuple[str, ...]:
    """The attempts that moved a belief most."""

    def weight(one: Evidence) -> float:
        if one.said:
            return float("inf")
        known, unknown = rightly(np.array([2.0, 0.0]), one.difficulty, one.guess)
        return float(abs(np.log(known / unknown) if one.passed else np.log((1 - known) / (1 - unknown))))

    ordered = sorted(seen, key=weight, reverse=True)
    return tuple(dict.fromkeys(one.attempt for one in ordered))[:most]
