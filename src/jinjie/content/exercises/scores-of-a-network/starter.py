import numpy as np


def scores(x: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The scores that a network gives to each example: linear layers with ReLU between them.

    x      (N, C)  N examples of C numbers
    layers         (W, b) of each layer, first layer first; W (H, C) has a row for each of its H neurons, b is (H,)

    Behind every layer but the last comes ReLU. Returns (N, K), K neurons in the last layer.
    """
    raise NotImplementedError
