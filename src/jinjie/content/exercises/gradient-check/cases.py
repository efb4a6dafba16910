"""Weights to be nudged: one by hand, several, whole numbers, a step that is large."""

import numpy as np


def cases(rng):
    yield (
        {"en": "one weight, one example", "zh": "一个权重，一个样本"},
        (np.array([[0.5]]), np.array([[1.0]]), np.array([1.0]), 0.01),
    )
    yield {"en": "two weights in a row", "zh": "一行两个权重"}, drawn(rng, 4, 1, 2, 0.01)
    yield {"en": "three by two weights", "zh": "3×2 个权重"}, drawn(rng, 5, 3, 2, 0.01)
    W, X, y, h = drawn(rng, 6, 3, 3, 0.01)
    yield (
        {"en": "weights that are whole numbers", "zh": "权重都是整数"},
        (rng.integers(-1, 2, size=W.shape), 0.3 * X, y, h),
    )
    yield {"en": "a large step", "zh": "步长很大"}, drawn(rng, 6, 2, 3, 0.3)
    yield {"en": "a single column", "zh": "只有一列"}, drawn(rng, 6, 4, 1, 0.05)
    for _ in range(9):
        N, F, H = (int(n) for n in rng.integers(2, 6, size=3))
        h = float(rng.choice([0.003, 0.01, 0.03]))
        yield (
            {"en": f"{F}×{H} weights, a step of {h}", "zh": f"{F}×{H} 个权重，步长 {h}"},
            drawn(rng, N, F, H, h),
        )


def drawn(rng, N, F, H, h):
    return rng.normal(size=(F, H)), rng.normal(size=(N, F)), rng.normal(size=N), h
