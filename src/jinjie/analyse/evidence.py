"""What a run's events say about its health: read once, for the rules of `jinjie diagnose`. No torch, no process."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinjie.training.events import Event
    from jinjie.training.runs import Run

NOT_FINITE = (
    "run.loss_not_finite",
    "run.gradient_not_finite",
    "run.weights_not_finite",
    "run.score_not_finite",
)
LEARNED = 0.03


@dataclass(frozen=True)
class Look:
    """One evaluation: scores of validation, of a part of the training split, and how the network was doing.

    What a run of an earlier Jinjie did not write is empty or None.
    """

    step: int
    loss: float
    scores: Mapping[str, float]
    train: Mapping[str, float]
    update: float | None
    """‖Δw‖ / ‖w‖ of the step before."""
    dead: float | None
    """The share of ReLU units that gave 0 to every example."""
    saturated: float | None


@dataclass(frozen=True)
class Evidence:
    """A run as the rules see it. Losses are in the task's unit; `unit` is what guessing without looking costs."""

    recipe: Mapping[str, Any]
    state: str
    started: Event
    steps: Sequence[Event]
    looks: Sequence[Look]
    test: Mapping[str, float]
    failed: Event
    finished: Event

    @property
    def total(self) -> int:
        return int(self.started.get("total", 0)) or self.done

    @property
    def done(self) -> int:
        """Optimiser steps done."""
        known = [int(e.get("step", 0)) for e in (*self.steps[-1:], self.failed, self.finished)]
        return max([*known, *(look.step for look in self.looks[-1:])], default=0)

    @property
    def baseline(self) -> Mapping[str, Any]:
        """What the best guess scores that never looks at the input; empty where the run did not write it."""
        found: Mapping[str, Any] = self.started.get("baseline") or {}
        return found

    @property
    def unit(self) -> float:
        """The baseline's loss, else the untrained network's: what other losses are measured in.

        Where classes are made to weigh alike, guessing is to name each as often: log K, not the labels' entropy.
        """
        kinds = sum(count > 0 for count in self.baseline.get("classes", ()))
        if self.balanced and kinds > 1:
            return math.log(kinds)
        loss = self.baseline.get("loss") or (self.looks[0].loss if self.looks else 0.0)
        return max(float(loss), 1e-12)

    @property
    def balanced(self) -> bool:
        """Whether rare classes were weighed, drawn or missed more than their share."""
        return bool(self.setting("data.balance", "none") != "none" or self.setting("task.loss") == "focal")

    @property
    def last(self) -> Look:
        return self.looks[-1]

    @property
    def best(self) -> Look:
        """The evaluation with the least validation loss."""
        return min(self.looks, key=lambda look: look.loss)

    @property
    def unlearned(self) -> bool:
        """Whether no evaluation was more than 3 % better than guessing; untrained networks and noise are not.

        By the share of the validation targets' own variance where that is known: a small split's differs.
        """
        if any("r2" in look.scores for look in self.looks):
            return max(look.scores.get("r2", 0.0) for look in self.looks) < LEARNED
        return self.best.loss > (1 - LEARNED) * self.unit

    @property
    def inputs(self) -> int:
        return int((self.started.get("facts") or {}).get("inputs", 0))

    def count(self, split: str) -> int:
        return int((self.started.get("counts") or {}).get(split, 0))

    def setting(self, path: str, default: Any = None) -> Any:
        """A setting of the recipe by its dotted path."""
        value: Any = self.recipe
        for name in path.split("."):
            if not isinstance(value, Mapping) or name not in value:
                return default
            value = value[name]
        return value

    @property
    def linear(self) -> bool:
        """Whether the model has no hidden layer: some tasks are beyond it however it is trained."""
        kind, hidden = self.setting("model.kind"), self.setting("model.hidden")
        return bool(kind == "linear" or (kind == "mlp" and not hidden))

    @property
    def lr(self) -> float:
        return float(self.setting("optimizer.lr", 0.0) or 0.0)

    def curve(self, parts: int = 10) -> list[float]:
        """The training loss as medians over `parts` equal stretches of the run: single batches are noise."""
        losses = [float(e["loss"]) for e in self.steps if math.isfinite(e.get("loss", math.nan))]
        size = max(1, len(losses) // parts)
        return [median(losses[i : i + size]) for i in range(0, size * (len(losses) // size), size)]

    def trained(self, look: Look) -> float | None:
        """The training loss at an evaluation: without dropout where the run wrote it, else of the steps around it."""
        if "loss" in look.train:
            return look.train["loss"]
        near = sorted(self.steps, key=lambda e: abs(int(e["step"]) - look.step))[:20]
        return median([float(e["loss"]) for e in near]) if near and look.step else None

    def start(self) -> float | None:
        """The training loss before the first step, else of the first steps."""
        first = self.looks[0].train.get("loss") if self.looks and self.looks[0].step == 0 else None
        curve = self.curve()
        return first if first is not None else (curve[0] if curve else None)

    def end(self) -> float | None:
        """The training loss at the end."""
        if self.looks and (found := self.trained(self.last)) is not None:
            return found
        curve = self.curve()
        return curve[-1] if curve else None


def gather(run: Run, events: Sequence[Event]) -> Evidence:
    """The evidence in a run's events. Raises JinjieError when its recipe cannot be read."""

    def only(type: str) -> list[Event]:
        return [e for e in events if e["type"] == type]

    looks = [
        Look(
            step=int(e["step"]),
            loss=float(e["metrics"]["loss"]),
            scores=e["metrics"],
            train=e.get("train") or {},
            update=e.get("update"),
            dead=e.get("dead"),
            saturated=e.get("saturated"),
        )
        for e in only("evaluated")
        if e.get("split") == "validation" and math.isfinite(e["metrics"].get("loss", math.nan))
    ]
    tests = [e["metrics"] for e in only("evaluated") if e.get("split") == "test"]
    return Evidence(
        recipe=run.file["recipe"],
        state=run.state(list(events)),
        started=next(iter(only("started")), {}),
        steps=only("step"),
        looks=looks,
        test=tests[-1] if tests else {},
        failed=(only("failed") or [{}])[-1],
        finished=(only("finished") or [{}])[-1],
    )
