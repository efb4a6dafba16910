"""Steps for the exercise: small enough to follow by hand first, then the edges, then at random."""

import numpy as np


def cases(rng):
    X = np.array([[1.0], [2.0]])
    yield (
        {"en": "two examples of one feature", "zh": "两个样本，一个特征"},
        (np.array([0.0]), X, np.array([2.0, 4.0]), 0.1),
    )
    yield (
        {"en": "errors that differ in sign", "zh": "误差有正有负"},
        (np.array([0.5, -0.5]), np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.0, -2.0]), 0.05),
    )
    yield {"en": "three features", "zh": "三个特征"}, drawn(rng, N=5, F=3)
    yield {"en": "a single example", "zh": "只有一个样本"}, drawn(rng, N=1, F=4)
    yield {"en": "a rate of zero", "zh": "学习率为 0"}, (*drawn(rng, N=4, F=2)[:3], 0.0)
    theta = rng.normal(size=3)
    X = rng.normal(size=(6, 3))
    yield {"en": "weights that already fit", "zh": "权重已经完全吻合"}, (theta, X, X @ theta, 0.3)
    yield {"en": "as many examples as features", "zh": "样本数与特征数相同"}, drawn(rng, N=3, F=3)
    yield {"en": "a feature that is zero for all", "zh": "有一个特征全为 0"}, with_zero_feature(rng)
    yield {"en": "many examples", "zh": "样本很多"}, drawn(rng, N=400, F=5)
    for _ in range(11):
        N, F = int(rng.integers(2, 40)), int(rng.integers(1, 6))
        yield {"en": f"{N} examples of {F} features", "zh": f"{N} 个样本，{F} 个特征"}, drawn(rng, N, F)


def drawn(rng, N, F):
    return rng.normal(size=F), rng.normal(size=(N, F)), rng.normal(size=N), float(rng.uniform(0.01, 0.5))


def with_zero_feature(rng):
    theta, X, y, rate = drawn(rng, N=8, F=3)
    X[:, 1] = 0.0
    return theta, X, y, rate
