import numpy as np


def forward(
    X: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The forward pass: h (N, H) after the bend, and the predictions p (N, K). Yours to use."""
    h = np.tanh(X @ W1 + b1)
    return h, h @ W2 + b2


def gradients(
    X: np.ndarray, Y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The gradient of np.mean((p - Y) ** 2), the mean over all N·K numbers, with respect to the four parameters.

    X  (N, F)  the examples
    Y  (N, K)  their targets
    W1 (F, H)  the first layer's weights,  b1 (H,) its biases
    W2 (H, K)  the second layer's weights, b2 (K,) its biases

    Returns the gradients of W1, b1, W2 and b2, in this order and each of the shape of its parameter.
    """
    raise NotImplementedError
