"""A head on what a BERT makes of film reviews: how many labels it needs, and what fine-tuning does to the vectors."""

import functools

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Numbers, Plane, Shown, Value
from jinjie.scratch import Array, Integers
from jinjie.scratch.networks.activations import sigmoid
from jinjie.scratch.transformers.readers import reviews

COUNTS = (25, 50, 100, 200, 400, 800, 1600)
CURVES = {
    "words": (0.516, 0.531, 0.540, 0.569, 0.599, 0.632, 0.680),
    "first": (0.535, 0.516, 0.561, 0.606, 0.637, 0.654, 0.656),
    "mean": (0.593, 0.625, 0.632, 0.661, 0.710, 0.722, 0.727),
    "tuned": (0.785, 0.786, 0.833, 0.826, 0.842, 0.842, 0.840),
}
"""`held_out` after COUNTS labels, vectors of deviation 1; of words what the lesson's first run gives."""
NAMES = {
    "words": Text("words alone", "只看词"),
    "first": Text("MiniLM, [CLS]", "MiniLM，[CLS]"),
    "mean": Text("MiniLM, mean of the tokens", "MiniLM，词元平均"),
    "tuned": Text("fine-tuned on 8,525 reviews", "用 8,525 条影评微调过"),
}
SHOWN = 200
"""Test reviews that are drawn, half of each class."""


def show(made: str = "mean", labels: int = 200) -> Shown:
    """Test reviews along the head's own direction and the one in which the rest differs most; accuracy over labels."""
    labels = int(labels)
    X, y, X_test, y_test = vectors(made)
    X = X[:labels]
    score, seen, w = head(X, y[:labels], X_test)
    chosen = np.concatenate([np.flatnonzero(y_test == k)[: SHOWN // 2] for k in (0, 1)])
    rest = X_test[chosen] - np.outer(X_test[chosen] @ w, w) / (w @ w)
    across = rest @ first_axis(rest)
    praise = y_test[chosen] == 1
    bound = float(np.abs(across).max())
    plane = Plane(
        [
            Line(Text("blame", "贬"), score[chosen][~praise], across[~praise], dots=True, colour=2),
            Line(Text("praise", "褒"), score[chosen][praise], across[praise], dots=True, colour=1),
            Line(Text("the head's border", "输出头的分界"), [0.0, 0.0], [-bound, bound], faint=True),
        ],
        title=Text("200 test reviews", "200 条测试影评"),
        x_label=Text("what the head says: blame ← → praise", "输出头的分数：贬 ← → 褒"),
        y_label=Text("direction of the largest rest", "其余差异最大的方向"),
    )
    right = float(((score > 0) == y_test).mean())
    curves = Curves(
        [
            Line(NAMES[name], COUNTS, CURVES[name], faint=name != made)
            for name in ("words", "first", "mean", "tuned")
        ],
        title=Text("test reviews judged rightly", "测试影评判断正确的比例"),
        x_label=Text("labelled reviews for the head", "训练输出头用的带标签影评数"),
        y_label=Text("accuracy", "正确率"),
        log_x=True,
        marks=[Mark(labels, right, Text("here", "这里"))],
        y_range=(0.45, 0.9),
    )
    numbers = Numbers(
        [
            Value(Text("accuracy on 1,039 test reviews", "1,039 条测试影评的正确率"), right),
            Value(
                Text("accuracy on the reviews it learned from", "训练用影评上的正确率"),
                float(((seen > 0) == y[:labels]).mean()),
            ),
            Value(
                Text("always the commoner class", "总猜较多的一类"),
                float(max(y_test.mean(), 1 - y_test.mean())),
            ),
        ]
    )
    return Shown(plane, curves, numbers)


@functools.cache
def vectors(made: str) -> tuple[Array, Integers, Array, Integers]:
    """Training and test reviews with deviation 1 on training, in single precision: a slider answers at once."""
    X, y = reviews("train", made)  # type: ignore[arg-type]
    X_test, y_test = reviews("test", made)  # type: ignore[arg-type]
    centre, deviation = X.mean(axis=0), X.std(axis=0)
    return (
        ((X - centre) / deviation).astype(np.float32),
        y,
        ((X_test - centre) / deviation).astype(np.float32),
        y_test,
    )


def head(X: Array, y: Integers, X_test: Array) -> tuple[Array, Array, Array]:
    """Praise less blame, scores of the test and the training reviews, and the direction w (C,).

    The lesson's 100 steps of softmax over two scores, of which only the difference is kept: both move alike, in
    opposite directions.
    """
    w, b = np.zeros(X.shape[1], X.dtype), 0.0
    target = y.astype(X.dtype)
    for _ in range(100):
        d = (sigmoid(X @ w + b).astype(X.dtype) - target) / len(y)
        w = w - 0.1 * (2 * (d @ X) + 0.1 * w)
        b = b - 0.1 * 2 * float(d.sum())
    return X_test @ w + b, X @ w + b, w


def held_out(X: Array, y: Integers, X_test: Array, y_test: Integers) -> float:
    """The share of test reviews that such a head judges rightly."""
    return float(((head(X, y, X_test)[0] > 0) == y_test).mean())


def first_axis(X: Array) -> Array:
    """The direction in which the rows differ most, of length 1, by the power method."""
    v = np.ones(X.shape[1])
    for _ in range(30):
        v = X.T @ (X @ v)
        v /= np.linalg.norm(v)
    return v
