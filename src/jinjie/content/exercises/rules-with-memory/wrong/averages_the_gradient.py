"""The gradient enters the velocity with a weight of 1 − β: a moving average, 1 − β times as long."""

import numpy as np


def momentum(
    theta: np.ndarray, g: np.ndarray, u: np.ndarray, rate: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    u = beta * u + (1 - beta) * g
    return theta - rate * u, u


def adagrad(
    theta: np.ndarray, g: np.ndarray, s: np.ndarray, rate: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    s = s + g**2
    return theta - rate * g / (np.sqrt(s) + eps), s
