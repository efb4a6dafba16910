"""Networks for the exercise: by hand, with one output, with square matrices, saturated."""

import numpy as np


def cases(rng):
    yield (
        {"en": "one example, one of everything", "zh": "一个样本，处处都只有一个"},
        (
            np.array([[2.0]]),
            np.array([[1.0]]),
            np.array([[0.5]]),
            np.zeros(1),
            np.array([[3.0]]),
            np.array([0.5]),
        ),
    )
    yield {"en": "four examples, one output", "zh": "四个样本，一个输出"}, drawn(rng, 4, 2, 3, 1)
    yield {"en": "two outputs", "zh": "两个输出"}, drawn(rng, 5, 3, 4, 2)
    yield {"en": "everything of size 3", "zh": "所有大小都是 3"}, drawn(rng, 3, 3, 3, 3)
    yield {"en": "a single example", "zh": "只有一个样本"}, drawn(rng, 1, 3, 4, 2)
    X, *rest = drawn(rng, 6, 3, 4, 2)
    yield {"en": "hidden units far out on the bend", "zh": "隐藏单元都在弯折的远端"}, (5 * X, *rest)
    X, Y, W1, b1, W2, b2 = drawn(rng, 6, 3, 4, 2)
    h = np.tanh(X @ W1 + b1)
    yield {"en": "predictions that are right already", "zh": "预测已经全对"}, (X, h @ W2 + b2, W1, b1, W2, b2)
    for _ in range(10):
        N, F, H, K = (int(n) for n in rng.integers(2, 9, size=4))
        yield (
            {"en": f"{N} examples, {F} → {H} → {K}", "zh": f"{N} 个样本，{F} → {H} → {K}"},
            drawn(rng, N, F, H, K),
        )


def drawn(rng, N, F, H, K):
    X, Y = rng.normal(size=(N, F)), rng.normal(size=(N, K))
    W1, W2 = rng.normal(size=(F, H)) / np.sqrt(F), rng.normal(size=(H, K))
    return X, Y, W1, rng.normal(size=H) / 2, W2, rng.normal(size=K)
