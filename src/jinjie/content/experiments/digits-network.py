"""A network learns real digits: its first weights as pictures, its loss, and the held-out digits that it gets wrong."""

from functools import cache
from itertools import pairwise

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Heat, Line, Numbers, Shown, Table, Value
from jinjie.scratch import Array, Integers
from jinjie.scratch.foundations.losses import cross_entropy
from jinjie.scratch.networks.activations import softmax
from jinjie.scratch.networks.small_digits import small_digits

Layers = list[tuple[Array, Array]]
BATCH = 32
HELD_OUT = 500
"""The last pictures, in the order of the file: neighbours look like one hand, so they are not mixed before the cut."""
SIDE = 8
WRONG = 10
"""Pictures shown of those that the network gets wrong: the ones it is surest of."""


def show(
    question: str = "which",
    hidden: int = 0,
    bend: bool = True,
    rate: float = 0.5,
    epochs: int = 20,
    look: str = "all",
) -> Shown:
    """First-layer weights, loss, accuracy and the worst mistakes. `hidden` 0 is a single layer: nothing bends."""
    pixels, labels = read()
    X, y, X_new, y_new = pixels[:-HELD_OUT], labels[:-HELD_OUT], pixels[-HELD_OUT:], labels[-HELD_OUT:]
    if question == "even":
        y, y_new = y % 2, y_new % 2
    sizes = [X.shape[1], hidden, int(y.max()) + 1] if hidden else [X.shape[1], int(y.max()) + 1]
    layers, losses = trained(X, y, X_new, y_new, sizes, bend, rate, epochs)
    p, p_known = softmax(forward(layers, X_new, bend)[0]), softmax(forward(layers, X, bend)[0])
    answers = p.argmax(axis=1)
    held_out, known = np.mean(answers == y_new), np.mean(p_known.argmax(axis=1) == y)

    names = (Text("learned from", "学过的"), Text("held out", "没见过的"))
    lines = [Line(names[i], range(len(losses)), losses[:, i]) for i in (0, 1)]
    curve = Curves(
        lines,
        x_label=Text("epoch", "轮"),
        y_label=Text("loss", "损失"),
        y_range=(0, 1.1 * losses[0].max()),
    )
    numbers = Numbers(
        [
            Value(Text("parameters", "参数个数"), sum(W.size + b.size for W, b in layers)),
            Value(Text("accuracy, 1,297 learned from", "准确率，学过的 1297 张"), known),
            Value(Text("accuracy, 500 held out", "准确率，没见过的 500 张"), held_out),
        ]
    )
    worst = [n for n in np.argsort(-p.max(axis=1), kind="stable") if answers[n] != y_new[n]][:WRONG]
    errors = [mistakes(X_new[worst]), listed(p[worst], y_new[worst], question)] if worst else []
    if look == "weights":
        return Shown(stencils(layers[0][0]), numbers)
    if look == "mistakes":
        return Shown(*errors or [numbers])
    return Shown(stencils(layers[0][0]), curve, numbers, *errors)


@cache
def read() -> tuple[Array, Integers]:
    return small_digits()


def stencils(weights: Array) -> Heat:
    """A picture a neuron: at each pixel, what ink there adds to its sum."""
    across = {2: 2, 4: 4, 10: 5, 16: 8, 32: 8}[len(weights)]
    title = Text("first layer: one picture of weights a neuron", "第一层：每个神经元的权重画成一幅图")
    return Heat(tiled(weights, across), title=title, signed=True, limit=float(np.abs(weights).max()))


def mistakes(pictures: Array) -> Heat:
    title = Text("wrong, and sure of it: the worst, left to right", "错得最有把握的几张，从左到右")
    return Heat(tiled(pictures, WRONG), title=title, limit=1.0)


def listed(p: Array, y: Integers, question: str) -> Table:
    """What each of these pictures is, what the network says, and how sure it is."""
    names = (
        [Text("even", "偶数"), Text("odd", "奇数")]
        if question == "even"
        else [Text(d, d) for d in "0123456789"]
    )
    columns = (
        Text("picture", "图"),
        Text("it is", "实际"),
        Text("the network says", "网络说"),
        Text("with", "把握"),
    )
    rows = [
        (Text(str(i + 1), str(i + 1)), names[y[i]], names[p[i].argmax()], round(float(p[i].max()), 2))
        for i in range(len(y))
    ]
    return Table(columns, rows)


def forward(layers: Layers, x: Array, bend: bool) -> tuple[Array, list[Array]]:
    """The scores, (N, K), and what went into each layer."""
    inputs = [x]
    for W, b in layers[:-1]:
        h = inputs[-1] @ W.T + b
        inputs.append(np.maximum(0, h) if bend else h)
    W, b = layers[-1]
    return inputs[-1] @ W.T + b, inputs


def gradients(layers: Layers, x: Array, targets: Array, bend: bool) -> Layers:
    """What the loss asks of each layer: (dW, db), first layer first. `targets` (N, K) are 1 at the right class."""
    z, inputs = forward(layers, x, bend)
    delta = np.exp(z - z.max(axis=1, keepdims=True))
    delta /= delta.sum(axis=1, keepdims=True)
    delta -= targets
    delta /= len(x)
    found: Layers = []
    for i in reversed(range(len(layers))):
        found.insert(0, (delta.T @ inputs[i], delta.sum(axis=0)))
        if i > 0:
            delta = delta @ layers[i][0]
            if bend:
                delta *= inputs[i] > 0
    return found


def trained(
    X: Array,
    y: Integers,
    X_new: Array,
    y_new: Integers,
    sizes: list[int],
    bend: bool,
    rate: float,
    epochs: int,
) -> tuple[Layers, Array]:
    """The layers after the last epoch, and the losses on both parts at the start and after each, (epochs + 1, 2)."""
    rng = np.random.default_rng(0)
    layers = [(rng.normal(size=(H, C)) * np.sqrt(2 / C), np.zeros(H)) for C, H in pairwise(sizes[:-1])]
    layers.append((np.zeros((sizes[-1], sizes[-2])), np.zeros(sizes[-1])))  # no opinion yet
    targets = np.eye(sizes[-1])[y]
    losses = [both(layers, X, y, X_new, y_new, bend)]
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for start in range(0, len(y), BATCH):
            rows = order[start : start + BATCH]
            asked = gradients(layers, X[rows], targets[rows], bend)
            layers = [(W - rate * dW, b - rate * db) for (W, b), (dW, db) in zip(layers, asked, strict=True)]
        losses.append(both(layers, X, y, X_new, y_new, bend))
    return layers, np.array(losses)


def both(
    layers: Layers, X: Array, y: Integers, X_new: Array, y_new: Integers, bend: bool
) -> tuple[float, float]:
    return cross_entropy(forward(layers, X, bend)[0], y), cross_entropy(
        forward(layers, X_new, bend)[0], y_new
    )


def tiled(pictures: Array, across: int) -> Array:
    """Pictures (N, 64) side by side, `across` in a row, with a blank line between them."""
    down = -(-len(pictures) // across)
    sheet = np.zeros((down * (SIDE + 1) - 1, across * (SIDE + 1) - 1))
    for i, picture in enumerate(pictures):
        top, left = i // across * (SIDE + 1), i % across * (SIDE + 1)
        sheet[top : top + SIDE, left : left + SIDE] = picture.reshape(SIDE, SIDE)
    return sheet
