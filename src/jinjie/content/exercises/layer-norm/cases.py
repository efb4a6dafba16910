"""Streams for the exercise: one that can be worked out, small and large ones, one place alone, and at random."""

import numpy as np


def cases(rng):
    yield (
        {"en": "one place, channels 1, 3, 8", "zh": "一个位置，通道是 1、3、8"},
        (np.array([[1.0, 3.0, 8.0]]), np.ones(3), np.zeros(3), 1e-5),
    )
    yield {"en": "three places, with gain and shift", "zh": "三个位置，带增益和平移"}, drawn(rng, 3, 4)
    yield {"en": "a stream that is hardly above zero", "zh": "数值很小的流"}, drawn(rng, 3, 6, size=0.003)
    yield {"en": "as many places as channels", "zh": "位置数等于通道数"}, drawn(rng, 5, 5)
    yield {"en": "a stream far from zero", "zh": "离零很远的流"}, drawn(rng, 4, 6, mean=500.0)
    yield {"en": "a large stream", "zh": "数值很大的流"}, drawn(rng, 4, 8, size=300.0)
    level = drawn(rng, 2, 4)
    level[0][1] = 2.5
    yield {"en": "a place whose channels are all alike", "zh": "有一个位置各通道全相同"}, level
    for _ in range(13):
        T, C = int(rng.integers(1, 8)), int(rng.integers(2, 12))
        yield {"en": f"{T} places of {C} channels", "zh": f"{T} 个位置，{C} 个通道"}, drawn(rng, T, C)


def drawn(rng, T, C, mean=1.0, size=1.0, eps=1e-5):
    x = mean * size + size * rng.normal(size=(T, C))
    return x, rng.normal(1, 0.5, size=C), rng.normal(size=C), eps
