"""The recipe `gpt-shakespeare` as it comes, in our engine's own steps: whole trainings."""

import sys
from collections.abc import Callable

import torch
from contest.contender import settings
from contest.engine import session_of
from contest.whole import train

from jinjie import __version__
from jinjie.base import machine
from jinjie.recipes.language import RECIPES
from jinjie.training import loop
from jinjie.training.hardware import choose, settle

given = settings()
recipe = next(one for one in RECIPES if one.name == "gpt-shakespeare").changed(given["changes"])
data = recipe.data.load()
shape = recipe.model.fitted(data.facts)
settle(machine.pick_threads(3 * shape.flops(recipe.budget.batch), machine.cores()))
steps = recipe.budget.steps
if steps is None:
    sys.exit("the recipe's budget is told in steps")


def begin(seed: int) -> tuple[Callable[[int], float], Callable[[], float]]:
    session = session_of(recipe.changed({"seed": seed}), data)
    networks = session.networks

    def step(i: int) -> float:
        session.step = i
        return float(loop.one_step(session, steps)["shown"]["loss"])

    @torch.no_grad()
    def measure() -> float:
        networks.train(False)
        return float(session.task.metrics(networks.models, data, "validation", None)["loss"])

    return step, measure


about = {"versions": f"Jinjie {__version__}", "precision": choose(recipe, None).precision}
train(20, steps, begin, about)
