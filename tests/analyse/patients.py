"""A run that is broken on purpose, or healthy: its data, its training, and the rules that tables follow."""

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


def linear(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x @ np.linspace(1, 2, x.shape[1]) + 0.3 * g.standard_normal(len(x))


def bent(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0] ** 2 + np.sin(2 * x[:, 1]) + 0.2 * g.standard_normal(len(x))


def product(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0] * x[:, 1] + 0.1 * g.standard_normal(len(x))


def noise(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return g.standard_normal(len(x))


def weak(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0] + 1.0 * g.standard_normal(len(x))


def outliers(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    y = linear(x, g)
    y[g.permutation(len(y))[: len(y) // 100]] *= 1000
    return y


def copy(x: np.ndarray, g: np.random.Generator) -> np.ndarray:
    return x[:, 0]
