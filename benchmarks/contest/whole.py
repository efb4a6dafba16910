"""Whole trainings as rounds: each begins anew with the next seed, and tells its loss on the whole validation text.

The benchmark writes the characters of the text to one file: `train` and `validation`, ids.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from typing import Any

from contest.contender import Stopwatch, serve


def train(
    warm: int,
    steps: int,
    begin: Callable[[int], tuple[Callable[[int], float], Callable[[], float]]],
    about: dict[str, Any],
) -> None:
    """`begin(seed)` gives what takes a step and what measures the loss; the first `warm` steps of a training that is
    thrown away are the warm-up."""
    seeds = iter(range(-1, sys.maxsize))

    def run() -> dict[str, Any]:
        seed = next(seeds)
        step, measure = begin(max(seed, 0))
        watch = Stopwatch()
        for i in range(steps if seed >= 0 else warm):
            loss = step(i)
        taken = watch.stop()
        if seed < 0:
            return taken
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform == "linux" else 1e6)
        return {**taken, "seed": seed, "loss": loss, "held": measure(), "megabytes": peak}

    serve(about, run)
