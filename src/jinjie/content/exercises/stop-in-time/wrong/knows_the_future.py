"""The least loss of all, of those too that come after the end of the training."""

import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    lowest = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[lowest]:
            lowest = epoch
        if epoch - lowest >= patience:
            return int(np.argmin(losses)), epoch
    return int(np.argmin(losses)), len(losses) - 1
