import numpy as np


def turn(x: np.ndarray, base: float) -> np.ndarray:
    """Queries (or keys) of one head, each turned by the place where it stands.

    x     (T, D)  row t is the vector at place t, counted from 0; D is even
    base  what the speeds come from: pair i turns by base ** (-2 * i / D) radians a place

    Channels 2i and 2i + 1 are pair i. Returns (T, D), as a new array.
    """
    raise NotImplementedError
