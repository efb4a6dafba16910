"""The best first token, then the best last one behind it."""

import numpy as np


def span(first: np.ndarray, last: np.ndarray, inside: np.ndarray, longest: int) -> tuple[int, int]:
    i = int(np.where(inside, first, -np.inf).argmax())
    places = np.arange(len(first))
    allowed = inside & (places >= i) & (places < i + longest)
    return i, int(np.where(allowed, last, -np.inf).argmax())
