"""Beam search: not the likeliest next token again and again, but the likeliest whole text that can be found."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array

Tokens = tuple[int, ...]


class Hypothesis(NamedTuple):
    """A text and how good it is: its log-probability, divided by its length penalty."""

    score: float
    tokens: Tokens


def length_penalty(length: int, alpha: float = 0.6) -> float:
    """What a log-probability is divided by, as each more token makes it smaller (Wu et al. 2016, equation 14).

    α = 0 leaves it as it is: short texts win. α = 1 all but takes the mean over the tokens.

    Formula `length-penalty`: lp(Y) = ((5 + |Y|) / (5 + 1))^α

    >>> round(length_penalty(7, alpha=0.5), 4)
    1.4142
    """
    return float(((5 + length) / (5 + 1)) ** alpha)


def beam_search(
    next_log_probabilities: Callable[[Tokens], Array],
    start: Tokens,
    end: int,
    width: int,
    longest: int,
    alpha: float = 0.6,
) -> list[Hypothesis]:
    """The best texts found by keeping the `width` likeliest beginnings at each length, best first.

    `next_log_probabilities(tokens)` gives log p of each next token (V). A text is complete when it reaches the token
    `end` or has `longest` new tokens. Length and score count the new tokens, `end` among them. Equals keep the order
    of their tokens. Width 1 is greedy; a width that holds every beginning is exact.

    Formula `beam-search`: B_t = top_w { y·v : y ∈ B_{t−1}, v ∈ V } by log p(y·v) = log p(y) + log p(v | y);
    best = argmax log p(Y) / lp(Y)

    >>> model = {(): [0.6, 0.4, 0.0], (0,): [0.4, 0.4, 0.2], (1,): [0.0, 0.1, 0.9]}
    >>> def next_log_probabilities(tokens):
    ...     with np.errstate(divide="ignore"):
    ...         return np.log(np.array(model.get(tokens, [0.0, 0.0, 1.0])))
    >>> greedy = beam_search(next_log_probabilities, (), end=2, width=1, longest=3, alpha=0.0)
    >>> wider = beam_search(next_log_probabilities, (), end=2, width=2, longest=3, alpha=0.0)
    >>> greedy[0].tokens, round(float(np.exp(greedy[0].score)), 2)
    ((0, 0, 2), 0.24)
    >>> wider[0].tokens, round(float(np.exp(wider[0].score)), 2)
    ((1, 2), 0.36)
    """
    if width < 1 or longest < 1:
        raise ValueError(f"expected width and longest of at least 1, came {width} and {longest}")
    beam = [Hypothesis(0.0, start)]
    complete: list[Hypothesis] = []
    for length in range(1, longest + 1):
        grown = [
            Hypothesis(log_p + float(more), (*tokens, token))
            for log_p, tokens in beam
            for token, more in enumerate(next_log_probabilities(tokens))
            if more > -np.inf
        ]
        kept = best_first(grown)[:width]
        beam = [hypothesis for hypothesis in kept if hypothesis.tokens[-1] != end]
        for log_p, tokens in kept:
            if tokens[-1] == end or length == longest:
                complete.append(Hypothesis(log_p / length_penalty(length, alpha), tokens))
    return best_first(complete)[:width]


def best_first(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """The highest score first, equals by their tokens.

    >>> [h.tokens for h in best_first([Hypothesis(-2.0, (1,)), Hypothesis(-1.0, (3,)), Hypothesis(-1.0, (2,))])]
    [(2,), (3,), (1,)]
    """
    return sorted(hypotheses, key=lambda hypothesis: (-hypothesis.score, hypothesis.tokens))
