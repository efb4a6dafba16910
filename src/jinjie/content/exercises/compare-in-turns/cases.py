"""Rounds of several contenders, with slow first ones and a disturbed one; steps of several sizes on and near a line."""

import numpy as np


def cases(rng):
    small = np.array([[9.0, 8.0], [2.0, 1.0], [2.2, 1.1], [7.0, 1.2]])
    line = np.array([1e7, 1e8, 1e9]), np.array([0.001, 0.0025, 0.0175])
    yield (
        {"en": "one warm-up, one disturbed round", "zh": "一轮预热，一轮受干扰"},
        "times_as_long",
        (small, 1),
    )
    yield {"en": "three steps on a line", "zh": "三步恰好在一条直线上"}, "overhead_and_rate", line
    yield {"en": "two rounds of warm-up", "zh": "两轮预热"}, "times_as_long", (drawn(rng, 7, 3, 2), 2)
    yield {"en": "steps near a line", "zh": "大致在一条直线上"}, "overhead_and_rate", steps(rng, 6)
    for _ in range(8):
        R, K, warm = int(rng.integers(5, 12)), int(rng.integers(2, 6)), int(rng.integers(1, 4))
        label = {"en": f"{R} rounds of {K}, {warm} to warm up", "zh": f"{K} 家各 {R} 轮，预热 {warm} 轮"}
        yield label, "times_as_long", (drawn(rng, R + warm, K, warm), warm)
        N = int(rng.integers(4, 9))
        yield {"en": f"{N} sizes", "zh": f"{N} 种规模"}, "overhead_and_rate", steps(rng, N)


def drawn(rng, R, K, warm):
    seconds = rng.uniform(0.5, 5.0, K) * rng.uniform(0.95, 1.1, (R, K))
    seconds[:warm] *= rng.uniform(3, 9, (warm, K))
    seconds[rng.integers(warm, R)] *= rng.uniform(2, 6, K)
    return seconds


def steps(rng, N):
    flops = np.sort(rng.uniform(1e6, 1e9, N))
    return flops, (rng.uniform(1e-4, 2e-3) + flops / rng.uniform(2e10, 1e11)) * rng.uniform(0.99, 1.01, N)
