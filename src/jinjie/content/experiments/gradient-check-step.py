"""How far measured slopes are from the gradient, for every step size: the V of a gradient check."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Numbers, Shown, Value
from jinjie.scratch import Array
from jinjie.scratch.foundations.diabetes import patients

COLUMNS = ("bmi", "bp", "ltg")
HIDDEN = 4
STEPS = np.logspace(-14, 0, 43)
"""Three to a factor of ten."""


def show(digits: float = 5.0, precision: int = 64, sides: str = "both", fault: str = "none") -> Shown:
    """The relative error of the gradient of W (3, 4) against slopes measured with each step size."""
    step = 10.0**-digits
    X, y = patients(*COLUMNS)
    rng = np.random.default_rng(0)
    W, v = rng.normal(size=(len(COLUMNS), HIDDEN)), rng.normal(size=HIDDEN)
    kind = np.float64 if precision == 64 else np.float32
    X, y, v = X[:64].astype(kind), y[:64].astype(kind), v.astype(kind)
    h = np.tanh(X @ W)
    back = np.outer(2 / len(y) * (h @ v - y), v)
    gradient = X.T @ (back if fault == "slope" else back * (1 - h**2))
    if fault == "element":
        gradient.flat[np.abs(gradient).argmax()] *= 1.01

    both = sides == "both"
    errors = np.array([distance(gradient, measured(W, v, X, y, h, both)) for h in STEPS])
    own = distance(gradient, measured(W, v, X, y, step, both))
    best = int(errors.argmin())
    curve = Curves(
        [Line(Text("relative error", "相对误差"), STEPS, np.maximum(errors, 1e-16))],
        x_label=Text("step h", "步长 h"),
        y_label=Text("relative error", "相对误差"),
        log_x=True,
        log_y=True,
        marks=[Mark(step, max(own, 1e-16), Text("your step", "你的步长"))],
        y_range=(1e-12, 10.0),
    )
    numbers = Numbers(
        [
            Value(Text("relative error with your step", "你的步长的相对误差"), own, digits=2),
            Value(Text("smallest relative error", "最小的相对误差"), float(errors[best]), digits=2),
            Value(Text("at the step", "出现在步长"), float(STEPS[best]), digits=2),
        ]
    )
    return Shown(curve, numbers)


def measured(W: Array, v: Array, X: Array, y: Array, h: float, both: bool) -> Array:
    """The slope of the loss along each of the weights, all nudged copies of W worked out at once: (F, H)."""
    nudges = np.eye(W.size).reshape(W.size, *W.shape)
    up = losses(W + h * nudges, v, X, y)
    down = losses(W - h * nudges, v, X, y) if both else losses(W[None], v, X, y)
    slopes: Array = (up.astype(np.float64) - down) / (2 * h if both else h)
    return slopes.reshape(W.shape)


def losses(W: Array, v: Array, X: Array, y: Array) -> Array:
    """The mean squared error for each of several W: (K, F, H) → (K,), in the precision of X."""
    hidden = np.tanh(X @ W.astype(X.dtype))  # (K, N, H)
    loss: Array = ((hidden @ v - y) ** 2).mean(axis=1)
    return loss


def distance(gradient: Array, slopes: Array) -> float:
    """‖g − ĝ‖ / max(‖g‖, ‖ĝ‖)."""
    size = max(np.linalg.norm(gradient), np.linalg.norm(slopes))
    return float(np.linalg.norm(gradient - slopes) / size) if size else 0.0
