import numpy as np


def times_as_long(seconds: np.ndarray, warm_up: int) -> np.ndarray:
    """How many times as long as the fastest each contender takes, (K,), by medians over the rounds.

    seconds (R, K)  what each of K contenders took in each of R rounds
    warm_up         how many rounds at the beginning do not count
    """
    raise NotImplementedError


def overhead_and_rate(flops: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The overhead t₀ in seconds and the rate R in operations a second, (2,), of the line t = t₀ + F / R.

    flops (N,), seconds (N,)  what steps of several sizes computed, and took; the line by least squares
    """
    raise NotImplementedError
