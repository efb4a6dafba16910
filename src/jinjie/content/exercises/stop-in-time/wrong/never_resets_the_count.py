"""Every epoch without progress is counted, and a new best one does not begin the count anew."""

import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    best, without = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            without += 1
        if without >= patience:
            return best, epoch
    return best, len(losses) - 1
