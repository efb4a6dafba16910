"""Progress is measured against the epoch before, not against the best."""

import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    best, without = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[epoch - 1]:
            without = 0
        else:
            without += 1
        if losses[epoch] < losses[best]:
            best = epoch
        if without >= patience:
            return best, epoch
    return best, len(losses) - 1
