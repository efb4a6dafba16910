"""Networks for the exercise: by hand first, then without hidden layers, square, deep, wide, at random."""

import numpy as np


def cases(rng):
    yield (
        {"en": "two hidden neurons, by hand", "zh": "两个隐藏神经元，可以手算"},
        (
            np.array([[1.0, 2.0], [-1.0, 0.0]]),
            [
                (np.array([[1.0, 0.0], [1.0, -1.0]]), np.array([0.0, 0.5])),
                (np.array([[1.0, 1.0], [-1.0, 2.0]]), np.array([0.0, -0.5])),
            ],
        ),
    )
    yield {"en": "no hidden layer", "zh": "没有隐藏层"}, drawn(rng, 4, [3, 5])
    yield {"en": "one hidden layer", "zh": "一个隐藏层"}, drawn(rng, 5, [3, 4, 2])
    yield {"en": "as many neurons as inputs", "zh": "神经元与输入一样多"}, drawn(rng, 3, [4, 4, 4])
    yield {"en": "one example", "zh": "只有一个样本"}, drawn(rng, 1, [6, 3, 2])
    yield {"en": "one neuron for each layer", "zh": "每层一个神经元"}, drawn(rng, 6, [1, 1, 1])
    yield {"en": "three hidden layers", "zh": "三个隐藏层"}, drawn(rng, 7, [5, 8, 6, 4, 3])
    x, layers = drawn(rng, 5, [3, 4, 2])
    layers[0] = (layers[0][0], layers[0][1] - 100.0)
    yield {"en": "hidden neurons that are all silent", "zh": "隐藏神经元全部沉默"}, (x, layers)
    for _ in range(12):
        N, sizes = (
            int(rng.integers(1, 20)),
            [int(n) for n in rng.integers(1, 9, size=int(rng.integers(2, 5)))],
        )
        yield {"en": f"layers of {sizes}", "zh": f"各层为 {sizes}"}, drawn(rng, N, sizes)


def drawn(rng, N, sizes):
    layers = [
        (rng.normal(size=(H, C)), rng.normal(size=H)) for C, H in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    return rng.normal(size=(N, sizes[0])), layers
