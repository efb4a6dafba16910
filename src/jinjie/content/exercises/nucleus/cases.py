"""Scores for the exercise: one that can be worked out, sure models, extreme temperatures, and at random."""

import numpy as np


def cases(rng):
    yield (
        {
            "en": "probabilities 0.1, 0.5, 0.15, 0.25 at T = 1, p = 0.6",
            "zh": "概率 0.1、0.5、0.15、0.25，T = 1，p = 0.6",
        },
        (np.log([0.1, 0.5, 0.15, 0.25]), 1.0, 0.6),
    )
    yield (
        {"en": "six tokens, T = 0.5, p = 0.9", "zh": "六个词元，T = 0.5，p = 0.9"},
        (rng.normal(size=6) * 2, 0.5, 0.9),
    )
    yield (
        {"en": "a likeliest token that alone exceeds p", "zh": "最可能的一个就超过了 p"},
        (spread(rng, 7, 6.0), 1.0, 0.5),
    )
    yield {"en": "p = 1: nothing is cut off", "zh": "p = 1：什么也不去掉"}, (rng.normal(size=8), 1.5, 1.0)
    yield {"en": "scores in the thousands", "zh": "分数上千"}, (1000 + rng.random(6) * 3000, 1.0, 0.9)
    yield {"en": "a temperature near 0", "zh": "温度接近 0"}, (rng.normal(size=6), 0.001, 0.9)
    yield {"en": "a high temperature", "zh": "温度很高"}, (rng.normal(size=12) * 2, 3.0, 0.7)
    yield {"en": "a tiny p", "zh": "p 很小"}, (rng.normal(size=9), 2.0, 0.01)
    for _ in range(12):
        V, T, p = int(rng.integers(5, 40)), float(rng.uniform(0.4, 2.5)), float(rng.uniform(0.3, 0.95))
        yield (
            {"en": f"{V} tokens, T = {T:.2f}, p = {p:.2f}", "zh": f"{V} 个词元，T = {T:.2f}，p = {p:.2f}"},
            (rng.normal(size=V) * 2, T, p),
        )


def spread(rng, V, lead):
    logits = rng.normal(size=V)
    logits[rng.integers(1, V)] += lead
    return logits
