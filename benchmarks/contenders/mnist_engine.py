"""The digits network as a run of `mnist-mlp` trains it: the engine's own step, with its checks, on ordinary modules."""

import numpy as np
import torch
from contest.contender import Stopwatch, serve, settings
from contest.engine import session_of

from jinjie.data import digits
from jinjie.recipes import find
from jinjie.training.hardware import settle
from jinjie.training.loop import one_step

given = settings()
data = digits.Config().load()
asked = find("mnist-mlp").changed(
    {"budget.batch": given["batch"], "budget.epochs": given["epochs"], "model.dropout": given["dropout"]}
)
settle(given["threads"])
held = data.splits["test"]
held_x, held_y = torch.from_numpy(held["x"]), held["y"]
seed = 0


def run() -> dict[str, float]:
    """Train anew, with another seed each round."""
    global seed
    recipe = asked.changed({"seed": seed})
    seed += 1
    total = given["epochs"] * data.steps_per_epoch(given["batch"])
    training = session_of(recipe, data)
    watch = Stopwatch()
    for step in range(total):
        training.step = step
        learned = one_step(training, total)
    taken = watch.stop()
    network = training.networks.models["model"].eval()
    with torch.no_grad():
        right = network(held_x).argmax(1).numpy() == held_y
    return {**taken, "loss": learned["shown"]["loss"], "accuracy": float(np.mean(right))}


serve({"versions": f"PyTorch {torch.__version__}"}, run)
