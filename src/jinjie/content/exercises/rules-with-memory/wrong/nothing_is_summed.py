"""AdaGrad without its memory, as it is printed in an article: only the sign of the gradient is left."""

import numpy as np


def momentum(
    theta: np.ndarray, g: np.ndarray, u: np.ndarray, rate: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    u = beta * u + g
    return theta - rate * u, u


def adagrad(
    theta: np.ndarray, g: np.ndarray, s: np.ndarray, rate: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    s = g**2
    return theta - rate * g / (np.sqrt(s) + eps), s
