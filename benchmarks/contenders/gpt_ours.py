"""Our engine as a run uses it: a recipe, its networks and optimiser, and the loop's own step."""

import torch
from contest.contender import settings
from contest.engine import session_of
from contest.gpt_data import dataset
from contest.windows import Windows, train

from jinjie import __version__
from jinjie.base import machine
from jinjie.base.words import Text
from jinjie.data import text
from jinjie.models import gpt
from jinjie.tasks import language
from jinjie.tasks.language import mean_nats
from jinjie.training import loop
from jinjie.training.hardware import settle
from jinjie.training.optim import AdamW
from jinjie.training.recipe import Budget, Recipe

given = settings()
shape = given["shape"]
windows = Windows(given)
said = Text(en="contest", zh="比赛")
recipe = Recipe(
    name="contest",
    title=said,
    teaches=said,
    expect=said,
    data=text.Config(block=shape["block"]),
    model=gpt.Config(**shape),
    task=language.Config(),
    optimizer=AdamW(lr=given["lr"]),
    budget=Budget(steps=len(windows.x), batch=windows.x.shape[1], clip=1.0),
    precision=given["precision"],
    seed=given["seed"],
)
data = dataset(shape["block"], shape["vocabulary"])
settle(machine.pick_threads(3 * recipe.model.flops(recipe.budget.batch), machine.cores()))
session = session_of(recipe, data)
networks = session.networks


def step(i: int) -> float:
    session.step = i
    return float(loop.one_step(session, recipe.budget.steps)["shown"]["loss"])


@torch.no_grad()
def held_loss() -> float:
    x, y = torch.from_numpy(windows.held_x), torch.from_numpy(windows.held_y)
    return float(mean_nats(networks.models["model"], {"x": x, "y": y}))


train(windows, step, held_loss, {"versions": f"Jinjie {__version__}", "precision": networks.precision})
