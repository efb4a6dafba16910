"""A copy turned in place: the second channel is made from the first one already turned."""

import numpy as np


def turn(x: np.ndarray, base: float) -> np.ndarray:
    T, D = x.shape
    angles = np.arange(T)[:, None] * base ** (-2 * np.arange(D // 2) / D)
    sin, cos = np.sin(angles), np.cos(angles)
    turned = x.copy()
    turned[:, 0::2] = turned[:, 0::2] * cos - turned[:, 1::2] * sin
    turned[:, 1::2] = turned[:, 0::2] * sin + turned[:, 1::2] * cos
    return turned
