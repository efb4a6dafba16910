"""Lines to find: through points that lie on one, then among scattered ones, with columns that go together."""

import numpy as np


def cases(rng):
    yield (
        {"en": "three points on a line", "zh": "三个点在一条直线上"},
        (np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0])),
    )
    yield (
        {"en": "four points beside a line", "zh": "四个点散在直线两旁"},
        (np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([2.0, 5.0, 6.0, 11.0])),
    )
    yield {"en": "two measurements that go together", "zh": "两项一起变的测量值"}, drawn(rng, N=8, F=2)
    yield {"en": "the mean of every measurement is 0", "zh": "每项测量值的平均都是 0"}, centred(rng)
    yield {"en": "a line that falls", "zh": "往下走的直线"}, falling(rng)
    X, y = drawn(rng, N=20, F=2)
    yield {"en": "results that are all equal", "zh": "结果全都一样"}, (X, np.full(20, 3.0))
    yield {"en": "one column in thousands", "zh": "有一列的数以千计"}, (X * np.array([1.0, 1000.0]), y)
    yield {"en": "many people", "zh": "很多人"}, drawn(rng, N=300, F=5)
    while True:
        N, F = int(rng.integers(10, 60)), int(rng.integers(1, 6))
        yield {"en": f"{N} people, {F} measurements", "zh": f"{N} 个人，{F} 项测量值"}, drawn(rng, N, F)


def drawn(rng, N, F):
    """Columns that share something, as measurements of people do, away from zero."""
    shared = rng.normal(size=(N, 1))
    X = 3 + shared + rng.normal(size=(N, F))
    return X, X @ rng.normal(size=F) + 2 + rng.normal(size=N)


def centred(rng):
    X, y = drawn(rng, N=12, F=2)
    return X - X.mean(axis=0), y


def falling(rng):
    X, _ = drawn(rng, N=15, F=1)
    return X, 4 - 2 * X[:, 0] + rng.normal(size=15)
