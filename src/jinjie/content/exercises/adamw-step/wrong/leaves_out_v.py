"""The second moment is computed and then left out, as an article prints it."""

import numpy as np


def step(
    theta: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    theta = (1 - rate * decay) * theta
    return theta - rate * m_hat / np.sqrt(1 - beta2**t), m, v
