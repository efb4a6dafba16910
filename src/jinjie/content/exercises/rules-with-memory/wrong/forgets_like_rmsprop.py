"""A moving average in place of the sum: that is RMSProp."""

import numpy as np


def momentum(
    theta: np.ndarray, g: np.ndarray, u: np.ndarray, rate: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    u = beta * u + g
    return theta - rate * u, u


def adagrad(
    theta: np.ndarray, g: np.ndarray, s: np.ndarray, rate: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    s = 0.99 * s + 0.01 * g**2
    return theta - rate * g / (np.sqrt(s) + eps), s
