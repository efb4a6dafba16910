"""Where a run computes and in which number format: chosen once, at its first start, and kept when it resumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch

from jinjie.base import machine
from jinjie.base.errors import JinjieError
from jinjie.training.networks import Precision
from jinjie.training.recipe import Recipe


@dataclass(frozen=True)
class Chosen:
    """A device and a precision, no longer 'auto'."""

    device: str
    precision: Precision


def settle(threads: int) -> None:
    """Make this process ready to train on `threads` threads.

    Numbers too small to be normal are taken for 0: Adam's moments of a pixel that is nearly always blank fade into
    them, and with them its step takes 155 µs where it would take 66 (the MNIST network, docs/log.md, 2026-11-27).
    """
    torch.set_flush_denormal(True)  # before there are other threads, which begin as this one is
    torch.set_num_threads(threads)


def choose(recipe: Recipe, started: Mapping[str, Any] | None) -> Chosen:
    """What a new run uses on this machine, or what `started` says the run has used so far.

    Raises JinjieError when the recipe asks for a device that is not there.
    """
    device = device_for(recipe.device)
    if started is not None and started["device"] == device:
        return Chosen(device, cast(Precision, started["precision"]))
    if recipe.precision == "auto":
        picked, _ = machine.pick_precision(machine.profile(), device)
        return Chosen(device, picked)
    return Chosen(device, recipe.precision)


def device_for(asked: str) -> str:
    """The device that is there: CUDA, else Apple's, else the CPU."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if asked == "auto":
        return next(name for name, present in there.items() if present)
    if not there[asked]:
        raise JinjieError(
            "run.no_such_device", device=asked, there=", ".join(n for n, p in there.items() if p)
        )
    return asked
