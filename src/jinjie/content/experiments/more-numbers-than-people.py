"""A linear model is given more and more columns of the same few people: its loss on them, and on all others."""

from itertools import combinations_with_replacement

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Numbers, Shown, Value
from jinjie.scratch import Array
from jinjie.scratch.foundations.diabetes import read_patients

MOST = 150
"""Features: the ten measurements, then their products of two, then the first of those of three."""


def show(people: int = 60, price: float = 0.0, sample: int = 0) -> Shown:
    """Both losses against the number of features, and where each is least."""
    table, progression = read_patients()
    order = np.random.default_rng(sample).permutation(len(table))
    train, held_out = order[:people], order[people:]
    y = standard(progression[:, None], train)[:, 0]
    A = standard(products(standard(table, train)), train)
    counts = np.array(
        sorted({*range(1, 24), *range(24, MOST + 1, 7), MOST, *range(people - 2, min(people + 3, MOST))})
    )
    losses = np.array([both(A[:, :count], y, train, held_out, price) for count in counts])
    best = int(losses[:, 1].argmin())
    middle = float(np.mean(y[held_out] ** 2))
    curves = Curves(
        [
            Line(Text("on the people trained on", "训练过的人"), counts, losses[:, 0].clip(1e-4)),
            Line(Text("on all others", "其余的人"), counts, losses[:, 1]),
            Line(
                Text("the mean for everybody", "给每个人都猜平均值"),
                counts[[0, -1]],
                [middle, middle],
                faint=True,
            ),
        ],
        x_label=Text("numbers to choose", "可调的参数个数"),
        y_label=Text("loss", "损失"),
        log_y=True,
        y_range=(0.01, 1000.0),
    )
    numbers = Numbers(
        [
            Value(Text("least loss on the others", "其余的人上最小的损失"), losses[best, 1], digits=3),
            Value(Text("with so many numbers", "此时的参数个数"), int(counts[best])),
            Value(
                Text("loss on the others with all 150", "150 个参数时其余的人上的损失"),
                losses[-1, 1],
                digits=3,
            ),
            Value(Text("loss on the others with ten", "10 个参数时其余的人上的损失"), losses[9, 1], digits=3),
        ]
    )
    return Shown(curves, numbers)


def both(A: Array, y: Array, train: Array, held_out: Array, price: float) -> tuple[float, float]:
    """The least weights that fit the training people (ridge, where weights have a price), judged on both sides."""
    X = A[train]
    if price == 0:
        w = np.linalg.lstsq(X, y[train], rcond=None)[0]
    else:
        w = np.linalg.solve(X.T @ X + price * np.eye(X.shape[1]), X.T @ y[train])
    squares = (A @ w - y) ** 2
    return float(squares[train].mean()), float(squares[held_out].mean())


def products(X: Array) -> Array:
    """The columns, their products of two and the first of those of three, (N, MOST)."""
    columns = [
        X[:, list(chosen)].prod(axis=1)
        for degree in (1, 2, 3)
        for chosen in combinations_with_replacement(range(X.shape[1]), degree)
    ]
    return np.stack(columns[:MOST], axis=1)


def standard(A: Array, rows: Array) -> Array:
    """Mean 0 and deviation 1 on the rows to train on; the others are measured by these."""
    made: Array = (A - A[rows].mean(axis=0)) / A[rows].std(axis=0)
    return made
