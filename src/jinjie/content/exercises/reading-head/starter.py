import numpy as np


def pool(h: np.ndarray, real: np.ndarray) -> np.ndarray:
    """One vector for each text: the mean of its real tokens.

    h    (B, T, C)  what the encoder made of each token, padding included
    real (B, T)     True for tokens of the text, False for padding; every text has one real token or more

    Returns (B, C).
    """
    raise NotImplementedError


def gradients(
    m: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss of a head on vectors that stay as they are, and how it changes with the head.

    m (B, C)  a vector for each text
    y (B,)    its class, from 0 to K - 1
    W (C, K)  the head: the scores are m @ W + b
    b (K,)

    Returns the mean cross-entropy over the texts, its gradient for W, (C, K), and for b, (K,). Scores may be large.
    """
    raise NotImplementedError
