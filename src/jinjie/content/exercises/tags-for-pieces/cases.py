"""Words cut into pieces, and scores for the pieces."""

import numpy as np


def cases(rng):
    yield (
        {"en": "[CLS] met in lu ##oya ##ng [SEP]", "zh": "[CLS] met in lu ##oya ##ng [SEP]"},
        "spread",
        (np.array([0, 0, 3]), np.array([-1, 0, 1, 2, 2, 2, -1])),
    )
    yield (
        {"en": "three words, some cut", "zh": "三个词，有的被切开"},
        "spread",
        cut(rng, [2, 1, 3]),
    )
    yield (
        {"en": "two of four pieces are asked", "zh": "四个词片里问两个"},
        "loss",
        (np.array([[0.0, 0.0], [0.0, 2.0], [7.0, 0.0], [1.0, 0.0]]), np.array([-100, 1, -100, 0])),
    )
    yield {"en": "six pieces, five tags", "zh": "六个词片，五种标签"}, "loss", asked(rng, 6, 5)
    yield {"en": "no word is cut", "zh": "没有词被切开"}, "spread", cut(rng, [1, 1, 1, 1])
    yield {"en": "one long word", "zh": "一个长词"}, "spread", cut(rng, [6])
    yield (
        {"en": "with padding behind", "zh": "后面有填充"},
        "spread",
        cut(rng, [2, 2], padding=4),
    )
    yield (
        {"en": "a single piece is asked", "zh": "只问一个词片"},
        "loss",
        (rng.normal(size=(4, 3)), np.array([-100, -100, 2, -100])),
    )
    yield (
        {"en": "every piece is asked", "zh": "每个词片都问"},
        "loss",
        (rng.normal(size=(4, 3)), rng.integers(0, 3, size=4)),
    )
    for _ in range(11):
        if rng.random() < 0.5:
            pieces = rng.integers(1, 4, size=int(rng.integers(2, 7)))
            named = {
                "en": f"{len(pieces)} words, {pieces.sum()} pieces",
                "zh": f"{len(pieces)} 个词，{pieces.sum()} 个词片",
            }
            yield named, "spread", cut(rng, pieces, padding=int(rng.integers(0, 4)))
        else:
            T, K = int(rng.integers(3, 10)), int(rng.integers(2, 8))
            yield (
                {"en": f"{T} pieces, {K} tags", "zh": f"{T} 个词片，{K} 种标签"},
                "loss",
                asked(rng, T, K),
            )


def cut(rng, pieces, padding=0):
    word = np.concatenate([[-1], np.repeat(np.arange(len(pieces)), pieces), [-1], np.full(padding, -1)])
    return rng.integers(1, 7, size=len(pieces)), word


def asked(rng, T, K):
    y = np.where(rng.random(T) < 0.5, rng.integers(0, K, size=T), -100)
    y[rng.integers(T)], y[0] = rng.integers(0, K), -100
    y[-1] = rng.integers(0, K)
    return rng.normal(size=(T, K)), y
