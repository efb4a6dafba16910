"""The mean, which one disturbed round moves."""

import numpy as np


def times_as_long(seconds: np.ndarray, warm_up: int) -> np.ndarray:
    means = seconds[warm_up:].mean(axis=0)
    return means / means.min()


def overhead_and_rate(flops: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    x, y = flops - flops.mean(), seconds - seconds.mean()
    slope = (x * y).sum() / (x * x).sum()
    return np.array([seconds.mean() - slope * flops.mean(), 1 / slope])
