"""Scores of ends: in order, crossed, tempting in the question, too far apart, all below zero."""

import numpy as np


def cases(rng):
    yield (
        {"en": "the ends are crossed", "zh": "首尾颠倒"},
        (np.array([0.0, 1.0, 5.0]), np.array([0.0, 4.0, 2.0]), np.array([False, True, True]), 30),
    )
    yield (
        {"en": "the question tempts", "zh": "问题里的词元分数最高"},
        (
            np.array([0.0, 9.0, 0.0, 1.0, 3.0, 0.5]),
            np.array([0.0, 8.0, 0.0, 0.5, 1.0, 2.0]),
            np.array([False, False, False, True, True, True]),
            30,
        ),
    )
    yield (
        {"en": "at most two tokens", "zh": "最多两个词元"},
        (np.array([4.0, 1.0, 0.0, 2.0]), np.array([0.0, 1.0, 3.5, 5.0]), np.ones(4, dtype=bool), 2),
    )
    yield {"en": "eight tokens", "zh": "八个词元"}, drawn(rng, 8, 4)
    yield {"en": "all scores below zero", "zh": "分数全是负数"}, drawn(rng, 7, 3, shift=-6.0)
    yield (
        {"en": "a single token is the answer", "zh": "答案只有一个词元"},
        (
            np.array([0.0, 0.0, 6.0, 0.0]),
            np.array([0.0, 1.0, 6.0, 1.0]),
            np.array([False, True, True, True]),
            3,
        ),
    )
    yield (
        {"en": "the best first token leads nowhere", "zh": "开头分数最高的那个词元后面没有好结尾"},
        (
            np.array([0.0, 4.0, 0.0, 5.0]),
            np.array([0.0, 0.0, 6.0, 1.0]),
            np.array([False, True, True, True]),
            4,
        ),
    )
    yield {"en": "answers of one token alone", "zh": "答案只许一个词元"}, drawn(rng, 6, 1)
    yield (
        {"en": "one token of passage", "zh": "短文只有一个词元"},
        (rng.normal(size=5), rng.normal(size=5), np.arange(5) == 3, 30),
    )
    for _ in range(11):
        T, longest = int(rng.integers(5, 30)), int(rng.integers(1, 8))
        yield (
            {"en": f"{T} tokens, answers up to {longest}", "zh": f"{T} 个词元，答案最长 {longest}"},
            drawn(rng, T, longest),
        )


def drawn(rng, T, longest, shift=0.0):
    question = int(rng.integers(2, T - 1))
    inside = (np.arange(T) > question - 1) & (np.arange(T) < T)
    first, last = rng.normal(size=T) * 3 + shift, rng.normal(size=T) * 3 + shift
    first[1] += 4
    return first, last, inside, longest
