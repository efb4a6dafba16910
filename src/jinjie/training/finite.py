"""A loss or gradient that is not finite stops the run before the optimiser spreads it, and is traced to a tensor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from jinjie.base.errors import JinjieError


class NonFinite(JinjieError):
    """NaN or infinity where a number was expected; names the step and the first bad tensor."""

    exit_code = 6


def gradient_norm(gradients: Mapping[str, torch.Tensor], step: int) -> float:
    """The norm of all gradients together. Raises NonFinite naming the first bad one."""
    if not gradients:
        return 0.0
    norms = torch._foreach_norm(list(gradients.values()))
    total = float(torch.linalg.vector_norm(torch.stack(norms)))
    if not math.isfinite(total):
        for name, gradient in gradients.items():
            if not bool(torch.isfinite(gradient).all()):
                raise NonFinite("run.gradient_not_finite", step=step, tensor=name, came=_kind(gradient))
        # Every element is finite and the sum of squares is not: the largest gradient is the one to name.
        largest = max(gradients, key=lambda n: float(gradients[n].abs().max()))
        raise NonFinite("run.gradient_not_finite", step=step, tensor=largest, came="overflow")
    return total


def check_weights(models: Mapping[str, Mapping[str, torch.Tensor]], step: int) -> None:
    """Raises NonFinite naming the first weight that is not finite: no checkpoint may hold it."""
    for model, weights in models.items():
        for name, tensor in weights.items():
            if not bool(torch.isfinite(tensor).all()):
                raise NonFinite(
                    "run.weights_not_finite", step=step, tensor=f"{model}.{name}", came=_kind(tensor)
                )


def check_scores(metrics: Mapping[str, float], split: str, step: int) -> None:
    """Raises NonFinite naming the first score of a split that is not finite: curves and comparisons need numbers."""
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise NonFinite("run.score_not_finite", step=step, split=split, name=name, came=str(value))


def explain_loss(
    loss: torch.Tensor,
    step: int,
    models: Mapping[str, nn.Module],
    batch: Mapping[str, torch.Tensor],
    again: Callable[[], object],
) -> NonFinite:
    """The error for a loss that is not finite: the first bad tensor of batch, weights and (run `again`) outputs."""
    came = _kind(loss.detach())
    for name, tensor in batch.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            return NonFinite("run.loss_not_finite", step=step, came=came, tensor=f"batch['{name}']")
    for model, network in models.items():
        for name, tensor in network.named_parameters():
            if not bool(torch.isfinite(tensor).all()):
                return NonFinite("run.loss_not_finite", step=step, came=came, tensor=f"{model}.{name}")
    bad: list[str] = []
    with torch.no_grad(), _watched(models, bad):
        again()
    return NonFinite("run.loss_not_finite", step=step, came=came, tensor=bad[0] if bad else "loss")


@contextmanager
def _watched(models: Mapping[str, nn.Module], bad: list[str]) -> Iterator[None]:
    """While it lasts, the names of modules whose output is not finite are added to `bad` in order."""

    def watch(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor) and not bool(torch.isfinite(output).all()):
                bad.append(name)

        return hook

    handles = [
        module.register_forward_hook(watch(f"{model}.{name or 'output'}"))
        for model, network in models.items()
        for name, module in network.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _kind(tensor: torch.Tensor) -> str:
    return "nan" if bool(torch.isnan(tensor).any()) else "inf"
