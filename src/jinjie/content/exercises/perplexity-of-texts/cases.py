"""Texts for the exercise: three probabilities first, the same ones cut in two, then lengths that differ."""

import numpy as np


def cases(rng):
    yield {"en": "one text", "zh": "一段文字"}, ([np.array([0.25, 0.5, 0.125])],)
    yield (
        {"en": "the same, cut in two", "zh": "同一段，切成两段"},
        ([np.array([0.25, 0.5]), np.array([0.125])],),
    )
    yield {"en": "three thousand characters", "zh": "三千个字"}, ([rng.uniform(0.01, 0.5, size=3000)],)
    yield {"en": "always certain and right", "zh": "次次都有把握，次次都对"}, ([np.ones(4), np.ones(2)],)
    yield {"en": "one surprise", "zh": "有一处大出意料"}, ([np.array([0.9, 0.9, 1e-6, 0.9])],)
    yield {"en": "a single character", "zh": "只有一个字"}, ([np.array([0.02])],)
    while True:
        sizes = rng.integers(1, 60, size=int(rng.integers(2, 6)))
        name = {
            "en": f"{len(sizes)} texts, {sizes.sum()} characters",
            "zh": f"{len(sizes)} 段，共 {sizes.sum()} 个字",
        }
        yield name, ([rng.uniform(0.001, 0.9, size=int(n)) for n in sizes],)
