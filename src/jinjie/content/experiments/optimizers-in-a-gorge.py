"""Five rules walk down the same valley of real measurements: one gorge lies across the axes, the other along one."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Plane, Shown, Surface, Table
from jinjie.scratch import Array
from jinjie.scratch.foundations.diabetes import COLUMNS, read_patients
from jinjie.scratch.networks import optimizers

NAMES = {
    "bmi": Text("weight of the body mass index", "体重指数的权重"),
    "bp": Text("weight of the blood pressure", "血压的权重"),
    "tc": Text("weight of total cholesterol", "总胆固醇的权重"),
    "ldl": Text("weight of LDL", "低密度脂蛋白的权重"),
}
RULES = {
    "descent": Text("gradient descent", "梯度下降"),
    "momentum": Text("momentum", "动量"),
    "adagrad": Text("AdaGrad", "AdaGrad"),
    "rmsprop": Text("RMSProp", "RMSProp"),
    "adam": Text("Adam", "Adam"),
}
BEST = {
    "slanted": {"descent": 0.4, "momentum": 0.5, "adagrad": 0.16, "rmsprop": 0.08, "adam": 0.025},
    "straight": {"descent": 0.004, "momentum": 0.004, "adagrad": 0.08, "rmsprop": 0.008, "adam": 0.008},
}
"""The rate of each rule that needs the fewest steps, of the 41 rates that the lesson tries."""
CLOSE = 1e-4
"""A loss this near to the least one is as good as there."""


def show(
    valley: str = "slanted", rule: str = "all", times: float = 1.0, beta: float = 0.5, steps: int = 20
) -> Shown:
    """The paths over the contours of the loss, how far each loss is from the least, and the steps that each needs."""
    X, y, names = measured(valley)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    chosen = list(RULES) if rule == "all" else ["descent", rule] if rule != "descent" else [rule]
    rates = {name: times * BEST[valley][name] for name in chosen}
    paths = {name: walk(name, X, y, rates[name], beta) for name in chosen}
    excess = {name: ((path - best) @ X.T) ** 2 for name, path in paths.items()}
    far = {name: squares.mean(axis=1) for name, squares in excess.items()}

    half = 0.34 if valley == "slanted" else 0.085
    view = [(min(0.0, w) - 0.2 * half, max(0.0, w) + 0.2 * half) for w in best]
    middle = [(low + high) / 2 for low, high in view]
    view = [(centre - half, centre + half) for centre in middle]
    axes = [np.linspace(low, high, 41) for low, high in view]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    plane = Plane(
        [
            Line(RULES[name], paths[name][: steps + 1, 0], paths[name][: steps + 1, 1], colour=colour(name))
            for name in chosen
        ],
        surface=Surface(axes[0], axes[1], loss_at(grid, X, y)),
        x_label=NAMES[names[0]],
        y_label=NAMES[names[1]],
        marks=[Mark(*best, Text("best", "最优"))],
        square=True,
        x_range=view[0],
        y_range=view[1],
    )
    curve = Curves(
        [
            Line(RULES[name], range(steps + 1), far[name][: steps + 1].clip(1e-8, 1e3), colour=colour(name))
            for name in chosen
        ],
        x_label=Text("step", "步"),
        y_label=Text("loss above the least", "损失超出最小值"),
        log_y=True,
        y_range=(1e-6, 10.0),
    )
    table = Table(
        [
            Text("rule", "规则"),
            Text("rate", "学习率"),
            Text("steps until it stays there", "走到并留住的步数"),
        ],
        [[RULES[name], float(f"{rates[name]:.3g}"), needed(far[name])] for name in chosen],
    )
    return Shown(plane, curve, table)


def measured(valley: str) -> tuple[Array, Array, tuple[str, str]]:
    """Two columns of mean 0, (442, 2): of deviation 1 in the slanted gorge, in their own units in the straight one."""
    table, progression = read_patients()
    names = ("tc", "ldl") if valley == "slanted" else ("bmi", "bp")
    X = table[:, [COLUMNS.index(name) for name in names]]
    X = X - X.mean(axis=0)
    if valley == "slanted":
        X = X / X.std(axis=0)
    return X, (progression - progression.mean()) / progression.std(), names


def walk(rule: str, X: Array, y: Array, rate: float, beta: float = 0.5, steps: int = 200) -> Array:
    """Where the weights stand at the start and after each step, (steps + 1, 2)."""
    A, b = 2 / len(y) * X.T @ X, 2 / len(y) * X.T @ y
    theta, m, v, path = np.zeros(2), np.zeros(2), np.zeros(2), [np.zeros(2)]
    for t in range(1, steps + 1):
        gradient = A @ theta - b
        if rule == "momentum":
            theta, m = optimizers.momentum(theta, gradient, m, lr=rate, beta=beta)
        elif rule == "adagrad":
            theta, v = optimizers.adagrad(theta, gradient, v, lr=rate)
        elif rule == "rmsprop":
            theta, v = optimizers.rmsprop(theta, gradient, v, lr=rate)
        elif rule == "adam":
            theta, m, v = optimizers.adam(theta, gradient, m, v, t, lr=rate)
        else:
            theta = optimizers.sgd(theta, gradient, lr=rate)
        theta = theta.clip(-1e6, 1e6)  # what diverges may leave the picture, not the numbers
        path.append(theta)
    return np.array(path)


def needed(far: Array) -> Text | int:
    """The first step from which on the loss stays within CLOSE of the least."""
    outside = np.flatnonzero(far > CLOSE)
    if len(outside) and outside[-1] == len(far) - 1:
        return Text(f"more than {len(far) - 1}", f"超过 {len(far) - 1}")
    return int(outside[-1]) + 1 if len(outside) else 0


def colour(name: str) -> int:
    return list(RULES).index(name) + 1


def loss_at(theta: Array, X: Array, y: Array) -> Array:
    """The mean squared error at each point: (..., 2) → (...)."""
    A, b, c = X.T @ X / len(y), X.T @ y / len(y), y @ y / len(y)
    value: Array = np.einsum("...i,ij,...j->...", theta, A, theta) - 2 * theta @ b + c
    return value
