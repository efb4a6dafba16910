"""The smallest of recipes, whose parts a test can change."""

from __future__ import annotations

from typing import Any

from jinjie import recipes
from jinjie.training.recipe import Recipe


def small(**changes: Any) -> Recipe:
    """A line through forty points, four steps: milliseconds. `a__b` stands for the setting a.b."""
    base = {
        "data.examples": 40,
        "budget.steps": 4,
        "budget.batch": 8,
        "budget.evaluate_every": 1000,
        "budget.checkpoint_every": 1000,
    }
    return recipes.find("line-1").changed({**base, **{k.replace("__", "."): v for k, v in changes.items()}})
