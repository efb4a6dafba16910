"""The first epoch that is worse than the one before ends the training."""

import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    for epoch in range(1, len(losses)):
        if losses[epoch] > losses[epoch - 1]:
            return epoch - 1, epoch
    return int(np.argmin(losses)), len(losses) - 1
