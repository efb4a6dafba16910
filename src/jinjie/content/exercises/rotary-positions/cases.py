"""Queries for the exercise: a single pair, two pairs of ones, other bases, one place, and at random."""

import numpy as np


def cases(rng):
    pointer = np.tile([1.0, 0.0], (3, 1))
    yield {"en": "one pair, three places", "zh": "一对通道，三个位置"}, (pointer, 10_000.0)
    yield {"en": "two pairs, three places", "zh": "两对通道，三个位置"}, (np.tile(pointer, 2), 10_000.0)
    yield {"en": "four pairs", "zh": "四对通道"}, (rng.normal(size=(5, 8)), 10_000.0)
    yield {"en": "another base", "zh": "换一个底数"}, (rng.normal(size=(6, 6)), 100.0)
    yield {"en": "a single place", "zh": "只有一个位置"}, (rng.normal(size=(1, 8)), 10_000.0)
    yield (
        {"en": "a longer text, a large base", "zh": "更长的文字，更大的底数"},
        (rng.normal(size=(40, 16)), 500_000.0),
    )
    for _ in range(14):
        T, D = int(rng.integers(2, 12)), 2 * int(rng.integers(1, 9))
        yield (
            {"en": f"{T} places of {D} channels", "zh": f"{T} 个位置，{D} 个通道"},
            (rng.normal(size=(T, D)), 10_000.0),
        )
