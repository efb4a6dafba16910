"""What a recipe is and does, as plain values, for `jinjie recipes` and `jinjie show` to tell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from jinjie.analyse.estimate import Estimate, estimate
from jinjie.base.errors import JinjieError
from jinjie.training.cadence import Cadence
from jinjie.training.recipe import Recipe


@dataclass(frozen=True)
class Layer:
    """One layer that learns: its name, what it is, the shapes of its weights, and how many numbers they hold."""

    name: str
    kind: str
    shapes: list[list[int]]
    parameters: int


def summary(recipe: Recipe) -> dict[str, Any]:
    """A recipe in one row, without loading data or torch; sizes are None where only the data will tell."""
    about = recipe.data.about()
    expected = expectation(recipe)
    return {
        "name": recipe.name,
        "title": recipe.title.both(),
        "teaches": recipe.teaches.both(),
        "data": about.title.both(),
        "real": about.real,
        "cached": about.cached,
        "download_bytes": 0 if about.cached else about.download_bytes,
        "size": recipe.size,
        "sizes": list(recipe.sizes),
        "parameters": expected.parameters if expected else None,
        "seconds": expected.seconds if expected else None,
        "measured": expected.measured if expected else False,
    }


def whole(recipe: Recipe, known: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Everything `show` tells of a recipe; `known` are its layers, where they are."""
    about = recipe.data.about()
    expected = expectation(recipe)
    return {
        **summary(recipe),
        "expect": recipe.expect.both(),
        "data": {
            "kind": recipe.data.kind,
            **about.model_dump(mode="json"),
            "settings": _settings(recipe.data.model_dump(mode="json")),
        },
        "task": recipe.task.model_dump(mode="json"),
        "model": recipe.model.fitted(about.facts).model_dump(mode="json"),
        "layers": layers_of(recipe) if known is None else known,
        "start": recipe.start,
        "tuning": recipe.tuning.model_dump(mode="json"),
        "optimizer": recipe.optimizer.model_dump(mode="json"),
        "schedule": recipe.schedule.model_dump(mode="json"),
        "budget": recipe.budget.model_dump(mode="json"),
        "when": when(recipe, expected),
        "dial": recipe.sizes.get(recipe.size or "", {}),
        "estimate": None
        if expected is None
        else {
            **asdict(expected),
            "how": expected.how.both(),
            "memory": {**asdict(expected.memory), "total": expected.memory.total},
        },
    }


def expectation(recipe: Recipe, cores: int | None = None) -> Estimate | None:
    """The recipe's estimate, or None where only the user's own data will tell the model's size."""
    try:
        return estimate(recipe, cores=cores)
    except JinjieError:
        return None


def layers_of(recipe: Recipe) -> list[dict[str, Any]]:
    """`layers` as plain values."""
    return [asdict(layer) for layer in layers(recipe)]


def layers(recipe: Recipe) -> list[Layer]:
    """The network's layers that hold weights. Empty where only the data will tell the model's size."""
    from jinjie.models.folder import blank

    config = recipe.model.fitted(recipe.data.about().facts)
    try:
        network = blank(config)
    except JinjieError:
        return []
    found = []
    seen: set[int] = set()
    for name, module in network.named_modules():
        own = {n: p for n, p in module.named_parameters(recurse=False) if id(p) not in seen}
        seen |= {id(p) for p in own.values()}
        if own:
            shapes = [list(p.shape) for p in own.values()]
            found.append(
                Layer(name or "model", type(module).__name__, shapes, sum(p.numel() for p in own.values()))
            )
    return found


def when(recipe: Recipe, expected: Estimate | None) -> dict[str, int | None]:
    """What happens when, in optimiser steps: None where the data does not tell the length of an epoch yet."""
    if expected is None or expected.steps is None:
        return {"steps": None, "log": None, "evaluate": None, "checkpoint": None}
    cadence = Cadence.of_total(recipe.budget, expected.steps)
    return {
        "steps": cadence.total,
        "log": cadence.log,
        "evaluate": cadence.evaluate,
        "checkpoint": cadence.checkpoint,
    }


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "kind" and value is not None}
