"""Channel i paired with i + D/2, the layout of Llama's code."""

import numpy as np


def turn(x: np.ndarray, base: float) -> np.ndarray:
    T, D = x.shape
    angles = np.arange(T)[:, None] * base ** (-2 * np.arange(D // 2) / D)
    sin, cos = np.sin(angles), np.cos(angles)
    first, second = x[:, : D // 2], x[:, D // 2 :]
    return np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=1)
