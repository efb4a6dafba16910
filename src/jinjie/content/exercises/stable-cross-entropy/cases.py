"""Scores for the exercise: small and readable, far apart, huge, one class ahead of all others, at random."""

import numpy as np


def cases(rng):
    small = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, -1.0]]), np.array([0, 2])
    huge = np.array([[1000.0, 999.0, 0.0], [1.0, 0.0, -1.0]]), np.array([1, 0])
    sure = np.array([[0.0, 900.0], [3.0, 1.0]]), np.array([0, 0])
    yield {"en": "small scores", "zh": "得分不大"}, "cross_entropy", small
    yield {"en": "scores in the thousands", "zh": "得分上千"}, "cross_entropy", huge
    yield {"en": "small scores", "zh": "得分不大"}, "gradient", small
    yield {"en": "sure, and wrong", "zh": "很有把握，却错了"}, "cross_entropy", sure
    yield {"en": "scores in the thousands", "zh": "得分上千"}, "gradient", huge
    yield {"en": "sure, and wrong", "zh": "很有把握，却错了"}, "gradient", sure
    for entry in ("cross_entropy", "gradient"):
        yield {"en": "a single example", "zh": "只有一个样本"}, entry, drawn(rng, 1, 4)
        yield {"en": "two classes", "zh": "两个类别"}, entry, drawn(rng, 5, 2)
        yield {"en": "scores far below zero", "zh": "得分远小于 0"}, entry, below(rng)
        yield {"en": "ten classes", "zh": "十个类别"}, entry, drawn(rng, 8, 10)
    for i in range(8):
        N, K, spread = (
            int(rng.integers(2, 30)),
            int(rng.integers(2, 12)),
            float(rng.choice([1.0, 30.0, 2000.0])),
        )
        entry = ("cross_entropy", "gradient")[i % 2]
        yield (
            {"en": f"{N} examples, {K} classes", "zh": f"{N} 个样本，{K} 个类别"},
            entry,
            drawn(rng, N, K, spread),
        )


def drawn(rng, N, K, spread=2.0):
    return spread * rng.normal(size=(N, K)), rng.integers(K, size=N)


def below(rng):
    z, y = drawn(rng, 4, 3)
    return z - np.array([[2000.0], [0.0], [900.0], [5000.0]]), y
