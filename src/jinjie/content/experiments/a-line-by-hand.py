"""A line laid through real people by hand: the errors it makes, what they cost, and the cost of every slope."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Numbers, Plane, Shown, Value
from jinjie.scratch import Array
from jinjie.scratch.foundations.diabetes import COLUMNS, read_patients

WEIGHTS = np.linspace(-5, 20, 101)
"""The slopes that the second picture asks about: the range of the knob."""


def show(weight: float = 5.0, bias: int = 60, people: int = 24, best: bool = False) -> Shown:
    """The people, the line and its errors; the loss for every slope at this bias; the figures of the line."""
    x, y = measured(people)
    w_best, b_best = np.polyfit(x, y, 1)
    w, b = (float(w_best), float(b_best)) if best else (weight, float(bias))
    errors = w * x + b - y
    line = Text("the line, with the error of each person", "直线，以及每个人的误差")
    plane = Plane(
        [
            Line(Text("a person", "一个人"), x, y, dots=True, colour=1),
            Line(line, *line_with_errors(x, y, w, b), faint=people > 100, colour=2),
        ],
        x_label=Text("body mass index", "体重指数"),
        y_label=Text("the illness a year later", "一年后的病情"),
        x_range=(17, 43),
        y_range=(0, 360),
    )
    losses = [float(np.mean((slope * x + b - y) ** 2)) for slope in WEIGHTS]
    loss = float(np.mean(errors**2))
    bowl = Curves(
        [Line(Text("loss at this bias", "偏置不变时的损失"), WEIGHTS, losses)],
        x_label=Text("weight w", "权重 w"),
        y_label=Text("mean squared error", "均方误差"),
        marks=[Mark(w, loss, Text("your line", "你的直线"))],
        y_range=(0, 20_000),
    )
    least = float(np.mean((w_best * x + b_best - y) ** 2))
    numbers = Numbers(
        [
            Value(Text("mean of the errors", "误差的平均"), 0.0 if best else float(errors.mean())),
            Value(Text("mean squared error", "均方误差"), loss),
            Value(Text("its root", "它的平方根"), loss**0.5),
            Value(Text("everybody given the mean", "一律猜平均值时的均方误差"), float(y.var())),
            Value(Text("the least of all lines", "所有直线里最小的均方误差"), least),
        ]
    )
    return Shown(plane, bowl, numbers)


def measured(people: int) -> tuple[Array, Array]:
    """Body mass index and progression of so many people, spread evenly over the table: (people,) and (people,)."""
    table, y = read_patients()
    rows = np.arange(people) * len(y) // people
    return table[rows, COLUMNS.index("bmi")], y[rows]


def line_with_errors(x: Array, y: Array, w: float, b: float) -> tuple[Array, Array]:
    """One path along the line that goes, at every person, to the point and back: (3 N + 2,) and (3 N + 2,)."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    on = w * x + b
    ends = np.array([17.0, 43.0])
    along = np.stack([x, x, x], axis=1).ravel()
    up = np.stack([on, y, on], axis=1).ravel()
    at_ends = w * ends + b
    return np.r_[ends[0], along, ends[1]], np.r_[at_ends[0], up, at_ends[1]]
