"""Token embeddings: from the number of a token to the vector that a model computes with."""

import numpy as np

from jinjie.scratch import Array, Integers


def embed(ids: Integers, E: Array) -> Array:
    """The row of each token: ids (T,), E (V, C) → (T, C), the same as one-hot rows times the table, without them.

    Formula `token-embedding`: x_tc = E[id_t, c] = Σ_v [id_t = v] · E_vc

    >>> E = np.array([[0.5, -1.0], [2.0, 0.0], [1.0, 1.0]])  # three tokens, two channels
    >>> embed(np.array([2, 0, 2]), E)
    array([[ 1. ,  1. ],
           [ 0.5, -1. ],
           [ 1. ,  1. ]])
    """
    if np.any((ids < 0) | (ids >= len(E))):
        raise ValueError(f"expected ids from 0 to {len(E) - 1}, came {ids.min()} to {ids.max()}")
    x: Array = E[ids]
    return x
