"""One training step of the digits network, timed: NumPy by hand, PyTorch by hand, PyTorch with modules and autograd.

Keras and JAX do not come with Jinjie; what they took when `benchmarks/mnist.py` was last run stands below, as recorded.
"""

import statistics
import time

import numpy as np
import torch
from torch import nn

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Bars, Group, Shown, Table
from jinjie.scratch.networks.small_digits import small_digits

RATE = 0.1
TURN, IN_ALL = 0.004, 0.13
"""Seconds of one turn, about, and of all of them: a knob is answered at once."""
FEWEST = 3
"""Turns of each at least: a median needs them."""
RECORDED_ON = "2026-11-27, AMD EPYC, 2 cores"
RECORDED: dict[int, list[tuple[str, float]]] = {
    32: [
        ("scratch, fast", 1.07),
        ("engine", 2.17),
        ("Keras fit", 8.24),
        ("Keras fit, tuned", 3.51),
        ("Keras fit on PyTorch", 10.79),
        ("PyTorch, DataLoader", 3.65),
        ("PyTorch, DataLoader, one thread", 3.46),
        ("JAX, jit of a step", 0.95),
        ("JAX, scan of an epoch", 0.72),
    ],
    128: [
        ("scratch, fast", 0.56),
        ("engine", 1.04),
        ("Keras fit", 3.1),
        ("Keras fit, tuned", 2.04),
        ("Keras fit on PyTorch", 3.01),
        ("PyTorch, DataLoader", 1.63),
        ("PyTorch, DataLoader, one thread", 1.59),
        ("JAX, jit of a step", 0.49),
        ("JAX, scan of an epoch", 0.41),
    ],
}
"""By batch: a contender of `benchmarks/reports/mnist.md`, and its seconds per 60,000 pictures."""

torch.set_num_threads(1)
_digits, _labels = small_digits()
# 8 × 8 pixels, each drawn as 4 × 4, without a rim of two: 28 × 28, the size of MNIST's
_wide = np.kron(_digits.reshape(-1, 8, 8), np.ones((4, 4)))[:, 2:-2, 2:-2]
X, Y = np.ascontiguousarray(_wide.reshape(-1, 784), np.float32), _labels


def by_numpy(hidden: int, x, y):
    """Forward, backward and descent, every line written out."""
    rng, n = np.random.default_rng(0), len(y)
    W = rng.normal(size=(784, hidden)).astype(np.float32) * np.float32(np.sqrt(2 / 784))
    V = np.zeros((hidden, 10), np.float32)
    b, c = np.zeros(hidden, np.float32), np.zeros(10, np.float32)
    rows, rate = np.arange(n), np.float32(RATE)

    def step() -> None:
        h = x @ W
        h += b
        np.maximum(h, 0, out=h)
        z = h @ V
        z += c
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)
        z[rows, y] -= 1
        z /= n
        dh = z @ V.T
        dh *= h > 0
        for weight, slope in ((W, x.T @ dh), (b, dh.sum(axis=0)), (V, h.T @ z), (c, z.sum(axis=0))):
            slope *= rate
            weight -= slope

    return step


def by_hand_in_torch(hidden: int, x, y):
    """The same lines with torch's functions: what is left of the overhead when autograd has nothing to do."""
    x, y, n = torch.from_numpy(x), torch.from_numpy(y), len(y)
    torch.manual_seed(0)
    W, V = torch.randn(784, hidden) * (2 / 784) ** 0.5, torch.zeros(hidden, 10)
    b, c, rows = torch.zeros(hidden), torch.zeros(10), torch.arange(n)

    def step() -> None:
        with torch.no_grad():
            h = torch.addmm(b, x, W).relu_()
            z = torch.addmm(c, h, V).softmax(1)
            z[rows, y] -= 1
            z /= n
            dh = (z @ V.T).mul_(h > 0)
            W.sub_(x.T @ dh, alpha=RATE)
            b.sub_(dh.sum(0), alpha=RATE)
            V.sub_(h.T @ z, alpha=RATE)
            c.sub_(z.sum(0), alpha=RATE)

    return step


def by_autograd(hidden: int, x, y):
    """As everybody writes it: modules, a loss, `backward`."""
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))
    weights = list(model.parameters())

    def step() -> None:
        nn.functional.cross_entropy(model(x), y).backward()
        with torch.no_grad():
            for weight in weights:
                weight.sub_(weight.grad, alpha=RATE)
                weight.grad = None

    return step


NAMES = [
    Text("NumPy, by hand", "NumPy，手写"),
    Text("PyTorch, by hand", "PyTorch，手写"),
    Text("PyTorch, autograd", "PyTorch，自动求导"),
]
SHORT = [Text("NumPy", "NumPy"), Text("PyTorch", "PyTorch"), Text("autograd", "自动求导")]
"""The same, as wide as a bar."""


def show(hidden: int = 128, batch: int = 32) -> Shown:
    """Microseconds of a step, pictures a second and operations a second: medians of turns."""
    x, y = X[:batch], Y[:batch]
    times = measured([make(hidden, x, y) for make in (by_numpy, by_hand_in_torch, by_autograd)])
    flops = operations(hidden, batch)
    bars = Bars(
        SHORT,
        [Group(Text("one step", "一步"), [1e6 * t for t in times])],
        y_label=Text("microseconds", "微秒"),
        title=Text("measured here, now", "此时此地测得"),
    )
    rows = [
        (name, round(1e6 * t), round(batch / t), round(flops / t / 1e9, 1), round(t / min(times), 1))
        for name, t in zip(NAMES, times, strict=True)
    ]
    columns = (
        Text("measured here, now", "此时此地测得"),
        Text("µs a step", "每步微秒"),
        Text("pictures/s", "每秒图片数"),
        Text("billion operations/s", "每秒十亿次运算"),
        Text("× the fastest", "是最快的几倍"),
    )
    panels = [bars, Table(columns, rows)]
    if hidden == 128 and batch in RECORDED:
        panels.append(recorded(batch))
    return Shown(*panels)


def operations(hidden: int, batch: int) -> int:
    """Of the matrix products: two forward, one for each weight's gradient, one for the hidden layer's."""
    return 2 * batch * (2 * 784 * hidden + 3 * hidden * 10)


def measured(steps) -> list[float]:
    """Seconds of one step of each: warmed, in turns A B C A B C, medians."""
    counts, taken = [], [[] for _ in steps]
    for step in steps:
        step()
        begun = time.perf_counter()
        step()
        counts.append(max(1, round(TURN / (time.perf_counter() - begun))))
    begun = time.perf_counter()
    while len(taken[0]) < FEWEST or time.perf_counter() - begun < IN_ALL:
        for step, count, times in zip(steps, counts, taken, strict=True):
            start = time.perf_counter()
            for _ in range(count):
                step()
            times.append((time.perf_counter() - start) / count)
    return [statistics.median(times) for times in taken]


def recorded(batch: int) -> Table:
    """Whole trainings with dropout and Adam, on another machine or another day: not to be divided by what is above."""
    columns = (
        Text(f"recorded, {RECORDED_ON}", f"记录：{RECORDED_ON}"),
        Text("µs a step, with Adam and dropout", "每步微秒（含 Adam 与 dropout）"),
        Text("× the fastest", "是最快的几倍"),
    )
    fastest = min(seconds for _, seconds in RECORDED[batch])
    rows = [
        (Text(name, name), round(1e6 * seconds * batch / 60_000), round(seconds / fastest, 1))
        for name, seconds in RECORDED[batch]
    ]
    return Table(columns, rows)
