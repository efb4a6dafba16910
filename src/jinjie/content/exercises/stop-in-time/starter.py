import numpy as np


def stop(losses: np.ndarray, patience: int) -> tuple[int, int]:
    """Where a training with early stopping ends.

    losses (E,)  the validation loss after each epoch, as they would come one by one; at least one
    patience     after how many epochs without a new best one the training stops; at least 1

    An epoch is a new best one if its loss is below all before it; equal is not better.
    Returns two whole numbers, counted from 0: the epoch whose weights are kept, and the last epoch that is trained.
    """
    raise NotImplementedError
