import numpy as np


def span(first: np.ndarray, last: np.ndarray, inside: np.ndarray, longest: int) -> tuple[int, int]:
    """The best answer: the pair i, j with the highest first[i] + last[j] that can be an answer.

    first  (T,)  how well an answer may begin at each token
    last   (T,)  how well it may end there
    inside (T,)  True for tokens of the passage, False for the question and special tokens
    longest      the most tokens that an answer may have; i = j is an answer of one

    Returns the place of the answer's first token and of its last.
    """
    raise NotImplementedError
