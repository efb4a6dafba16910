import numpy as np


def spread(tags: np.ndarray, word: np.ndarray) -> np.ndarray:
    """Tags of words to targets for pieces.

    tags (N,)  a tag for each word, from 0
    word (T,)  which word each piece belongs to, counted from 0; -1 for [CLS], [SEP] and padding

    Returns (T,): the word's tag at the first piece of each word, -100 everywhere else.
    """
    raise NotImplementedError


def loss(z: np.ndarray, y: np.ndarray) -> float:
    """The mean cross-entropy of the pieces that have a tag.

    z (T, K)  a score for each piece and tag
    y (T,)    the targets: a tag, or -100 for pieces that are not asked

    One piece or more is asked.
    """
    raise NotImplementedError
