"""Splits of small tables: plain ones, with people who are in the table twice, with columns that do not vary."""

import numpy as np


def cases(rng):
    X = np.array([[1.0], [3.0], [5.0], [100.0]])
    yield (
        {"en": "four people, one measurement", "zh": "四个人，一项测量值"},
        (X, np.array([1.0, 2.0, 3.0, 4.0]), np.array([3, 0, 1, 2]), 1),
    )
    X = np.array([[1.0, 2.0], [4.0, 6.0], [1.0, 2.0], [7.0, 0.0], [4.0, 1.0]])
    yield (
        {"en": "one person is in the table twice", "zh": "有一个人登记了两次"},
        (X, np.array([1.0, 5.0, 1.5, 2.0, 3.0]), np.array([2, 1, 0, 3, 4]), 2),
    )
    yield {"en": "a shuffled table", "zh": "打乱的表"}, drawn(rng, 8, 2, 3)
    yield (
        {"en": "a column that is the same for all to train on", "zh": "训练行里有一列全都相同"},
        constant(rng),
    )
    yield {"en": "one held-out person", "zh": "只留出一个人"}, drawn(rng, 6, 3, 1)
    yield {"en": "more held out than trained on", "zh": "留出的比训练的多"}, drawn(rng, 9, 2, 6)
    yield {"en": "many twins", "zh": "重复很多"}, twins(rng, 12, 2, 5)
    yield (
        {"en": "rows that share a number, but are not twins", "zh": "个别数相同，但不是同一个人"},
        whole(rng),
    )
    for turn in range(12):
        N, F = int(rng.integers(8, 25)), int(rng.integers(1, 5))
        held = int(rng.integers(2, N - 3))
        if turn % 2:
            yield (
                {"en": f"{N} people, {held} held out", "zh": f"{N} 人，留出 {held} 人"},
                drawn(rng, N, F, held),
            )
        else:
            yield {"en": f"{N} people and some twice", "zh": f"{N} 人，有人重复"}, twins(rng, N, F, held)


def drawn(rng, N, F, held):
    X = rng.normal(rng.uniform(-5, 50), rng.uniform(1, 20), size=(N, F))
    return X, rng.normal(size=N), rng.permutation(N), held


def twins(rng, N, F, held):
    """Four rows more, copies of others with results of their own; enough training rows remain."""
    X, y, _, _ = drawn(rng, N, F, held)
    again = rng.choice(N, 4, replace=False)
    X, y = np.concatenate([X, X[again]]), np.concatenate([y, y[again] + 0.1])
    order = rng.permutation(N + 4)
    while sum(any((X[i] == X[j]).all() for j in order[:held]) for i in order[held:]) == 0:
        order = rng.permutation(N + 4)
    return X, y, order, held


def constant(rng):
    X, y, order, held = drawn(rng, 7, 3, 3)
    X[order[3:], 1] = 2.0
    return X, y, order, held


def whole(rng):
    X = rng.integers(0, 3, size=(9, 3)).astype(float)
    X[:, 2] += np.arange(9)
    return X, rng.normal(size=9), rng.permutation(9), 4
