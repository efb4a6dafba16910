"""Steps of AdamW: the first one by hand, steps in the middle, gradients of all sizes, with decay and without."""

import numpy as np

USUAL = (0.9, 0.999, 1e-8)


def cases(rng):
    yield (
        {"en": "the first step, no decay", "zh": "第一步，没有衰减"},
        (np.array([1.0, -2.0]), np.array([0.5, -100.0]), np.zeros(2), np.zeros(2), 1, 0.1, *USUAL, 0.0),
    )
    yield (
        {"en": "the second step, no decay", "zh": "第二步，没有衰减"},
        (np.array([0.9]), np.array([0.3]), np.array([0.05]), np.array([0.00025]), 2, 0.1, *USUAL, 0.0),
    )
    yield (
        {"en": "the first step with decay", "zh": "第一步，有衰减"},
        (np.array([2.0]), np.array([1.0]), np.zeros(1), np.zeros(1), 1, 0.1, *USUAL, 0.5),
    )
    yield {"en": "step 1000, both moments full", "zh": "第 1000 步，两个矩都已积满"}, drawn(rng, (4,), t=1000)
    yield {"en": "no gradient, no decay", "zh": "没有梯度，也没有衰减"}, still(rng, decay=0.0)
    yield {"en": "no gradient, but decay", "zh": "没有梯度，只有衰减"}, still(rng, decay=0.1)
    yield {"en": "tiny gradients", "zh": "极小的梯度"}, drawn(rng, (3,), t=3, scale=1e-6)
    yield {"en": "huge gradients", "zh": "极大的梯度"}, drawn(rng, (3,), t=3, scale=1e4)
    yield {"en": "a large ε", "zh": "很大的 ε"}, drawn(rng, (3,), t=5, eps=0.1)
    for _ in range(11):
        shape, t = tuple(int(n) for n in rng.integers(1, 5, size=2)), int(rng.integers(1, 30))
        yield {"en": f"step {t}, weights {shape}", "zh": f"第 {t} 步，权重形状 {shape}"}, drawn(rng, shape, t)


def drawn(rng, shape, t, scale=1.0, eps=1e-8):
    """A step as it may come up in a training: the moments have the size of the gradients."""
    beta1, beta2 = float(rng.choice([0.8, 0.9])), float(rng.choice([0.95, 0.99, 0.999]))
    begun = 1.0 if t > 1 else 0.0
    g, m = scale * rng.normal(size=shape), begun * scale * rng.normal(size=shape) * (1 - beta1**t)
    v = begun * scale**2 * rng.uniform(0.5, 2.0, size=shape) * (1 - beta2**t)
    rate, decay = float(rng.uniform(0.001, 0.1)), float(rng.choice([0.01, 0.1, 0.5]))
    return rng.normal(size=shape), g, m, v, t, rate, beta1, beta2, eps, decay


def still(rng, decay):
    zero = np.zeros(3)
    return rng.normal(size=3), zero, zero.copy(), zero.copy(), 4, 0.05, *USUAL, decay
