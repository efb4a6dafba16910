"""Curves of validation losses: first by hand, then those that tell nearly right rules from the right one."""

import numpy as np


def cases(rng):
    yield (
        {"en": "down, and up again", "zh": "先降后升"},
        (np.array([1.0, 0.6, 0.5, 0.7, 0.8, 0.9]), 2),
    )
    yield (
        {"en": "a rise by chance, then a better one", "zh": "偶然升一下，后面还有更好的"},
        (np.array([1.0, 0.6, 0.7, 0.5, 0.8, 0.55, 0.6, 0.4]), 3),
    )
    yield (
        {"en": "patience never runs out", "zh": "耐心一直没用完"},
        (np.array([1.0, 0.8, 0.9, 0.7, 0.75]), 5),
    )
    yield {"en": "a single epoch", "zh": "只有一轮"}, (np.array([0.7]), 1)
    yield {"en": "better all the time", "zh": "一直在变好"}, (np.linspace(1.0, 0.1, 9), 2)
    yield {"en": "worse all the time", "zh": "一直在变坏"}, (np.linspace(0.5, 1.5, 8), 3)
    yield {"en": "the same all the time", "zh": "一直不变"}, (np.full(7, 0.5), 3)
    yield (
        {"en": "as good as the best, again and again", "zh": "一次次只追平最好的"},
        (np.array([0.9, 0.5, 0.6, 0.5, 0.5, 0.6, 0.5, 0.3]), 3),
    )
    yield (
        {"en": "falling again, but not below the best", "zh": "又往下降，但没降到最好以下"},
        (np.array([0.9, 0.3, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2]), 3),
    )
    yield {"en": "a patience of one", "zh": "耐心只有一轮"}, (np.array([0.9, 0.8, 0.8, 0.1]), 1)
    for _ in range(10):
        E, patience = int(rng.integers(6, 40)), int(rng.integers(1, 7))
        curve = np.linspace(-1, 1, E) ** 2 + 0.3 * rng.normal(size=E)
        yield (
            {"en": f"{E} epochs, patience {patience}", "zh": f"{E} 轮，耐心 {patience}"},
            (curve.round(1), patience),
        )
