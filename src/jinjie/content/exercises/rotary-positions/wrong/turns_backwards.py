"""The minus on the other sine."""

import numpy as np


def turn(x: np.ndarray, base: float) -> np.ndarray:
    T, D = x.shape
    angles = np.arange(T)[:, None] * base ** (-2 * np.arange(D // 2) / D)
    sin, cos = np.sin(angles), np.cos(angles)
    first, second = x[:, 0::2], x[:, 1::2]
    turned = np.empty_like(x)
    turned[:, 0::2] = first * cos + second * sin
    turned[:, 1::2] = second * cos - first * sin
    return turned
