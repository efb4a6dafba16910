"""Attention for the exercise: by hand first, then large scores, single places, unequal lengths."""

import numpy as np


def cases(rng):
    yield (
        {"en": "one query, two keys, worked out by hand", "zh": "一个查询，两个键，手算得出"},
        (np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0], [3.0]])),
    )
    yield {"en": "three places look at each other", "zh": "三个位置互相看"}, drawn(rng, 3, 3, 4, 2)
    yield {"en": "two queries, five keys", "zh": "两个查询，五个键"}, drawn(rng, 2, 5, 3, 3)
    Q, K, V = drawn(rng, 3, 4, 4, 2)
    yield {"en": "scores in the thousands", "zh": "分数上千"}, (60 * Q, 60 * K, V)
    loud = np.abs(Q) * np.array([[0.1], [3000.0], [0.1]])
    yield (
        {"en": "one query is loud, the others are not", "zh": "一个查询特别响，其余很轻"},
        (loud, np.abs(K) + 0.5, V),
    )
    yield {"en": "a single place", "zh": "只有一个位置"}, drawn(rng, 1, 1, 4, 3)
    yield {"en": "many queries, one key", "zh": "多个查询，一个键"}, drawn(rng, 4, 1, 3, 2)
    yield {"en": "size 1", "zh": "维度为 1"}, drawn(rng, 3, 3, 1, 1)
    yield {"en": "all keys alike", "zh": "所有键都相同"}, (Q, np.ones_like(K), V)
    yield {"en": "a size of 64", "zh": "维度为 64"}, drawn(rng, 6, 6, 64, 8)
    Q, K, V = drawn(rng, 4, 4, 8, 2)
    yield {"en": "very negative scores", "zh": "分数都是很大的负数"}, (np.abs(Q) * 80, -np.abs(K) * 80, V)
    for _ in range(10):
        T, S, D, E = (int(n) for n in rng.integers(2, 9, size=4))
        yield (
            {"en": f"{T} queries, {S} keys of size {D}", "zh": f"{T} 个查询，{S} 个键，维度 {D}"},
            drawn(rng, T, S, D, E),
        )


def drawn(rng, T, S, D, E):
    return rng.normal(size=(T, D)), rng.normal(size=(S, D)), rng.normal(size=(S, E))
