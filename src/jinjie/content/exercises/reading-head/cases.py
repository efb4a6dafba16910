"""Texts of unequal lengths to pool, and heads to differentiate."""

import numpy as np


def cases(rng):
    yield (
        {"en": "two tokens and one of padding, by hand", "zh": "两个词元加一个填充，手算得出"},
        "pool",
        (np.array([[[1.0, 4.0], [3.0, 0.0], [9.0, 9.0]]]), np.array([[True, True, False]])),
    )
    yield (
        {"en": "three texts of unequal lengths", "zh": "三段长短不一的文字"},
        "pool",
        texts(rng, [5, 3, 2], 4),
    )
    yield (
        {
            "en": "two texts, two classes, a head of zeros",
            "zh": "两段文字，两类，全零的输出头",
        },
        "gradients",
        (np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0, 1]), np.zeros((2, 2)), np.zeros(2)),
    )
    yield (
        {"en": "four texts, three classes", "zh": "四段文字，三类"},
        "gradients",
        heads(rng, 4, 5, 3),
    )
    yield {"en": "no padding at all", "zh": "没有填充"}, "pool", texts(rng, [4, 4], 3)
    yield (
        {"en": "a single token beside a long text", "zh": "一段只有一个词元，另一段很长"},
        "pool",
        texts(rng, [1, 9], 3),
    )
    yield (
        {"en": "as many channels as tokens", "zh": "通道数与词元数相同"},
        "pool",
        texts(rng, [4, 2, 1, 3], 4),
    )
    yield {"en": "one text", "zh": "只有一段文字"}, "gradients", heads(rng, 1, 3, 2)
    m, y, W, b = heads(rng, 5, 4, 3)
    yield (
        {"en": "scores in the thousands", "zh": "分数上千"},
        "gradients",
        (1000 * m, y, W, b),
    )
    for _ in range(13):
        B, C, K = (int(n) for n in rng.integers(2, 7, size=3))
        lengths = rng.integers(1, 9, size=B)
        if rng.random() < 0.5:
            named = {"en": f"{B} texts, {C} channels", "zh": f"{B} 段文字，{C} 个通道"}
            yield named, "pool", texts(rng, lengths, C)
        else:
            named = {"en": f"{B} texts, {K} classes", "zh": f"{B} 段文字，{K} 类"}
            yield named, "gradients", heads(rng, B, C, K)


def texts(rng, lengths, C):
    T = int(max(lengths)) + int(rng.integers(0, 2))
    return rng.normal(1.0, 1.0, size=(len(lengths), T, C)), np.arange(T) < np.asarray(lengths)[:, None]


def heads(rng, B, C, K):
    return rng.normal(size=(B, C)), rng.integers(0, K, size=B), rng.normal(size=(C, K)), rng.normal(size=K)
