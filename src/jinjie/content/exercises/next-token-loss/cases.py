"""Batches for the exercise: one that can be worked out, padding, texts without a target, loud logits, and at random."""

import numpy as np


def cases(rng):
    flat = np.zeros((1, 3, 4))
    yield (
        {"en": "three tokens, all scores alike", "zh": "三个词元，分数都一样"},
        (flat, np.array([[2, 1, 3]]), np.array([3])),
    )
    yield {"en": "two texts of four tokens", "zh": "两段，各四个词元"}, drawn(rng, [4, 4], 4, 5)
    yield {"en": "a long text and a short one", "zh": "一段长，一段短"}, drawn(rng, [6, 3], 6, 5)
    yield {"en": "scores in the thousands", "zh": "分数上千"}, drawn(rng, [5, 5], 5, 6, scale=2000.0)
    yield (
        {"en": "a text of a single token among others", "zh": "有一段只有一个词元"},
        drawn(rng, [1, 5, 3], 5, 4),
    )
    yield {"en": "two tokens, one target", "zh": "两个词元，一个目标"}, drawn(rng, [2], 2, 7)
    yield (
        {"en": "as many places as tokens of the vocabulary", "zh": "位置数与词表大小相同"},
        drawn(rng, [5, 5, 5], 5, 5),
    )
    yield {"en": "no text fills its row", "zh": "没有一段填满整行"}, drawn(rng, [2, 4, 3], 8, 5)
    for _ in range(12):
        B, T, V = int(rng.integers(2, 6)), int(rng.integers(3, 10)), int(rng.integers(3, 12))
        lengths = [T, *rng.integers(2, T + 1, size=B - 1).tolist()]
        yield (
            {"en": f"{B} texts of up to {T} tokens", "zh": f"{B} 段，最长 {T} 个词元"},
            drawn(rng, lengths, T, V),
        )


def drawn(rng, lengths, T, V, scale=2.0):
    tokens = rng.integers(0, V, size=(len(lengths), T))
    tokens[np.arange(T) >= np.array(lengths)[:, None]] = 0
    return rng.normal(size=(len(lengths), T, V)) * scale, tokens, np.array(lengths)
