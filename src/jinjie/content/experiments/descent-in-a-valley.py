"""Gradient descent for two weights on real measurements, drawn over the loss: rate, batch and the valley's shape."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Numbers, Plane, Shown, Surface, Value
from jinjie.scratch import Array
from jinjie.scratch.foundations.diabetes import patients

NAMES = {
    "bmi": Text("weight of the body mass index", "体重指数的权重"),
    "bp": Text("weight of the blood pressure", "血压的权重"),
    "tc": Text("weight of total cholesterol", "总胆固醇的权重"),
    "ldl": Text("weight of LDL", "低密度脂蛋白的权重"),
}
HALF = 0.75
"""The view reaches this far from the best point in both directions: the start, (0, 0), is always inside."""


def show(rate: float = 0.1, batch: int = 442, measured: str = "bmi-bp", steps: int = 20) -> Shown:
    """The path from (0, 0) over the contours of the loss, the loss after each step, and what limits the rate."""
    columns = measured.split("-")
    X, y = patients(*columns)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    curvatures = np.linalg.eigvalsh(2 / len(y) * X.T @ X)
    path = descent(X, y, rate, batch, steps)
    losses = loss_at(path, X, y)
    least = float(loss_at(best[None], X, y)[0])

    view = [(centre - HALF, centre + HALF) for centre in best]
    axes = [np.linspace(low, high, 61) for low, high in view]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    step, loss = Text("step", "步"), Text("loss", "损失")
    bottom = Text("the least loss", "最小损失")
    plane = Plane(
        [Line(Text("the path", "路径"), path[:, 0], path[:, 1])],
        surface=Surface(axes[0], axes[1], loss_at(grid, X, y)),
        x_label=NAMES[columns[0]],
        y_label=NAMES[columns[1]],
        marks=[Mark(*best, Text("best", "最优"))],
        square=True,
        x_range=view[0],
        y_range=view[1],
    )
    curve = Curves(
        [
            Line(loss, range(len(losses)), losses),
            Line(bottom, [0, len(losses) - 1], [least, least], faint=True),
        ],
        x_label=step,
        y_label=loss,
        y_range=(0.5, 1.5) if losses.max() > 1.5 else None,
    )
    numbers = Numbers(
        [
            Value(Text("loss after the last step", "最后一步的损失"), losses[-1]),
            Value(bottom, least),
            Value(
                Text("limit of the rate, 2 / largest curvature", "学习率上限，2 / 最大曲率"),
                2 / curvatures[-1],
            ),
            Value(Text("condition number of the valley", "山谷的条件数"), curvatures[-1] / curvatures[0]),
            Value(Text("steps in an epoch", "一轮的步数"), -(-len(y) // batch)),
        ]
    )
    return Shown(plane, curve, numbers)


def descent(X: Array, y: Array, rate: float, batch: int, steps: int) -> Array:
    """Where the two weights stand at the start and after each step, (steps + 1, 2); every epoch in a new order."""
    rng, theta, path = np.random.default_rng(0), np.zeros(2), [np.zeros(2)]
    order = rng.permutation(len(y))
    for _ in range(steps):
        if len(order) == 0:
            order = rng.permutation(len(y))
        own, order = order[:batch], order[batch:]
        theta = theta - rate * 2 / len(own) * X[own].T @ (X[own] @ theta - y[own])
        path.append(theta)
    return np.array(path)


def loss_at(theta: Array, X: Array, y: Array) -> Array:
    """The mean squared error at each point: (..., 2) → (...). Second moments say all of it, whatever N is."""
    A, b, c = X.T @ X / len(y), X.T @ y / len(y), y @ y / len(y)
    value: Array = np.einsum("...i,ij,...j->...", theta, A, theta) - 2 * theta @ b + c
    return value
