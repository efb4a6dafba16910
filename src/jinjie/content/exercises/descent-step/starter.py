import numpy as np


def step(theta: np.ndarray, X: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    """One step of batch gradient descent for a linear model, ŷ = X θ.

    theta (F,)    the weights now
    X     (N, F)  N examples of F features
    y     (N,)    their targets
    rate          the learning rate η

    The loss is the mean of (ŷ − y)² over the N examples.
    Returns the weights after the step, (F,), as a new array.
    """
    raise NotImplementedError
