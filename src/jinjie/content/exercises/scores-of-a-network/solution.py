import numpy as np


def scores(x: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    *hidden, (W, b) = layers
    for W_h, b_h in hidden:
        x = np.maximum(0, x @ W_h.T + b_h)
    return x @ W.T + b
