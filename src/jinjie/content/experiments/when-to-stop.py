"""Gradient descent on a few people: the loss on them keeps falling, that on others turns round. When to stop?"""

from itertools import combinations_with_replacement

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Numbers, Shown, Value
from jinjie.scratch import Array
from jinjie.scratch.foundations.diabetes import read_patients
from jinjie.scratch.networks.regularization import early_stopping

STEPS = 1000
VALIDATION = 100


def show(people: int = 60, degree: int = 2, batch: str = "all", patience: int = 10, sample: int = 0) -> Shown:
    """The losses after each step, and where a training with this patience would end."""
    table, progression = read_patients()
    order = np.random.default_rng(sample).permutation(len(table))
    train, validation, test = np.split(order, [people, people + VALIDATION])
    y = standard(progression[:, None], train)[:, 0]
    A = standard(products(standard(table, train), degree), train)
    parts = descent(A, y, train, people if batch == "all" else int(batch), [train, validation, test])
    stop = early_stopping(parts[:, 1].tolist(), patience)
    steps = np.unique(np.geomspace(1, STEPS, 150).astype(int))
    curves = Curves(
        [
            Line(Text("training", "训练"), steps, parts[steps, 0]),
            Line(Text("validation", "验证"), steps, parts[steps, 1]),
            Line(Text("test", "测试"), steps, parts[steps, 2], faint=True),
        ],
        x_label=Text("step", "步"),
        y_label=Text("loss", "损失"),
        log_x=True,
        marks=[Mark(max(stop.best, 1), parts[stop.best, 1], Text("kept", "留下的"))],
        y_range=(0.0, 1.5),
    )
    numbers = Numbers(
        [
            Value(Text("stopped after step", "停在第几步"), stop.epoch),
            Value(Text("weights kept from step", "留下第几步的权重"), stop.best),
            Value(Text("their test loss", "它们的测试损失"), parts[stop.best, 2], digits=3),
            Value(Text("test loss after all steps", "走完全部步数的测试损失"), parts[-1, 2], digits=3),
        ]
    )
    return Shown(curves, numbers)


def descent(A: Array, y: Array, train: Array, batch: int, parts: list[Array]) -> Array:
    """The loss on each part at the start and after each step, (STEPS + 1, parts)."""
    X, target, rng = A[train], y[train], np.random.default_rng(0)
    rate = 0.3 / np.linalg.eigvalsh(2 / len(train) * X.T @ X)[-1]
    theta, path = np.zeros(A.shape[1]), [np.zeros(A.shape[1])]
    for _ in range(STEPS):
        rows = rng.permutation(len(train))[:batch]
        theta = theta - rate * 2 / batch * X[rows].T @ (X[rows] @ theta - target[rows])
        path.append(theta)
    squares = (A @ np.array(path).T - y[:, None]) ** 2
    return np.stack([squares[part].mean(axis=0) for part in parts], axis=1)


def products(X: Array, degree: int) -> Array:
    """All products of up to `degree` columns."""
    columns = [
        X[:, list(chosen)].prod(axis=1)
        for many in range(1, degree + 1)
        for chosen in combinations_with_replacement(range(X.shape[1]), many)
    ]
    return np.stack(columns, axis=1)


def standard(A: Array, rows: Array) -> Array:
    """Mean 0 and deviation 1 on the rows to train on; the others are measured by these."""
    made: Array = (A - A[rows].mean(axis=0)) / A[rows].std(axis=0)
    return made
