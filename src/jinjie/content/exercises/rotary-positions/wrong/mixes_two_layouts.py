"""Neighbours as pairs, but the angles laid out for halves: the two of a pair turn differently."""

import numpy as np


def turn(x: np.ndarray, base: float) -> np.ndarray:
    T, D = x.shape
    angles = np.arange(T)[:, None] * base ** (-2 * np.arange(D // 2) / D)
    angles = np.concatenate([angles, angles], axis=1)
    crossed = np.empty_like(x)
    crossed[:, 0::2], crossed[:, 1::2] = -x[:, 1::2], x[:, 0::2]
    return x * np.cos(angles) + crossed * np.sin(angles)
