"""Stops one epoch too early."""

import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        elif epoch - best >= patience - 1:
            return best, epoch
    return best, len(losses) - 1
