import numpy as np


def momentum(
    theta: np.ndarray, g: np.ndarray, u: np.ndarray, rate: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    """One step of momentum.

    theta (...)  the weights now
    g     (...)  the gradient of the loss at theta
    u     (...)  the velocity after the step before; zeros at the start
    rate         the learning rate η
    beta         how much of the velocity is kept

    Returns the new weights and the new velocity, both as new arrays.
    """
    raise NotImplementedError


def adagrad(
    theta: np.ndarray, g: np.ndarray, s: np.ndarray, rate: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """One step of AdaGrad.

    theta (...)  the weights now
    g     (...)  the gradient of the loss at theta
    s     (...)  the sum of all squared gradients before this one; zeros at the start
    rate         the learning rate η
    eps          keeps the division away from zero; stands outside the root

    Returns the new weights and the new sum, both as new arrays.
    """
    raise NotImplementedError
