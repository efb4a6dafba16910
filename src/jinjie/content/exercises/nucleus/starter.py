import numpy as np


def nucleus(logits: np.ndarray, T: float, p: float) -> np.ndarray:
    """The probabilities from which the next token is drawn: temperature first, then top-p.

    logits (V,)  the model's scores of the next token
    T            the temperature, above 0
    p            how much probability the kept tokens have to reach together, 0 < p ≤ 1

    Keeps the fewest likeliest tokens that together reach p. The others get 0.
    Returns (V,) as a new array, in the order of the vocabulary, summing to 1.
    """
    raise NotImplementedError
