import numpy as np


def embed(ids: np.ndarray, E: np.ndarray) -> np.ndarray:
    """The vector of each token, (T, C), as a new array.

    ids (T,)    the numbers of the tokens
    E   (V, C)  the table, a row for each token of the vocabulary
    """
    raise NotImplementedError


def gradient(ids: np.ndarray, dx: np.ndarray, V: int) -> np.ndarray:
    """The gradient of the loss with respect to the table, (V, C).

    ids (T,)    the numbers of the tokens, as they were looked up
    dx  (T, C)  the gradient with respect to each looked-up vector
    V           how many rows the table has
    """
    raise NotImplementedError
