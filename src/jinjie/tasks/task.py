"""What every task gives; docs/decisions/0002-task.md writes GAN, DPO, distillation and private training in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from jinjie.base.config import Config
from jinjie.base.seeds import torch_generator
from jinjie.data.dataset import Dataset, Processor, Split

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn

Models = Mapping[str, "nn.Module"]
"""A recipe's networks by name; the one that is finished and shipped is "model"."""

Batch = Mapping[str, "torch.Tensor"]


class Update(NamedTuple):
    """One loss to descend, the optimiser that descends it, and what to show of it."""

    loss: torch.Tensor
    """A scalar, the mean over the batch."""
    optimizer: str = "model"
    metrics: Mapping[str, float] = {}


@dataclass(frozen=True)
class Step:
    """Where a run stands: `index` counts optimiser steps from 0, `part` the pieces of an accumulated batch."""

    seed: int
    index: int
    part: int = 0

    def generator(self, purpose: str) -> torch.Generator:
        """A generator for one random choice of this step, the same whenever it is asked for."""
        return torch_generator(self.seed, purpose, self.index, self.part)


@dataclass(frozen=True)
class Picture:
    """A chart of what a model does: SVG text, or PNG bytes."""

    name: str
    content: bytes
    suffix: str = ".svg"


@dataclass(frozen=True)
class Prediction:
    """What a finished model says of one input: words for a person, values for a program."""

    words: str
    values: Mapping[str, Any] = field(default_factory=dict)


class TaskConfig(Config):
    """The base of every task config."""

    kind: str

    def writes(self) -> int:
        """About how many tokens the model writes in each look at a split that is held out, beside its samples."""
        return 0

    def passes(self) -> int:
        """How often the models read each training batch."""
        return 1

    def held(self, scores: int, size: int) -> int:
        """Bytes that the loss holds of `scores` numbers of a vocabulary, where the network's have `size` bytes each."""
        return scores * size

    def build(self) -> Task:
        raise TypeError(f"{type(self).__module__} lacks build()")


class Task(ABC):
    """What is learned."""

    @abstractmethod
    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        """The losses of one step in order. The loop steps each optimiser before it asks for the next loss."""

    @abstractmethod
    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """How good the models are on a split; `loss` is always among them. `limit` bounds the batches looked at."""

    def baseline(self, data: Dataset) -> dict[str, Any]:
        """What the best guess that never looks at the input scores, learned from the training split: `loss` at least.

        Empty where there is no such guess. It is written in the run's first event, for a diagnosis.
        """
        return {}

    def best(self) -> tuple[str, bool]:
        """The metric that says which checkpoint is best, and whether higher is better."""
        return "loss", False

    def pictures(self, models: Models, data: Dataset, split: Split) -> Iterator[Picture]:
        """Charts of what the models do on a split."""
        return iter(())

    def samples(self, models: Models, data: Dataset, step: Step) -> Iterator[str]:
        """Texts that show how far the models have come."""
        return iter(())

    @abstractmethod
    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        """What the finished model says of one user input."""

    def predict_all(self, models: Models, processor: Processor, texts: Sequence[str]) -> list[Prediction]:
        """What `predict` says of each, in their order."""
        return [self.predict(models, processor, text) for text in texts]


def like(network: nn.Module, values: np.ndarray[Any, Any] | torch.Tensor) -> torch.Tensor:
    """`values` as a tensor on the network's device, floats in the network's precision."""
    import torch

    tensor = torch.as_tensor(values)
    weight = next(network.parameters())
    return tensor.to(weight.device, weight.dtype if tensor.is_floating_point() else tensor.dtype)
