"""What a diagnosis needs beyond losses, measured where it is cheap: before the first step and at evaluations.

Nothing here changes a weight or draws a random number, so a run has the same bits with it and without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from jinjie.data.dataset import SPLITS, Dataset

HASHED = 256 * 1024**2
"""Bytes of examples hashed in a split: a third of a second. Of a larger split, batches spread evenly are taken."""
_BATCH = 1000
SATURATED = 0.01
"""How near its end a sigmoid (of 0 and 1) or a tanh (of ±1) passes on less than 1/25 of the greatest slope."""


def repeats(data: Dataset) -> dict[str, float]:
    """The share of each split's examples whose x is the x of an earlier training example, bit for bit.

    `conflicts` is the share of training examples whose x came before with another y. Empty where x are token ids:
    windows of a stream lie anywhere, so equal ones say little.
    """
    seen: dict[bytes, bytes] = {}
    found = {"conflicts": 0.0}
    for split in SPLITS:
        looked = again = conflicts = 0
        for x, y in _rows(data, split):
            if x is None:
                return {}
            looked += 1
            if (before := seen.get(x)) is not None:
                again += 1
                conflicts += split == "train" and before != y
            elif split == "train":
                seen[x] = y
        found[split] = again / max(1, looked)
        if split == "train":
            found["conflicts"] = conflicts / max(1, looked)
    return found


def _rows(data: Dataset, split: Any) -> Iterator[tuple[bytes | None, bytes]]:
    """A hash of every x, and its y as bytes."""
    first = next(data.batches(split, 1, 1), {})
    if "x" not in first or "y" not in first or np.issubdtype(first["x"].dtype, np.integer):
        yield None, b""
        return
    limit = max(1, HASHED // (_BATCH * first["x"].nbytes))
    for batch in data.batches(split, _BATCH, limit):
        for x, y in zip(batch["x"], batch["y"], strict=True):
            yield hashlib.blake2b(np.ascontiguousarray(x).data, digest_size=8).digest(), y.tobytes()


def copied(weights: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
    """The weights as they stand, to be compared with after a step."""
    return [weight.detach().clone() for weight in weights.values()]


def moved(before: list[torch.Tensor], weights: Mapping[str, torch.Tensor]) -> float:
    """‖Δw‖ / ‖w‖ of one step over all weights together. About 10⁻³ is usual for a rate that suits."""
    change = torch._foreach_sub([weight.detach() for weight in weights.values()], before)
    return _norm(change) / max(1e-12, _norm(before))


def _norm(tensors: Sequence[torch.Tensor]) -> float:
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(tensors)))))


class Units:
    """What the activations of a network did while it was watched."""

    def __init__(self) -> None:
        self._alive: dict[tuple[str, int], torch.Tensor] = {}
        self._ends: list[float] = []

    def shares(self) -> dict[str, float]:
        """`dead`: units (channels) of ReLUs that gave 0 to every example; `saturated`: outputs of sigmoids and tanhs
        within SATURATED of an end. Each only where the network has such."""
        found = {}
        if self._alive:
            alive = torch.cat(list(self._alive.values()))
            found["dead"] = 1 - float(alive.double().mean())
        if self._ends:
            found["saturated"] = sum(self._ends) / len(self._ends)
        return found

    def relu(self, name: str, output: torch.Tensor) -> None:
        """Note which units gave anything: output (B, C, …)."""
        living = (output > 0).transpose(0, 1).flatten(1).any(1)
        key = (name, len(living))  # a module used twice in one pass may have two widths
        self._alive[key] = self._alive[key] | living if key in self._alive else living

    def bounded(self, output: torch.Tensor, low: float) -> None:
        """Note how much of an output between `low` and 1 is near an end."""
        near = SATURATED * (1 - low) / 2
        self._ends.append(float(((output < low + near) | (output > 1 - near)).float().mean()))


@contextmanager
def watched(network: nn.Module) -> Iterator[Units]:
    """While it lasts, every nn.ReLU, nn.Sigmoid and nn.Tanh of the network is looked at."""
    units = Units()
    handles = []

    def relu(name: str) -> Any:
        return lambda module, inputs, output: units.relu(name, output)

    def bounded(low: float) -> Any:
        return lambda module, inputs, output: units.bounded(output, low)

    for name, module in network.named_modules():
        if isinstance(module, nn.ReLU):
            handles.append(module.register_forward_hook(relu(name)))
        elif isinstance(module, nn.Sigmoid | nn.Tanh):
            handles.append(
                module.register_forward_hook(bounded(0.0 if isinstance(module, nn.Sigmoid) else -1.0))
            )
    try:
        yield units
    finally:
        for handle in handles:
            handle.remove()
