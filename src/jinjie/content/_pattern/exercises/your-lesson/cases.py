"""Tables for the exercise: small enough to work out by hand first, then the edges, then at random."""

import numpy as np


def cases(rng):
    yield {"en": "two examples", "zh": "两个样本"}, (np.array([[1.0, 2.0], [3.0, 6.0]]),)
    yield {"en": "three features", "zh": "三个特征"}, (rng.normal(size=(5, 3)),)
    yield {"en": "a single example", "zh": "只有一个样本"}, (rng.normal(size=(1, 4)),)
    for _ in range(7):
        N, F = int(rng.integers(2, 40)), int(rng.integers(2, 6))
        yield (
            {"en": f"{N} examples of {F} features", "zh": f"{N} 个样本，{F} 个特征"},
            (rng.normal(size=(N, F)),),
        )
