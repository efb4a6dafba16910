"""A line without a constant."""

import numpy as np


def times_as_long(seconds: np.ndarray, warm_up: int) -> np.ndarray:
    medians = np.median(seconds[warm_up:], axis=0)
    return medians / medians.min()


def overhead_and_rate(flops: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    slope = (flops * seconds).sum() / (flops * flops).sum()
    return np.array([0.0, 1 / slope])
