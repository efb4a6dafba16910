"""What happens when in a run: how often it logs, evaluates and saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from jinjie.training.recipe import Budget


@dataclass(frozen=True)
class Cadence:
    """Steps in all, and steps between two logs, evaluations and checkpoints."""

    total: int
    log: int
    evaluate: int
    checkpoint: int

    @classmethod
    def of(cls, budget: Budget, steps_per_epoch: int) -> Self:
        return cls.of_total(budget, budget.total(steps_per_epoch))

    @classmethod
    def of_total(cls, budget: Budget, total: int) -> Self:
        """What the budget says, else 500 points of the curve, 20 evaluations and 10 checkpoints a run."""
        return cls(
            total=total,
            log=budget.log_every or max(1, total // 500),
            evaluate=budget.evaluate_every or max(1, total // 20),
            checkpoint=budget.checkpoint_every or max(1, total // 10),
        )
