"""Predictions and their cost: small enough for paper first, then a column, then at random."""

import numpy as np


def cases(rng):
    yield (
        {"en": "predict: two people, two measurements", "zh": "predict：两个人，两项测量值"},
        "predict",
        (np.array([[2.0, 3.0], [0.0, 1.0]]), np.array([10.0, 1.0]), 5.0),
    )
    yield (
        {"en": "cost: three people", "zh": "代价：三个人"},
        "mean_squared_error",
        (np.array([12.0, 9.0, 7.0]), np.array([10.0, 10.0, 10.0])),
    )
    yield (
        {"en": "cost: errors that cancel out", "zh": "代价：误差正负抵消"},
        "mean_squared_error",
        (np.array([15.0, 5.0]), np.array([10.0, 10.0])),
    )
    yield (
        {"en": "cost: predictions as a column", "zh": "代价：预测值排成一列"},
        "mean_squared_error",
        (np.array([[12.0], [9.0], [7.0]]), np.array([10.0, 11.0, 12.0])),
    )
    yield {"en": "predict: one measurement", "zh": "predict：一项测量值"}, "predict", model(rng, N=5, F=1)
    yield {"en": "predict: a single person", "zh": "predict：只有一个人"}, "predict", model(rng, N=1, F=4)
    yield (
        {"en": "predict: all weights zero", "zh": "predict：权重全为 0"},
        "predict",
        (rng.normal(size=(4, 3)), np.zeros(3), 7.5),
    )
    y = rng.normal(size=6)
    yield {"en": "cost: a perfect model", "zh": "代价：全部猜对"}, "mean_squared_error", (y[:, None], y)
    yield (
        {"en": "cost: a single person", "zh": "代价：只有一个人"},
        "mean_squared_error",
        (np.array([3.0]), np.array([1.0])),
    )
    while True:
        N, F = int(rng.integers(2, 40)), int(rng.integers(2, 6))
        name = {"en": f"predict: {N} people, {F} measurements", "zh": f"predict：{N} 个人，{F} 项测量值"}
        yield name, "predict", model(rng, N, F)
        y_hat, y = rng.normal(size=N), rng.normal(size=N)
        yield (
            {"en": f"cost: {N} people", "zh": f"代价：{N} 个人"},
            "mean_squared_error",
            (y_hat[:, None] if rng.integers(2) else y_hat, y),
        )


def model(rng, N, F):
    return rng.normal(size=(N, F)), rng.normal(size=F), float(rng.uniform(1, 5))
