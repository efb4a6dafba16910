"""Counts and shares: small ones, the lazy tests, then at random with a rare class."""

import numpy as np


def cases(rng):
    counts, shares = "confusion", "precision_recall_f1"
    yield (
        {"en": "counts: six people", "zh": "计数：六个人"},
        counts,
        (np.array([0, 0, 0, 1, 1, 0]), np.array([0, 1, 0, 1, 0, 0])),
    )
    yield (
        {"en": "shares: the test of the lesson", "zh": "比例：课文里的检验"},
        shares,
        (np.array([[181, 6], [27, 7]]),),
    )
    yield {"en": "shares: always an alarm", "zh": "比例：见谁都报警"}, shares, (np.array([[0, 9], [0, 1]]),)
    yield {"en": "shares: never an alarm", "zh": "比例：从不报警"}, shares, (np.array([[8, 0], [3, 0]]),)
    yield (
        {"en": "counts: nobody in danger", "zh": "计数：没有人有危险"},
        counts,
        (np.zeros(5, int), np.array([0, 1, 1, 0, 0])),
    )
    yield (
        {"en": "shares: nobody in danger", "zh": "比例：没有人有危险"},
        shares,
        (np.array([[5, 2], [0, 0]]),),
    )
    yield {"en": "shares: everything right", "zh": "比例：全对"}, shares, (np.array([[7, 0], [0, 4]]),)
    while True:
        N = int(rng.integers(10, 200))
        y, y_hat = (rng.random((2, N)) < [[0.2], [0.3]]).astype(int)
        yield {"en": f"counts: {N} people", "zh": f"计数：{N} 个人"}, counts, (y, y_hat)
        M = rng.integers(1, 50, size=(2, 2))
        yield {"en": f"shares: {M.sum()} people", "zh": f"比例：{M.sum()} 个人"}, shares, (M,)
