"""Choosing the next token: from a model's logits to a distribution, and a draw from it.

`temperature` makes probabilities of logits. Each filter takes probabilities, sets those of the tokens it shuts out to
zero and lets the others share the rest; so they may follow one another, in whatever order is wanted.
"""

import numpy as np

from jinjie.scratch import Array, Booleans, Integers


def greedy(logits: Array) -> Integers:
    """The likeliest token, the first of equals: nothing is drawn. logits (..., V) → (...).

    Formula `greedy-decoding`: i* = argmaxᵢ zᵢ

    >>> int(greedy(np.array([1.0, 3.0, 2.0, 3.0])))
    1
    """
    return np.asarray(logits.argmax(-1), dtype=np.int64)


def temperature(logits: Array, T: float = 1.0) -> Array:
    """Softmax of the logits divided by T: below 1 sharper, above 1 flatter (Ackley, Hinton & Sejnowski 1985).

    logits (..., V) → probabilities (..., V). T → 0 is `greedy`, T → ∞ every token alike.

    Formula `temperature`: pᵢ = exp(zᵢ / T) / Σⱼ exp(zⱼ / T)

    >>> temperature(np.array([2.0, 1.0, 0.0]), T=0.5).round(4)
    array([0.8668, 0.1173, 0.0159])
    """
    if T <= 0:
        raise ValueError(f"expected a temperature above 0 (for 0 take `greedy`), came {T}")
    # Off the largest, before the division: no temperature makes it overflow, and no probability changes.
    exponentials = np.exp((logits - logits.max(axis=-1, keepdims=True)) / T)
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def top_k(probabilities: Array, k: int) -> Array:
    """Keep the k likeliest tokens (Fan, Lewis & Dauphin 2018); the first ones where they tie. (..., V) → (..., V).

    Formula `top-k`: p′ᵢ = pᵢ [#{j : pⱼ > pᵢ} < k] / Σ of those kept

    >>> top_k(np.array([0.5, 0.1, 0.3, 0.1]), k=2)
    array([0.625, 0.   , 0.375, 0.   ])
    """
    if k < 1:
        raise ValueError(f"expected to keep at least 1 token, came k = {k}")
    return among(probabilities, ranks(probabilities) < k)


def top_p(probabilities: Array, p: float) -> Array:
    """Keep the fewest likeliest tokens that together reach p: the nucleus (Holtzman et al. 2020, section 3.1).

    A token stays when those before it have not yet reached p: so the one that crosses p stays too, and the likeliest
    always does. (..., V) → (..., V).

    Formula `top-p`: p′ᵢ = pᵢ [Σ_{j : pⱼ > pᵢ} pⱼ < p] / Σ of those kept

    >>> top_p(np.array([0.5, 0.125, 0.25, 0.125]), p=0.6)  # 0.5 alone does not reach 0.6, 0.5 + 0.25 does
    array([0.66666667, 0.        , 0.33333333, 0.        ])
    """
    if not 0 < p <= 1:
        raise ValueError(f"expected 0 < p ≤ 1, came p = {p}")
    rank = ranks(probabilities)
    falling = np.take_along_axis(probabilities, rank.argsort(axis=-1), axis=-1)
    before = np.cumsum(falling, axis=-1) - falling
    # Rounding may leave a little before the first token too: it stays whatever p is.
    before[..., 0] = 0.0
    return among(probabilities, np.take_along_axis(before < p, rank, axis=-1))


def min_p(probabilities: Array, share: float) -> Array:
    """Keep the tokens that have at least this share of the likeliest one's probability (Nguyen et al. 2025).

    Where the model is sure few are left, where it is not many. (..., V) → (..., V).

    Formula `min-p`: p′ᵢ = pᵢ [pᵢ ≥ m · maxⱼ pⱼ] / Σ of those kept

    >>> min_p(np.array([0.5, 0.125, 0.25, 0.125]), share=0.5)
    array([0.66666667, 0.        , 0.33333333, 0.        ])
    """
    if not 0 <= share <= 1:
        raise ValueError(f"expected a share from 0 to 1, came {share}")
    return among(probabilities, probabilities >= share * probabilities.max(axis=-1, keepdims=True))


def repetition_penalty(logits: Array, written: Booleans, penalty: float = 1.2) -> Array:
    """Make the tokens that were already written less likely (Keskar et al. 2019, section 4.1).

    A positive logit is divided by the penalty and a negative one multiplied: each falls. Dividing both, as the paper
    prints it, would raise the negative ones. logits and written (..., V) → logits (..., V).

    Formula `repetition-penalty`: z′ᵢ = zᵢ / θ if i was written and zᵢ > 0;  zᵢ · θ if written and zᵢ ≤ 0;  else zᵢ

    >>> repetition_penalty(np.array([2.0, -2.0, 3.0]), written=np.array([True, True, False]), penalty=2.0)
    array([ 1., -4.,  3.])
    """
    if penalty <= 0:
        raise ValueError(f"expected a penalty above 0, came {penalty}")
    return np.where(written, np.where(logits > 0, logits / penalty, logits * penalty), logits)


def draw(probabilities: Array, rng: np.random.Generator) -> Integers:
    """A token from each distribution: the first at which the running sum passes a uniform number. (..., V) → (...).

    Formula `inverse-sampling`: i = #{j : p₁ + … + pⱼ ≤ u},  u ~ U[0, 1)

    >>> draw(np.array([[0.0, 1.0], [0.3, 0.7]]), np.random.default_rng(0))
    array([1, 0])
    """
    cumulative = np.cumsum(probabilities, axis=-1)
    # A whole that rounding left below 1 is scaled with: no u may pass it.
    u = rng.random(cumulative.shape[:-1])[..., np.newaxis] * cumulative[..., -1:]
    return np.asarray((cumulative <= u).sum(axis=-1), dtype=np.int64)


def ranks(probabilities: Array) -> Integers:
    """How many tokens come before each one, likeliest first and the first of equals first. (..., V) → (..., V).

    >>> ranks(np.array([0.5, 0.1, 0.3, 0.1]))
    array([0, 2, 1, 3])
    """
    likeliest_first = np.argsort(-probabilities, axis=-1, kind="stable")
    return np.argsort(likeliest_first, axis=-1)


def among(probabilities: Array, kept: Booleans) -> Array:
    """The distribution, given that one of the tokens `kept` is drawn.

    >>> among(np.array([0.5, 0.25, 0.25]), kept=np.array([True, False, True]))
    array([0.66666667, 0.        , 0.33333333])
    """
    left = np.where(kept, probabilities, 0.0)
    return np.asarray(left / left.sum(axis=-1, keepdims=True))
