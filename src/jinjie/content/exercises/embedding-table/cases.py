"""Texts as numbers: each token once, tokens that come again, tokens that never come."""

import numpy as np


def cases(rng):
    E = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    yield {"en": "three tokens, two alike", "zh": "三个词元，两个相同"}, "embed", (np.array([2, 0, 2]), E)
    alike = np.array([2, 0, 2]), np.array([[1.0, 0.0], [10.0, 10.0], [2.0, 5.0]]), 3
    yield {"en": "a token that comes twice", "zh": "一个词元出现两次"}, "gradient", alike
    once = np.array([1, 3]), np.array([[1.0, 2.0], [3.0, 4.0]]), 5
    yield {"en": "tokens that come once", "zh": "词元各出现一次"}, "gradient", once
    same = np.array([1, 1, 1, 1]), rng.normal(size=(4, 3)), 2
    yield {"en": "the same token four times", "zh": "同一个词元四次"}, "gradient", same
    yield {"en": "a single token", "zh": "只有一个词元"}, "embed", (np.array([1]), E)
    yield (
        {"en": "as many tokens as channels", "zh": "词元数与通道数相等"},
        "embed",
        (np.array([1, 2]), np.eye(3)[:, :2] + 1),
    )
    yield {"en": "a square table", "zh": "方形的表"}, "embed", (np.array([3, 1, 0]), rng.normal(size=(4, 4)))
    yield (
        {"en": "one channel", "zh": "只有一个通道"},
        "gradient",
        (np.array([0, 2, 0]), rng.normal(size=(3, 1)), 4),
    )
    for _ in range(12):
        T, V, C = int(rng.integers(2, 15)), int(rng.integers(6, 12)), int(rng.integers(1, 6))
        ids = rng.integers(0, V, T)
        name = {"en": f"{T} tokens, a table of {V} rows", "zh": f"{T} 个词元，{V} 行的表"}
        if rng.random() < 0.3:
            yield name, "embed", (ids, rng.normal(size=(V, C)))
        else:
            yield name, "gradient", (ids, rng.normal(size=(T, C)), V)
