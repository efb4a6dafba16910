"""Our engine's steps on a GPT, in one process or in several that share each batch (gloo), a thread each."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from contest.contender import Stopwatch, serve, settings
from contest.engine import session_of
from contest.gpt_data import dataset

from jinjie import __version__
from jinjie.base.words import Text
from jinjie.data import text
from jinjie.models import gpt
from jinjie.tasks import language
from jinjie.tasks.task import Step
from jinjie.training.hardware import settle
from jinjie.training.optim import AdamW
from jinjie.training.recipe import Budget, Recipe

given = settings()
rank, world = int(os.environ.get("GROWTH_RANK", "0")), int(given["processes"])
shape, steps = given["shape"], int(given["steps"])
said = Text(en="growth", zh="增长")
recipe = Recipe(
    name="growth",
    title=said,
    teaches=said,
    expect=said,
    data=text.Config(block=shape["block"]),
    model=gpt.Config(**shape),
    task=language.Config(),
    optimizer=AdamW(lr=3e-3),
    budget=Budget(steps=10_000, batch=given["batch"]),
)
settle(1)
data = dataset(shape["block"], shape["vocabulary"])
session = session_of(recipe, data)
networks, models = session.networks, session.networks.models


def step(i: int) -> float:
    """One step on this process's share of batch `i`; the gradient is the mean of all shares'."""
    arrays = data.batch(recipe.seed, i, given["batch"])
    batch = {name: torch.from_numpy(array[rank::world]) for name, array in arrays.items()}
    (update,) = session.task.updates(models, batch, Step(recipe.seed, i, 0))
    networks.backward(update, 1.0)
    if world > 1:
        gradients = list(networks.gradients("model").values())
        flat = torch.cat([one.view(-1) for one in gradients])
        dist.all_reduce(flat)
        torch._foreach_copy_(
            gradients, [p.view_as(g) for p, g in zip(parts(flat, gradients), gradients, strict=True)]
        )
    networks.step("model", 1.0)
    return float(update.loss.detach())


def parts(flat: torch.Tensor, like: list[torch.Tensor]) -> list[torch.Tensor]:
    """The mean over processes of each gradient, out of their sum end to end."""
    return list(flat.div_(world).split([one.numel() for one in like]))


def told(go: bool) -> bool:
    """What the first process says to all: whether there is another round."""
    word = torch.tensor([int(go)])
    dist.broadcast(word, 0)
    return bool(word.item())


done = 0


def run() -> dict[str, Any]:
    global done
    if world > 1 and rank == 0:
        told(True)
    watch = Stopwatch()
    for i in range(done, done + steps):
        loss = step(i)
    done += steps
    return {**watch.stop(), "loss": loss, "parameters": sum(p.numel() for p in models["model"].parameters())}


def meet(file: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=world)


if rank > 0:
    meet(os.environ["GROWTH_MEETING"])
    while told(False):
        run()
elif world > 1:
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        command = [sys.executable, *sys.argv]
        others = [
            subprocess.Popen(
                command,
                env={**os.environ, "GROWTH_RANK": str(other), "GROWTH_MEETING": meeting},
                stdin=subprocess.DEVNULL,
            )
            for other in range(1, world)
        ]
        meet(meeting)
        serve({"versions": f"Jinjie {__version__}", "precision": networks.precision}, run)
        told(False)
        for one in others:
            one.wait()
else:
    serve({"versions": f"Jinjie {__version__}", "precision": networks.precision}, run)
