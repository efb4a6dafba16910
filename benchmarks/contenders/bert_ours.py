"""Our engine as a run of `sentiment-en` uses it: its networks and optimiser, its batches, and the loop's own step."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from contest.contender import Stopwatch, serve, settings
from contest.engine import session_of
from contest.reviews import Reviews

from jinjie import __version__
from jinjie.base import machine
from jinjie.data import sentiment
from jinjie.data.texts import Rows, Texts
from jinjie.models.folder import open_config
from jinjie.recipes import find
from jinjie.training.hardware import settle
from jinjie.training.loop import one_step

given = settings()
reviews = Reviews(given["data"])
rows = {
    split: Rows.of(reviews.rows[split], each={"y": reviews.y[split].tolist()}) for split in ("train", "held")
}
known = sentiment.Config().load()
data = Texts(
    {"train": rows["train"], "validation": rows["held"], "test": rows["held"]},
    known.about,
    known.processor,
    {**known.facts, "length": rows["train"].length},
)
total = data.steps_per_epoch(given["batch"])
recipe = find("sentiment-en")
recipe = recipe.model_copy(
    update={"model": recipe.model.begun(open_config(Path(given["start"]))), "start": given["start"]}
).changed(
    {
        "budget.batch": given["batch"],
        "budget.epochs": 1,
        "optimizer.lr": given["lr"],
        "optimizer.weight_decay": given["weight_decay"],
        "tuning.layer_decay": 1.0,
        "schedule.warmup": given["warmup"],
        "precision": given["precision"],
    }
)
settle(machine.cores())
seed = given["seed"]
precision = given["precision"]


def run() -> dict[str, float]:
    """One epoch from the published weights, with another seed each round."""
    global seed
    training = session_of(recipe.changed({"seed": seed}), data)
    seed += 1
    loss = 0.0
    watch = Stopwatch()
    for step in range(total):
        training.step = step
        loss += one_step(training, total)["shown"]["loss"] / total
    taken = watch.stop()
    network = training.networks.models["model"].eval()
    return {**taken, "loss": loss, "accuracy": reviews.accuracy(lambda *x: told(network, *x))}


@torch.no_grad()
def told(network: Any, x: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> Any:
    return network.scores(torch.from_numpy(x), None, torch.from_numpy(1 - mask)).float().argmax(1).numpy()


serve({"versions": f"Jinjie {__version__}", "precision": precision}, run)
