"""What is put on top of a BERT that has read before: a vector for a text, a tag for each token, the ends of an answer.

h is what the encoder made of the tokens, (..., T, C). `real` (..., T) is True for tokens of the text and False for the
padding that makes rows of one batch equally long.
"""

import numpy as np

from jinjie.scratch import Array, Booleans, Integers
from jinjie.scratch.foundations.losses import cross_entropy

IGNORED = -100
"""The tag of a token that is not asked for: PyTorch's `ignore_index`."""


def mean_pooling(h: Array, real: Booleans) -> Array:
    """One vector for a text, the mean of its tokens and of nothing else: (..., T, C) → (..., C).

    Source: Reimers & Gurevych 2019, Sentence-BERT, §3 (the MEAN strategy).

    Formula `mean-pooling`: m_c = Σ_t r_t h_tc / Σ_t r_t

    >>> h = np.array([[1.0, 4.0], [3.0, 0.0], [9.0, 9.0]])
    >>> mean_pooling(h, real=np.array([True, True, False]))  # the third token is padding
    array([2., 2.])
    """
    if not real.any(axis=-1).all():
        raise ValueError("expected a real token or more in every text, got one that is padding alone")
    weight = real[..., None].astype(np.float64)
    m: Array = (weight * h).sum(axis=-2) / weight.sum(axis=-2)
    return m


def token_classification_loss(z: Array, y: Integers) -> float:
    """The mean surprise at the tags of those tokens that have one: (..., T, K) → nats.

    y (..., T) is a tag from 0 to K − 1, or −100 where none is asked for: padding, [CLS], [SEP], and every piece of a
    word but its first. Source: Devlin et al. 2019, BERT, §5.3.

    Formula `token-classification-loss`: L = −1/|M| Σ_{t ∈ M} log p_{t, y_t};  M = {t : y_t ≠ −100}, p = softmax(z)

    >>> z = np.array([[0.0, 0.0], [0.0, 2.0], [7.0, 0.0]])
    >>> round(token_classification_loss(z, y=np.array([-100, 1, -100])), 4)  # only the token in the middle is asked for
    0.1269
    """
    asked = y != IGNORED
    if not asked.any():
        raise ValueError("expected a tag or more that is asked for, got none: there is nothing to learn from")
    return cross_entropy(z[asked], y[asked])


def best_span(first: Array, last: Array, inside: Booleans, longest: int = 30) -> tuple[int, int]:
    """Where an answer begins and ends: the pair of places with the highest sum that can be an answer at all.

    first, last (T,): how well an answer may begin and end at each token. inside (T,): True for tokens of the passage,
    False for the question, [CLS], [SEP] and padding. No pair is out of order or longer than `longest` tokens.
    Source: Devlin et al. 2019, BERT, §4.2; the limit of length is their program's.

    Formula `best-span`: (i*, j*) = argmax_{i ≤ j < i + n, inside} (s_i + e_j)

    >>> first, last = np.array([0.0, 1.0, 5.0]), np.array([0.0, 4.0, 2.0])
    >>> best_span(first, last, inside=np.array([False, True, True]))  # 2 to 1 has 9, and is no span
    (2, 2)
    """
    if not inside.any():
        raise ValueError("expected a token or more of a passage, got none: there is nowhere to answer")
    if longest < 1:
        raise ValueError(f"expected at least 1 token in the longest answer, got {longest}")
    places = np.arange(len(first))
    apart = places[None, :] - places[:, None]
    allowed = (apart >= 0) & (apart < longest) & inside[:, None] & inside[None, :]
    scores = np.where(allowed, first[:, None] + last[None, :], -np.inf)
    i, j = np.unravel_index(scores.argmax(), scores.shape)
    return int(i), int(j)
