"""Trainings for the exercise: two clouds of points, then batches that fit, that do not, and networks at random."""

import numpy as np


def cases(rng):
    yield {"en": "one epoch, two whole batches", "zh": "一轮，正好两批"}, drawn(rng, N=8, batch=4, epochs=1)
    yield {"en": "three epochs", "zh": "三轮"}, drawn(rng, N=12, batch=4, epochs=3)
    yield {"en": "a last batch that is smaller", "zh": "最后一批不满"}, drawn(rng, N=10, batch=4, epochs=2)
    yield {"en": "one example a step", "zh": "每步一个样本"}, drawn(rng, N=6, batch=1, epochs=2)
    yield {"en": "all examples in one batch", "zh": "全部样本一批"}, drawn(rng, N=9, batch=9, epochs=2)
    yield {"en": "a batch larger than the data", "zh": "批比数据还大"}, drawn(rng, N=5, batch=64, epochs=2)
    yield {"en": "a rate of zero", "zh": "学习率为 0"}, drawn(rng, N=8, batch=4, epochs=2, rate=0.0)
    yield (
        {"en": "a single example held out", "zh": "只留出一个样本"},
        drawn(rng, N=8, batch=3, epochs=3, new=1),
    )
    for _ in range(4):
        N, batch, epochs = int(rng.integers(6, 60)), int(rng.integers(2, 16)), int(rng.integers(1, 5))
        yield (
            {"en": f"{N} examples in batches of {batch}", "zh": f"{N} 个样本，每批 {batch} 个"},
            drawn(rng, N, batch, epochs, K=int(rng.integers(2, 6))),
        )


def drawn(rng, N, batch, epochs, K=3, rate=0.3, new=11):
    """A cloud of points for each class; the network starts with weights that know nothing of it."""
    centres = 1.5 * rng.normal(size=(K, 2))
    y, y_new = rng.integers(K, size=N), rng.integers(K, size=new)
    X, X_new = (centres[c] + rng.normal(size=(len(c), 2)) for c in (y, y_new))
    parameters = [rng.normal(size=(5, 2)), np.zeros(5), 0.5 * rng.normal(size=(K, 5)), np.zeros(K)]
    orders = np.array([rng.permutation(N) for _ in range(epochs)])
    return parameters, X, y, X_new, y_new, batch, rate, orders
