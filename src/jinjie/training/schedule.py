"""Learning-rate schedules: a factor on the learning rate for every step, a pure function of the step."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from jinjie.base.config import Config, option


class Schedule(Config):
    """Base of all schedules. Adaptive optimisers adapt to gradients; a schedule depends on the step alone."""

    def factor(self, step: int, total: int) -> float:
        """What the learning rate is multiplied by at `step` (from 0) of `total`."""
        raise TypeError(f"{type(self).__name__} lacks factor()")


class Constant(Schedule):
    """The same rate throughout."""

    kind: Literal["constant"] = "constant"

    def factor(self, step: int, total: int) -> float:
        return 1.0


class StepDecay(Schedule):
    """Multiplied by `gamma` after every `every` steps: gamma^⌊step / every⌋."""

    kind: Literal["step"] = "step"
    every: int = option(1000, "steps between two drops", "两次下降之间的步数", ge=1)
    gamma: float = option(0.5, "what each drop multiplies the rate by", "每次下降乘以的系数", gt=0, le=1)

    def factor(self, step: int, total: int) -> float:
        return float(self.gamma ** (step // self.every))


class Exponential(Schedule):
    """Multiplied by `gamma` over every 1,000 steps, smoothly: gamma^(step / 1000)."""

    kind: Literal["exponential"] = "exponential"
    gamma: float = option(0.5, "what 1,000 steps multiply the rate by", "每 1000 步乘以的系数", gt=0, le=1)

    def factor(self, step: int, total: int) -> float:
        return float(self.gamma ** (step / 1000))


class Linear(Schedule):
    """A straight line from 1 down to `final` over the run, after a warm-up from 0."""

    kind: Literal["linear"] = "linear"
    warmup: int = option(0, "steps to rise from 0", "从 0 升起的步数", ge=0)
    final: float = option(0.0, "share of the rate left at the end", "结束时剩余的比例", ge=0, le=1)

    def factor(self, step: int, total: int) -> float:
        if step < self.warmup:
            return (step + 1) / self.warmup
        return 1 - (1 - self.final) * _progress(step, self.warmup, total)


class Cosine(Schedule):
    """Warm-up from 0, then half a cosine from 1 to `final` (Loshchilov & Hutter 2017, eq. 5)."""

    kind: Literal["cosine"] = "cosine"
    warmup: int = option(100, "steps to rise from 0", "从 0 升起的步数", ge=0)
    final: float = option(0.1, "share of the rate left at the end", "结束时剩余的比例", ge=0, le=1)

    def factor(self, step: int, total: int) -> float:
        if step < self.warmup:
            return (step + 1) / self.warmup
        return self.final + (1 - self.final) * 0.5 * (
            1 + math.cos(math.pi * _progress(step, self.warmup, total))
        )


def _progress(step: int, warmup: int, total: int) -> float:
    """How much of the way after the warm-up is done, from 0 to 1."""
    return min(1.0, (step - warmup) / max(1, total - warmup))


AnySchedule = Annotated[Constant | StepDecay | Exponential | Linear | Cosine, Field(discriminator="kind")]
