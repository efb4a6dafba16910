"""Epochs for the exercise: batches that fit, batches that do not, and the ends of the range."""

import numpy as np


def cases(rng):
    yield (
        {"en": "four examples in two batches, in their order", "zh": "四个样本，两批，按原顺序"},
        (
            np.zeros(1),
            np.array([[1.0], [1.0], [2.0], [2.0]]),
            np.array([1.0, 3.0, 4.0, 4.0]),
            2,
            0.1,
            np.arange(4),
        ),
    )
    yield {"en": "six examples in three batches", "zh": "六个样本，三批"}, drawn(rng, N=6, F=2, batch=2)
    yield {"en": "a last batch that is smaller", "zh": "最后一批不满"}, drawn(rng, N=7, F=2, batch=3)
    yield {"en": "one example a step", "zh": "每步一个样本"}, drawn(rng, N=9, F=3, batch=1)
    yield {"en": "all examples in one batch", "zh": "全部样本一批"}, drawn(rng, N=8, F=3, batch=8)
    yield {"en": "a batch larger than the data", "zh": "批比数据还大"}, drawn(rng, N=5, F=2, batch=64)
    yield {"en": "a single example", "zh": "只有一个样本"}, drawn(rng, N=1, F=2, batch=1)
    yield {"en": "a last batch of one", "zh": "最后一批只剩一个"}, drawn(rng, N=9, F=2, batch=4)
    yield {"en": "a rate of zero", "zh": "学习率为 0"}, drawn(rng, N=6, F=2, batch=4, rate=0.0)
    for _ in range(11):
        N, F, batch = int(rng.integers(3, 50)), int(rng.integers(1, 5)), int(rng.integers(2, 20))
        yield (
            {"en": f"{N} examples in batches of {batch}", "zh": f"{N} 个样本，每批 {batch} 个"},
            drawn(rng, N, F, batch),
        )


def drawn(rng, N, F, batch, rate=0.05):
    theta, X, y = rng.normal(size=F), rng.normal(size=(N, F)), rng.normal(size=N)
    return theta, X, y, batch, rate, rng.permutation(N)
