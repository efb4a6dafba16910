"""One step of either rule: by hand first, then a long memory, gradients of very different size, and none at all."""

import numpy as np


def cases(rng):
    yield (
        {"en": "momentum: a velocity and a gradient that agree", "zh": "动量：速度与梯度同向"},
        "momentum",
        (np.array([1.0]), np.array([2.0]), np.array([3.0]), 0.1, 0.9),
    )
    yield (
        {"en": "AdaGrad: a sum of 9 and a gradient of 4", "zh": "AdaGrad：已累加 9，梯度为 4"},
        "adagrad",
        (np.array([1.0]), np.array([4.0]), np.array([9.0]), 0.1, 1e-8),
    )
    yield (
        {"en": "AdaGrad: the very first step", "zh": "AdaGrad：第一步"},
        "adagrad",
        (np.array([0.5, -2.0]), np.array([0.01, -30.0]), np.zeros(2), 0.1, 1e-8),
    )
    yield (
        {"en": "momentum: the very first step", "zh": "动量：第一步"},
        "momentum",
        (rng.normal(size=3), rng.normal(size=3), np.zeros(3), 0.05, 0.9),
    )
    yield (
        {"en": "momentum: it forgets everything", "zh": "动量：什么也不记"},
        "momentum",
        (rng.normal(size=3), rng.normal(size=3), rng.normal(size=3), 0.05, 0.0),
    )
    yield (
        {"en": "momentum: no gradient, it rolls on", "zh": "动量：梯度为 0，靠惯性走"},
        "momentum",
        (rng.normal(size=2), np.zeros(2), rng.normal(size=2), 0.05, 0.9),
    )
    yield (
        {"en": "AdaGrad: a gradient of ε's own size", "zh": "AdaGrad：梯度与 ε 一样大"},
        "adagrad",
        (np.array([1.0]), np.array([0.01]), np.zeros(1), 0.1, 0.01),
    )
    yield (
        {"en": "AdaGrad: a weight that never had a gradient", "zh": "AdaGrad：有一个权重从来没有梯度"},
        "adagrad",
        (rng.normal(size=3), np.array([0.0, 1.0, -1.0]), np.array([0.0, 2.0, 5.0]), 0.1, 1e-8),
    )
    for turn in range(12):
        shape = tuple(int(n) for n in rng.integers(1, 5, size=1 + turn % 2))
        theta, g, kept = rng.normal(size=shape), 3 * rng.normal(size=shape), rng.normal(size=shape)
        rate = float(rng.uniform(0.01, 0.5))
        if turn % 4 < 2:
            beta = float(rng.uniform(0.3, 0.95))
            name = {"en": f"momentum: weights {shape}", "zh": f"动量：权重形状 {shape}"}
            yield name, "momentum", (theta, g, kept, rate, beta)
        else:
            eps = float(rng.choice([1e-8, 1e-3, 0.1]))
            name = {"en": f"AdaGrad: weights {shape}", "zh": f"AdaGrad：权重形状 {shape}"}
            yield name, "adagrad", (theta, g, 10 * kept**2, rate, eps)
