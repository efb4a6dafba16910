"""Language models that train on the same windows of tokens, in the same order, whoever trains them.

The benchmark writes the windows to one file: x and y (steps, B, T), y the tokens that follow x, and held_x, held_y
(B, T) of a text that nobody trains on. A round takes the next few of them; training goes on from round to round.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from contest.contender import Stopwatch, serve


class Windows:
    """What is to be trained on, and what is asked at the end."""

    def __init__(self, given: dict[str, Any]) -> None:
        data = np.load(Path(given["data"]))
        self.x, self.y = data["x"].astype(np.int64), data["y"].astype(np.int64)
        self.held_x, self.held_y = data["held_x"].astype(np.int64), data["held_y"].astype(np.int64)
        self.steps: int = given["steps"]
        self.rounds: int = given["rounds"]
        self.done = 0
        """Steps that have been trained."""

    @property
    def over(self) -> bool:
        """Whether the last round was the last."""
        return self.done >= self.steps * (self.rounds + 1)


def train(
    windows: Windows, step: Callable[[int], float], held_loss: Callable[[], float], about: dict[str, Any]
) -> None:
    """Rounds of `step(i)`, which trains on the windows of number i; the last round tells the loss on held-out text."""

    def run() -> dict[str, Any]:
        watch = Stopwatch()
        for i in range(windows.done, windows.done + windows.steps):
            loss = step(i)
        taken = watch.stop()
        windows.done += windows.steps
        return {**taken, "loss": loss, **at_the_end(windows, held_loss)}

    serve(about, run)


def at_the_end(windows: Windows, held_loss: Callable[[], float]) -> dict[str, float]:
    """The most memory held so far; and, once all is trained, the loss on held-out text."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform == "linux" else 1e6)
    found = {"megabytes": peak}
    return {**found, "held": held_loss()} if windows.over else found
