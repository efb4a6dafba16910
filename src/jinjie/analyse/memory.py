"""How much memory a run takes at its fullest moment, reckoned before it is run. Imports no torch.

A worker holds Python, torch and its data; the weights, what the optimiser moves and what it remembers; and on top of
these whatever the present moment needs: a training step its gradients, activations and scores, a checkpoint a copy of
what is written. Evaluations are left out: they keep no activations for a backward pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinjie.base.machine import Precision, Profile
    from jinjie.models.model import ModelConfig
    from jinjie.training.optim import OptimizerConfig
    from jinjie.training.recipe import Recipe

Part = tuple["ModelConfig", bool, "OptimizerConfig"]
"""A model of a recipe, whether it trains, and what moves it."""

PROGRAM = 310_000_000
"""Bytes that Python, torch and a run next to nothing take, where `jinjie doctor` has not measured it: 302 MB on one
machine, 377 on another."""
MOMENTS = {"sgd": 0, "momentum": 1, "adagrad": 1, "rmsprop": 1, "adam": 2, "adamw": 2, "muon": 2}
"""Numbers an optimiser remembers for each weight (Muon: 1 for hidden matrices, 2 for the rest)."""
SPARE: dict[Precision, float] = {"bf16": 1.45, "fp32": 1.0}
"""Memory that a step takes for each byte that is alive in it at once. The allocator keeps what is freed, and a block of
one size does not serve for a larger one: in bf16 there are many sizes (docs/log.md)."""
KERNELS = 64_000_000
"""Bytes of kernels made for rows of one length each: as many as `training/launch.py` lets be kept, at half a megabyte
(docs/log.md). Rows of one length need a few; products in fp32 go to MKL, which makes none."""
LONG = 2
"""The longest texts of a batch, against those of average length, where no batch is as long as it might be."""


@dataclass(frozen=True)
class Memory:
    """Bytes at the fullest moment of a run."""

    weights: int
    masters: int
    """fp32 copies of weights: of bf16 ones, and the average where the recipe asks for one."""
    gradients: int
    moments: int
    activations: int
    """What the forward pass keeps, and the loss's scores."""
    data: int = 0
    """The data, and the libraries that read them."""
    spare: int = 0
    """What the allocator keeps and cannot use, and kernels; where saving needs more than a step does, that too."""
    program: int = PROGRAM

    @property
    def total(self) -> int:
        lasting = self.weights + self.masters + self.moments + self.data + self.program
        return lasting + self.gradients + self.activations + self.spare


def memory(
    recipe: Recipe,
    parts: Sequence[Part],
    facts: Mapping[str, int],
    counts: Mapping[str, int],
    precision: Precision,
    piece: int,
    profile: Profile | None,
) -> Memory:
    """What a run takes that computes `piece` examples at once; `parts` with the rows as long as they get."""
    size = 2 if precision == "bf16" else 4
    weights = sum(config.parameters() for config, _, _ in parts)
    mastered = sum(config.parameters() for config, trains, _ in parts if trains)
    # Of a model whose body stays as it is, heads and adapters move: next to none.
    still = 0 if recipe.tuning.body == "full" else 1
    moving = [(config.parameters(), optimizer) for config, trains, optimizer in parts[still:] if trains]
    trained = sum(count for count, _ in moving)
    averaged = parts[0][0].parameters() if recipe.average and not still else 0
    moments = 4 * sum(MOMENTS[_kind(optimizer)] * count for count, optimizer in moving)
    # Gradients in the precision of the weights, and in bf16 once more in fp32, where the optimiser takes them.
    gradients = (6 if size == 2 else 4) * trained

    kept = 0
    for config, trains, _ in parts:
        scores = config.scored(piece)
        learns = trains and recipe.tuning.body != "frozen"
        body = config.activations(piece) - scores if learns else 0
        kept += recipe.task.passes() * (size * body + recipe.task.held(scores, size))
    step = int(SPARE[precision] * (gradients + kept))
    kernels = KERNELS if size == 2 and "length" in facts else 0
    copied = max(moments, 4 * mastered)  # weights, then moments, each as bytes on their way to the disk
    return Memory(
        weights=size * weights,
        masters=4 * ((mastered if size == 2 else 0) + averaged),
        gradients=gradients,
        moments=moments,
        activations=kept,
        data=recipe.data.held(facts, counts),
        spare=max(step, copied) - gradients - kept + kernels,
        program=profile.program if profile and profile.program else PROGRAM,
    )


def _kind(optimizer: OptimizerConfig) -> str:
    """An optimiser's kind: each member of the closed family has one, their base has not."""
    kind: str = optimizer.kind  # type: ignore[attr-defined]
    return kind
