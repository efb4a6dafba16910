"""The new velocity is kept, but the step takes the gradient alone."""

import numpy as np


def momentum(
    theta: np.ndarray, g: np.ndarray, u: np.ndarray, rate: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    u = beta * u + g
    return theta - rate * g, u


def adagrad(
    theta: np.ndarray, g: np.ndarray, s: np.ndarray, rate: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    s = s + g**2
    return theta - rate * g / (np.sqrt(s) + eps), s
