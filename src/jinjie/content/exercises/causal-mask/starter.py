import numpy as np


def causal_weights(scores: np.ndarray) -> np.ndarray:
    """Attention weights of a text that is read from left to right.

    scores (T, T)  row t: how well query t likes each key, already divided by √D

    Returns the weights, (T, T), as a new array: nothing of what comes after t in row t, and each row sums to 1.
    """
    raise NotImplementedError
