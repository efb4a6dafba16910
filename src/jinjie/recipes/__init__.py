"""The named recipes: instances and nothing else. A new recipe is a line in one of the files beside this one."""

from __future__ import annotations

import importlib
import pkgutil

from jinjie.base.errors import NotFound, did_you_mean
from jinjie.training.recipe import Recipe


def all_recipes() -> dict[str, Recipe]:
    """Every recipe by name, in the order of the course: each file lists its own under RECIPES."""
    found: list[tuple[int, Recipe]] = []
    for module in pkgutil.iter_modules(__path__):
        family = importlib.import_module(f"{__name__}.{module.name}")
        found += [(family.STAGE, recipe) for recipe in family.RECIPES]
    return {recipe.name: recipe for _, recipe in sorted(found, key=lambda pair: pair[0])}


def find(name: str) -> Recipe:
    """The recipe called `name`. Raises NotFound with the nearest name."""
    recipes = all_recipes()
    if name not in recipes:
        raise NotFound("recipe.not_found", name=name, suggestion=did_you_mean(name, recipes))
    return recipes[name]
