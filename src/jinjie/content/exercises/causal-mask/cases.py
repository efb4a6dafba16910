"""Scores for the exercise: one that can be worked out, single places, large ones, and at random."""

import numpy as np


def cases(rng):
    yield {"en": "three places, all scores alike", "zh": "三个位置，分数都一样"}, (np.zeros((3, 3)),)
    yield {"en": "four places", "zh": "四个位置"}, (rng.normal(size=(4, 4)),)
    loud = rng.normal(size=(5, 5))
    loud[0, 4] = 50.0
    yield {"en": "a future key that is liked very much", "zh": "后面有一个分数极高的键"}, (loud,)
    yield {"en": "a single place", "zh": "只有一个位置"}, (rng.normal(size=(1, 1)),)
    yield {"en": "scores in the thousands", "zh": "分数上千"}, (rng.normal(size=(4, 4)) * 2000,)
    yield {"en": "all scores very negative", "zh": "分数全是很大的负数"}, (rng.normal(size=(4, 4)) - 3000,)
    yield {"en": "two places", "zh": "两个位置"}, (rng.normal(size=(2, 2)),)
    for _ in range(13):
        T = int(rng.integers(2, 12))
        yield {"en": f"{T} places", "zh": f"{T} 个位置"}, (rng.normal(size=(T, T)) * 2,)
