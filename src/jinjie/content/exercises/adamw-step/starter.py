import numpy as np


def step(
    theta: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of AdamW; with a decay of 0 it is Adam.

    theta (...)   the weights now
    g     (...)   the gradient of the loss at theta
    m, v  (...)   the moments after the step before, not repaired; zeros at the start
    t             the number of this step; the first one is 1
    rate          the learning rate η
    beta1, beta2  how much of m and of v is kept
    eps           keeps the division away from zero; stands outside the root
    decay         the weight decay λ

    Returns the new weights, m and v (as they are kept, not repaired), all as new arrays.
    """
    raise NotImplementedError
