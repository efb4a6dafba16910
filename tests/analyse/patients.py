"""Runs broken on purpose, and healthy ones: real, tiny, each with what is wrong with it.

The pictures are MNIST's (real); tables and lines are synthetic. What is tuned on and what is only reported on are
kept apart: every second variant of a kind is held out.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jinjie import recipes
from jinjie.data import digits
from jinjie.training import launch, worker
from jinjie.training.recipe import Recipe
from jinjie.training.runs import Run

Make = Callable[[Path], str]
"""Writes data into a folder and says where."""


@dataclass(frozen=True)
class Patient:
    """One run: what is wrong with it (None: nothing), its recipe and what is changed."""

    name: str
    wrong: str | None
    recipe: str = "mnist-mlp"
    changes: dict[str, Any] = field(default_factory=dict)
    data: Make | None = None
    also: tuple[str, ...] = ()
    """Findings that are as right: two names of one fault."""


@cache
def mnist() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, 28, 28) uint8 and digits (N) of the training split."""
    data = digits.Config().load()
    train = data.splits["train"]
    return np.rint(train["x"] * 255).astype(np.uint8).reshape(-1, 28, 28), train["y"]


def folder(
    counts: dict[int, int], shuffled: bool = False, copies: int = 1, spot: bool = False, seed: int = 0
) -> Make:
    """`counts` pictures of each digit, as a folder of one's own.

    `shuffled` deals the labels at random; `copies` writes each picture so often; `spot` paints the class into the
    corner of pictures of nothing but noise.
    """

    def make(place: Path) -> str:
        generator = np.random.default_rng(seed)
        pixels, y = mnist()
        picked = [
            (p, d) for d, n in counts.items() for p in generator.permutation(np.flatnonzero(y == d))[:n]
        ]
        labels = [d for _, d in picked]
        if shuffled:
            labels = list(generator.permutation(labels))
        for i, ((p, _), label) in enumerate(zip(picked, labels, strict=True)):
            picture = pixels[p].copy()
            if spot:
                picture = generator.integers(0, 80, (28, 28)).astype(np.uint8)
                picture[1:5, 2 + 2 * label : 4 + 2 * label] = 255
            kind = place / "pictures" / f"class-{label}"
            kind.mkdir(parents=True, exist_ok=True)
            for copy in range(copies):
                Image.fromarray(picture).save(kind / f"{i}-{copy}.png")
        return str(place / "pictures")

    return make


def table(
    rows: int,
    columns: int,
    rule: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    seed: int = 0,
    scale: float = 1.0,
    middle: float = 0.0,
) -> Make:
    """A CSV of normal numbers and a target made of them by `rule`."""

    def make(place: Path) -> str:
        generator = np.random.default_rng(seed)
        x = generator.standard_normal((rows, columns))
        y = rule(x, generator)
        file = place / "table.csv"
        values = np.column_stack([x * scale + middle, y])
        names = ",".join([f"x{i}" for i in range(columns)] + ["y"])
        np.savetxt(file, values, delimiter=",", header=names, comments="", fmt="%.6g")
        return str(file)

    return make


def trained(patient: Patient, place: Path) -> Run:
    """The run, trained to its end in this process."""
    place.mkdir(parents=True, exist_ok=True)
    changes = {"threads": 1, **patient.changes}
    if patient.data is not None:
        changes["data.path"] = patient.data(place)
    run = launch.create(recipe(patient).changed(changes))
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        worker.main(run.path)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return run


def recipe(patient: Patient) -> Recipe:
    """Its recipe before its own changes; `table` is a small network on a CSV."""
    if patient.recipe != "table":
        return recipes.find(patient.recipe)
    return recipes.find("line-1").changed(
        {
            "name": "table",
            "data.kind": "table",
            "data.path": "unset",
            "model.kind": "mlp",
            "model.hidden": [32],
            "model.dropout": 0.0,
            "optimizer.kind": "adam",
            "optimizer.lr": 3e-3,
            "budget.batch": 32,
            "budget.steps": 600,
        }
    )


def _linear(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x @ np.linspace(1, 2, x.shape[1]) + 0.3 * g.standard_normal(len(x))


def _bent(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0] ** 2 + np.sin(2 * x[:, 1]) + 0.2 * g.standard_normal(len(x))


def _product(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0] * x[:, 1] + 0.1 * g.standard_normal(len(x))


def _noise(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return g.standard_normal(len(x))


def _weak(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0] + 1.0 * g.standard_normal(len(x))


def _outliers(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    y = _linear(x, g)
    y[g.permutation(len(y))[: len(y) // 100]] *= 1000
    return y


def _copy(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0]


TEN = dict.fromkeys(range(10), 40)
SOME = dict.fromkeys(range(10), 100)
FEW = dict.fromkeys(range(10), 8)
SGD = {"optimizer.kind": "sgd"}
SHORT = {"budget.epochs": 3}

TUNED = [
    # rate too high
    Patient("line, rate 1.05", "rate_high", "line-1", {"optimizer.lr": 1.05}),
    Patient("line, one at a time, rate 1.5", "rate_high", "line-2", {"optimizer.lr": 1.5}),
    Patient("digits, Adam 1.0", "rate_high", changes={**SHORT, "optimizer.lr": 1.0}, also=("dead",)),
    Patient(
        "digits, Adam 0.1, no dropout",
        "rate_high",
        changes={**SHORT, "optimizer.lr": 0.1, "model.dropout": 0.0},
        also=("dead",),
    ),
    Patient("digits, SGD 10", "rate_high", changes={**SHORT, **SGD, "optimizer.lr": 10.0}, also=("dead",)),
    Patient(
        "table, SGD 3",
        "rate_high",
        "table",
        {**SGD, "optimizer.lr": 3.0},
        table(400, 5, _bent),
        also=("dead",),
    ),
    # too low
    Patient("line, rate 1e-4", "rate_low", "line-1", {"optimizer.lr": 1e-4}),
    Patient("line, one at a time, rate 1e-6", "rate_low", "line-2", {"optimizer.lr": 1e-6}),
    Patient("digits, Adam 1e-6", "rate_low", changes={**SHORT, "optimizer.lr": 1e-6}),
    Patient("digits, SGD 1e-4", "rate_low", changes={**SHORT, **SGD, "optimizer.lr": 1e-4}),
    Patient("table, Adam 1e-6", "rate_low", "table", {"optimizer.lr": 1e-6}, table(400, 5, _linear)),
    # over-fitting
    Patient(
        "200 pictures, 512 wide",
        "overfit",
        changes={"model.hidden": [512], "model.dropout": 0.0, "budget.epochs": 150},
        data=folder(dict.fromkeys(range(10), 28)),
        also=("little_data",),
    ),
    Patient(
        "120 pictures, 256 wide",
        "overfit",
        changes={"model.hidden": [256], "model.dropout": 0.0, "budget.epochs": 200},
        data=folder(dict.fromkeys(range(10), 12), seed=3),
        also=("little_data",),
    ),
    Patient(
        "table of 60 rows, 20 columns",
        "overfit",
        "table",
        {"model.hidden": [128]},
        table(90, 20, _weak),
        also=("little_data",),
    ),
    Patient(
        "table of 140 rows, 10 columns",
        "overfit",
        "table",
        {"model.hidden": [256], "budget.steps": 1000},
        table(200, 10, _weak),
        also=("little_data",),
    ),
    # too small a model
    Patient(
        "digits through 1 neuron",
        "too_small",
        changes={
            "model.hidden": [1],
            "model.activation": "tanh",
            "model.dropout": 0.0,
            "budget.epochs": 6,
            "optimizer.lr": 1e-2,
        },
    ),
    Patient(
        "digits through 2 neurons",
        "too_small",
        changes={"model.hidden": [2], "model.dropout": 0.0, "budget.epochs": 8, "optimizer.lr": 1e-2},
    ),
    Patient(
        "line through a product",
        "too_small",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.02},
        table(600, 2, _product),
    ),
    Patient(
        "line through a curve",
        "too_small",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.02},
        table(600, 2, _bent),
    ),
    # dead units
    Patient(
        "inputs around 2000",
        "dead",
        "table",
        {"data.standardise": False, "model.hidden": [64, 64]},
        table(400, 2, _linear, middle=2000.0),
    ),
    Patient(
        "digits, Adam 0.05, three layers",
        "dead",
        changes={**SHORT, "optimizer.lr": 0.05, "model.hidden": [64, 64, 64], "model.dropout": 0.0},
        also=("rate_high",),
    ),
    Patient(
        "inputs around -500",
        "dead",
        "table",
        {"data.standardise": False, "model.hidden": [64, 64]},
        table(400, 3, _linear, middle=-500.0),
    ),
    Patient(
        "digits, momentum 0.5",
        "dead",
        changes={
            **SHORT,
            "optimizer.kind": "momentum",
            "optimizer.lr": 0.5,
            "model.hidden": [64, 64],
            "model.dropout": 0.0,
        },
        also=("rate_high",),
    ),
    # leakage
    Patient("every picture thrice", "leak", data=folder(SOME, copies=3)),
    Patient("every picture twice", "leak", changes={"budget.epochs": 15}, data=folder(TEN, copies=2)),
    Patient("the class in the corner", "leak", data=folder(SOME, spot=True)),
    Patient(
        "the target among the columns",
        "leak",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.05},
        table(400, 4, _copy),
    ),
    # imbalance
    Patient(
        "3 against 5, 97 %",
        "imbalance",
        changes={"budget.epochs": 2, "model.hidden": [8]},
        data=folder({3: 600, 5: 18}),
    ),
    Patient(
        "4 against 9, 95 %",
        "imbalance",
        changes={"budget.epochs": 3, "model.hidden": [8]},
        data=folder({4: 600, 9: 30}),
    ),
    Patient(
        "7 against 9, 96 %, linear",
        "imbalance",
        changes={"budget.epochs": 4, "model.kind": "linear"},
        data=folder({7: 500, 9: 20}),
    ),
    Patient(
        "8 and nine rare ones",
        "imbalance",
        changes={"budget.epochs": 3},
        data=folder({8: 600, **dict.fromkeys(range(8), 5)}),
    ),
    # labels without meaning
    Patient(
        "digits, labels dealt at random",
        "labels",
        changes={"budget.epochs": 6},
        data=folder(SOME, shuffled=True),
        also=("overfit",),
    ),
    Patient(
        "two digits, labels at random",
        "labels",
        changes={"budget.epochs": 10},
        data=folder({0: 200, 1: 200}, shuffled=True),
        also=("overfit",),
    ),
    Patient(
        "a target of noise",
        "labels",
        "table",
        {"model.hidden": [8]},
        table(3000, 4, _noise),
    ),
    Patient(
        "a target of noise, network",
        "labels",
        "table",
        {"model.hidden": [16]},
        table(800, 4, _noise),
        also=("overfit",),
    ),
    # ended while still falling
    Patient("digits, a sixth of an epoch", "unfinished", changes={"budget.steps": 40, "optimizer.lr": 3e-4}),
    Patient("line, 12 steps", "unfinished", "line-1", {"budget.steps": 15, "optimizer.lr": 0.05}),
    Patient(
        "digits, SGD 0.01, an epoch", "unfinished", changes={**SGD, "budget.epochs": 1, "optimizer.lr": 0.01}
    ),
    Patient("table, 60 steps", "unfinished", "table", {"budget.steps": 60}, table(600, 5, _linear)),
    # nothing comes back to the first layers
    Patient(
        "digits, six sigmoids, SGD",
        "vanishing",
        changes={
            **SGD,
            "budget.epochs": 2,
            "optimizer.lr": 0.1,
            "model.hidden": [64] * 6,
            "model.activation": "sigmoid",
            "model.dropout": 0.0,
        },
    ),
    Patient(
        "digits, five sigmoids, SGD 0.5",
        "vanishing",
        changes={
            **SGD,
            "budget.epochs": 2,
            "optimizer.lr": 0.5,
            "model.hidden": [48] * 5,
            "model.activation": "sigmoid",
            "model.dropout": 0.0,
        },
    ),
    # gradients that leap
    Patient("targets with outliers", "exploding", "table", {}, table(800, 4, _outliers)),
    Patient(
        "targets with outliers, SGD",
        "exploding",
        "table",
        {**SGD, "optimizer.lr": 1e-5},
        table(800, 4, _outliers, seed=1),
    ),
    # a patience too short
    Patient(
        "patience 1",
        "impatient",
        changes={"budget.patience": 1, "budget.evaluate_every": 5, "optimizer.lr": 3e-4},
    ),
    Patient(
        "patience 1, 100 pictures",
        "impatient",
        changes={"budget.patience": 1, "budget.evaluate_every": 2, "optimizer.lr": 1e-4, "budget.epochs": 30},
        data=folder(TEN),
    ),
    # never looked at
    Patient(
        "one look at the end", "few_looks", changes={"budget.epochs": 2, "budget.evaluate_every": 100000}
    ),
    Patient(
        "table, one look", "few_looks", "table", {"budget.evaluate_every": 100000}, table(400, 5, _linear)
    ),
]
"""What the thresholds were set on."""

HELD_OUT = [
    Patient("line, rate 2", "rate_high", "line-1", {"optimizer.lr": 2.0}),
    Patient(
        "digits, tanh, Adam 0.5",
        "rate_high",
        changes={**SHORT, "optimizer.lr": 0.5, "model.activation": "tanh", "model.dropout": 0.0},
    ),
    Patient(
        "table, Adam 1", "rate_high", "table", {"optimizer.lr": 1.0}, table(500, 4, _bent, seed=7), ("dead",)
    ),
    Patient(
        "digits, momentum 1e-6",
        "rate_low",
        changes={**SHORT, "optimizer.kind": "momentum", "optimizer.lr": 1e-6},
    ),
    Patient(
        "table, linear, SGD 1e-6",
        "rate_low",
        "table",
        {**SGD, "optimizer.lr": 1e-6, "model.kind": "linear"},
        table(500, 6, _linear, seed=7),
    ),
    Patient(
        "300 pictures, two layers of 256",
        "overfit",
        changes={"model.hidden": [256, 256], "model.dropout": 0.0, "budget.epochs": 100},
        data=folder(dict.fromkeys(range(10), 30), seed=7),
        also=("little_data",),
    ),
    Patient(
        "table of 105 rows, 15 columns",
        "overfit",
        "table",
        {"model.hidden": [64], "budget.steps": 1000},
        table(150, 15, _weak, seed=7),
        ("little_data",),
    ),
    Patient(
        "three columns, a product, a linear model",
        "too_small",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.01},
        table(900, 3, _product, seed=7),
    ),
    Patient(
        "digits through 2 neurons of tanh",
        "too_small",
        changes={
            "model.hidden": [2],
            "model.activation": "tanh",
            "model.dropout": 0.0,
            "budget.epochs": 8,
            "optimizer.lr": 1e-2,
        },
    ),
    Patient(
        "inputs around 300, three layers",
        "dead",
        "table",
        {"data.standardise": False, "model.hidden": [32, 32, 32]},
        table(500, 3, _bent, seed=7, middle=300.0),
    ),
    Patient(
        "digits, RMSProp 0.05, two layers",
        "dead",
        changes={
            **SHORT,
            "optimizer.kind": "rmsprop",
            "optimizer.lr": 0.05,
            "model.hidden": [64, 64],
            "model.dropout": 0.0,
        },
        also=("rate_high",),
    ),
    Patient(
        "every picture twice, a linear model",
        "leak",
        changes={"model.kind": "linear", "budget.epochs": 8},
        data=folder(SOME, copies=2, seed=7),
    ),
    Patient("three digits, four copies", "leak", data=folder({2: 60, 3: 60, 7: 60}, copies=4, seed=7)),
    Patient(
        "2 against 7, 98 %",
        "imbalance",
        changes={"budget.epochs": 2, "model.hidden": [16]},
        data=folder({2: 700, 7: 15}, seed=7),
    ),
    Patient(
        "5 and four rare ones",
        "imbalance",
        changes={"budget.epochs": 2},
        data=folder({5: 500, 3: 10, 6: 10, 8: 10, 9: 10}, seed=7),
    ),
    Patient(
        "five digits, labels at random",
        "labels",
        changes={"budget.epochs": 6},
        data=folder(dict.fromkeys(range(5), 150), shuffled=True, seed=7),
    ),
    Patient(
        "a target of noise, two layers",
        "labels",
        "table",
        {"model.hidden": [32, 32], "optimizer.lr": 1e-3},
        table(2000, 6, _noise, seed=7),
    ),
    Patient(
        "table, 100 small steps",
        "unfinished",
        "table",
        {"budget.steps": 100, "optimizer.lr": 2e-3},
        table(800, 4, _linear, seed=7),
    ),
    Patient(
        "digits, tanh, SGD 0.02, an epoch",
        "unfinished",
        changes={**SGD, "budget.epochs": 1, "optimizer.lr": 0.02, "model.activation": "tanh"},
    ),
    Patient(
        "digits, five sigmoids, momentum",
        "vanishing",
        changes={
            "optimizer.kind": "momentum",
            "optimizer.lr": 0.01,
            "budget.epochs": 2,
            "model.hidden": [32] * 5,
            "model.activation": "sigmoid",
            "model.dropout": 0.0,
        },
    ),
    Patient("three columns with outliers", "exploding", "table", {}, table(1500, 3, _outliers, seed=7)),
    Patient(
        "patience 1, SGD 0.05",
        "impatient",
        changes={**SGD, "budget.patience": 1, "budget.evaluate_every": 4, "optimizer.lr": 0.03},
    ),
    Patient(
        "digits, tanh, one look",
        "few_looks",
        changes={"budget.epochs": 2, "budget.evaluate_every": 100000, "model.activation": "tanh"},
    ),
]
"""Thought of after the thresholds were set, and not looked at before."""

HEALTHY = [
    Patient("line-1", None, "line-1"),
    Patient("line-2", None, "line-2"),
    Patient("line with noise, whole batches", None, "line-1", {"data.noise": 0.1}),
    Patient("mnist-mlp", None),
    Patient("digits, SGD 0.1", None, changes={**SGD, "optimizer.lr": 0.1, "budget.epochs": 6}),
    Patient(
        "digits, momentum 0.02",
        None,
        changes={"optimizer.kind": "momentum", "optimizer.lr": 0.02, "budget.epochs": 5},
    ),
    Patient("digits, linear", None, changes={"model.kind": "linear", "budget.epochs": 6}),
    Patient("digits, tanh", None, changes={"model.activation": "tanh", "budget.epochs": 5}),
    Patient("0 and 1", None, changes={"budget.epochs": 8}, data=folder({0: 400, 1: 400})),
    Patient("table, linear rule", None, "table", {}, table(800, 5, _linear)),
    Patient("table, bent rule", None, "table", {"budget.steps": 1500}, table(1500, 2, _bent)),
    Patient(
        "table, linear model",
        None,
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.02},
        table(600, 5, _linear),
    ),
]
