"""The step is taken with the velocity as it was before this gradient."""

import numpy as np


def momentum(
    theta: np.ndarray, g: np.ndarray, u: np.ndarray, rate: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    theta = theta - rate * u
    return theta, beta * u + g


def adagrad(
    theta: np.ndarray, g: np.ndarray, s: np.ndarray, rate: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    s = s + g**2
    return theta - rate * g / (np.sqrt(s) + eps), s
