"""n-gram models: the next token from the few before it, by counting. The floor that a neural model must beat.

`counts` maps a context, the tokens before (longest first, down to none), to how often each token followed it (V).
"""

import numpy as np

from jinjie.scratch import Array, Integers

Context = tuple[int, ...]


def count_ngrams(tokens: Integers, order: int, V: int) -> dict[Context, Array]:
    """How often each token follows each context of up to `order` − 1 tokens. tokens (T) → contexts to counts (V).

    >>> counts = count_ngrams(np.array([0, 1, 0, 1, 1]), order=2, V=2)
    >>> counts[()], counts[(0,)], counts[(1,)]
    (array([2., 3.]), array([0., 2.]), array([1., 1.]))
    """
    if order < 1:
        raise ValueError(f"expected an order of at least 1, came {order}")
    if np.any((tokens < 0) | (tokens >= V)):
        raise ValueError(
            f"expected tokens from 0 to {V - 1}, came {int(tokens.min())} to {int(tokens.max())}"
        )
    text = tuple(int(token) for token in tokens)
    counts: dict[Context, Array] = {}
    for t, token in enumerate(text):
        for length in range(min(order - 1, t) + 1):
            counts.setdefault(text[t - length : t], np.zeros(V))[token] += 1
    return counts


def add_k(counts: Array, k: float = 1.0) -> Array:
    """As if each token had been seen k times more: none is impossible (Lidstone 1920; k = 1 is Laplace's).

    counts (..., V) → probabilities (..., V).

    Formula `add-k-smoothing`: p_v = (n_v + k) / (Σ_u n_u + k V)

    >>> add_k(np.array([3.0, 1.0, 0.0]), k=0.5).round(4)
    array([0.6364, 0.2727, 0.0909])
    """
    if k <= 0:
        raise ValueError(f"expected k above 0, came {k}")
    V = counts.shape[-1]
    return np.asarray((counts + k) / (counts.sum(axis=-1, keepdims=True) + k * V))


def witten_bell(counts: Array, lower: Array) -> Array:
    """Counts, filled up by the prediction from a shorter context (Bell, Cleary & Witten 1990, method C).

    The more different tokens followed a context, the likelier is yet another one: the number of them, D, is how often
    the shorter context is believed. counts (V) and lower, probabilities (V) → probabilities (V). A context never seen
    leaves `lower` as it is.

    Formula `interpolated-ngram`: p(v | h) = (n(hv) + D(h) · p(v | h′)) / (n(h) + D(h)),  D(h) = #{v : n(hv) > 0}

    >>> witten_bell(np.array([3.0, 1.0, 0.0, 0.0]), lower=np.array([0.25, 0.25, 0.25, 0.25])).round(4)
    array([0.5833, 0.25  , 0.0833, 0.0833])
    """
    D = np.count_nonzero(counts)
    if D == 0:
        return lower
    return np.asarray((counts + D * lower) / (counts.sum() + D))


def next_probabilities(context: Context, counts: dict[Context, Array], order: int, base: Array) -> Array:
    """The prediction after a context: `witten_bell` over its last tokens, from none of them up to `order` − 1.

    `base` (V) is believed before anything was counted: uniform, as a rule.

    >>> counts = count_ngrams(np.array([0, 1, 0, 1, 1]), order=3, V=2)
    >>> next_probabilities((1, 0), counts, order=3, base=np.array([0.5, 0.5])).round(4)
    array([0.0714, 0.9286])
    """
    probabilities = base
    for length in range(min(order - 1, len(context)) + 1):
        seen = counts.get(context[len(context) - length :])
        if seen is not None:
            probabilities = witten_bell(seen, probabilities)
    return probabilities


def bits_per_token(tokens: Integers, counts: dict[Context, Array], order: int, base: Array) -> float:
    """The mean of −log₂ p over a text: bits per character where a token is one. tokens (T) → ().

    Formula `bits-per-token`: −1/T · Σ_t log₂ p(x_t | x_{t−n+1} … x_{t−1})

    >>> counts = count_ngrams(np.array([0, 1, 0, 1, 0, 1]), order=2, V=2)
    >>> round(bits_per_token(np.array([0, 1, 0, 1]), counts, order=2, base=np.array([0.5, 0.5])), 4)
    0.4121
    """
    if len(tokens) == 0:
        raise ValueError("expected at least 1 token, came none")
    text = tuple(int(token) for token in tokens)
    p = np.array(
        [
            next_probabilities(text[max(0, t - order + 1) : t], counts, order, base)[token]
            for t, token in enumerate(text)
        ]
    )
    return float(-np.log2(p).mean())
