"""The sign of the exponent is missing: later pairs turn faster."""

import numpy as np


def turn(x: np.ndarray, base: float) -> np.ndarray:
    T, D = x.shape
    speeds = base ** (2 * np.arange(D // 2) / D)
    angles = np.arange(T)[:, None] * speeds  # (T, D/2)
    sin, cos = np.sin(angles), np.cos(angles)
    first, second = x[:, 0::2], x[:, 1::2]
    turned = np.empty_like(x)
    turned[:, 0::2] = first * cos - second * sin
    turned[:, 1::2] = first * sin + second * cos
    return turned
