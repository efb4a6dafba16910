"""The least loss of the whole list, and patience counted from there."""

import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    best = int(np.argmin(losses))
    return best, min(best + patience, len(losses) - 1)
