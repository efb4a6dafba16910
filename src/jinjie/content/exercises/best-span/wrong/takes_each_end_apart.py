"""The best first token of the passage and the best last one, each by itself."""

import numpy as np


def span(first: np.ndarray, last: np.ndarray, inside: np.ndarray, longest: int) -> tuple[int, int]:
    i = np.where(inside, first, -np.inf).argmax()
    j = np.where(inside, last, -np.inf).argmax()
    return int(i), int(j)
