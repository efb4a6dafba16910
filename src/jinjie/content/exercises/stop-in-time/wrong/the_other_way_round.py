"""The two numbers in the wrong order."""

import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch, best
    return len(losses) - 1, best
