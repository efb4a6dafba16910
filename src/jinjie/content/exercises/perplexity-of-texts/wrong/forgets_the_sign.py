"""exp of the mean logarithm itself."""

import numpy as np


def perplexity(texts: list[np.ndarray]) -> float:
    p = np.concatenate(texts)
    return np.exp(np.mean(np.log(p)))
