"""The steps counted from 0: the first one is not repaired at all, and the others with the power of the step before."""

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
    t = t - 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t) if t > 0 else m
    v_hat = v / (1 - beta2**t) if t > 0 else v
    theta = (1 - rate * decay) * theta
    return theta - rate * m_hat / (np.sqrt(v_hat) + eps), m, v
