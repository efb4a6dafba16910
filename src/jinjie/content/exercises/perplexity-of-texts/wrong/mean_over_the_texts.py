"""The mean of the perplexities of the texts: a short one counts as much as a long one."""

import numpy as np


def perplexity(texts: list[np.ndarray]) -> float:
    return np.mean([np.exp(-np.mean(np.log(p))) for p in texts])
