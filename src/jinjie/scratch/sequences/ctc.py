"""Connectionist temporal classification: learning a text from sound without knowing when each letter is said.

Each of T frames says one of V symbols or *blank*. A path of T symbols becomes a text by merging repeats and then
dropping blanks; the text's probability is the sum over all paths that become it, worked out by dynamic
programming (Graves, Fernández, Gomez & Schmidhuber 2006), here in logarithms, for T small numbers multiplied are
zero. The target of U symbols is spread out with blanks around each: S = 2U + 1 places.

A target that no path of T frames can become (too long, or repeats with no room for the blank between) has
probability 0: its loss is ∞ and its gradient 0, for there is nothing to be learnt from it.
"""

import numpy as np

from jinjie.scratch import Array, Booleans, Integers


def spread(target: Integers, blank: int = 0) -> Integers:
    """The target with a blank before, after and between its symbols: U symbols become S = 2U + 1.

    Formula `ctc-spread`: ℓ′ = (blank, ℓ_1, blank, ℓ_2, …, ℓ_U, blank)

    >>> spread(np.array([3, 5, 5]))
    array([0, 3, 0, 5, 0, 5, 0])
    """
    if (target == blank).any():
        raise ValueError(f"the target must not contain the blank, {blank}: {target.tolist()}")
    places = np.full(2 * len(target) + 1, blank, dtype=np.int64)
    places[1::2] = target
    return places


def may_skip(places: Integers) -> Booleans:
    """Where a path may come from two places before: over a blank, between two symbols that differ.

    >>> may_skip(np.array([0, 3, 0, 5, 0, 5, 0]))
    array([False, False, False,  True, False, False, False])
    """
    skip = np.zeros(len(places), dtype=np.bool_)
    # With a blank at every other place, differing from two before also says: this is no blank.
    skip[2:] = places[2:] != places[:-2]
    return skip


def ctc_forward(log_probs: Array, target: Integers, blank: int = 0) -> Array:
    """α (T, S): the logarithm of the probability of being at place s after frame t, over all ways there.

    `log_probs` (T, V) are logarithms of probabilities, as from log-softmax.

    Formula `ctc-forward`: α_t(s) = (α_{t−1}(s) + α_{t−1}(s − 1) + [may skip s] α_{t−1}(s − 2)) · y_t(ℓ′_s)

    >>> log_probs = np.log([[0.4, 0.6], [0.3, 0.7], [0.5, 0.5]])
    >>> np.exp(ctc_forward(log_probs, target=np.array([1]))).round(4)
    array([[0.4 , 0.6 , 0.  ],
           [0.12, 0.7 , 0.18],
           [0.06, 0.41, 0.44]])
    """
    if not np.allclose(np.logaddexp.reduce(log_probs, axis=1), 0, atol=1e-3):
        raise ValueError(
            "expected the logarithms of probabilities: each row of exp(log_probs) must add up to 1"
        )
    if ((target < 0) | (target >= log_probs.shape[1])).any():
        raise ValueError(
            f"symbols must be from 0 to {log_probs.shape[1] - 1}, but the target is {target.tolist()}"
        )
    places = spread(target, blank)
    skip = may_skip(places)
    emitted = log_probs[:, places]
    alpha = np.full(emitted.shape, -np.inf)
    alpha[0, :2] = emitted[0, :2]
    for t in range(1, len(alpha)):
        stay = alpha[t - 1]
        step = np.concatenate([[-np.inf], stay])[:-1]
        leap = np.where(skip, np.roll(stay, 2), -np.inf)  # nothing may skip to the first two places
        alpha[t] = np.logaddexp(np.logaddexp(stay, step), leap) + emitted[t]
    return alpha


def ctc_backward(log_probs: Array, target: Integers, blank: int = 0) -> Array:
    """β (T, S): the logarithm of the probability of completing the target from place s, after frame t.

    What frame t itself says is in α and not in β, so that α_t(s) β_t(s) counts it once.

    Formula `ctc-backward`: β_t(s) = Σ over s′ ∈ {s, s + 1, s + 2 if may skip s + 2} of β_{t+1}(s′) · y_{t+1}(ℓ′_{s′})

    >>> log_probs = np.log([[0.4, 0.6], [0.3, 0.7], [0.5, 0.5]])
    >>> np.exp(ctc_backward(log_probs, target=np.array([1]))).round(4)
    array([[0.85, 0.85, 0.15],
           [0.5 , 1.  , 0.5 ],
           [0.  , 1.  , 1.  ]])
    """
    places = spread(target, blank)
    skip = may_skip(places)
    emitted = log_probs[:, places]
    beta = np.full(emitted.shape, -np.inf)
    beta[-1, -2:] = 0
    for t in reversed(range(len(beta) - 1)):
        stay = beta[t + 1] + emitted[t + 1]
        step = np.concatenate([stay, [-np.inf]])[1:]
        leap = np.concatenate([np.where(skip, stay, -np.inf), [-np.inf, -np.inf]])[2:]
        beta[t] = np.logaddexp(np.logaddexp(stay, step), leap)
    return beta


def ctc_loss(log_probs: Array, target: Integers, blank: int = 0) -> float:
    """−log p(target): a path ends at the last symbol or at the blank after it.

    Formula `ctc-loss`: L = −ln p(ℓ),  p(ℓ) = Σ over paths π that become ℓ of Π_t y_t(π_t) = α_T(S) + α_T(S − 1)

    >>> log_probs = np.log([[0.4, 0.6], [0.3, 0.7], [0.5, 0.5]])
    >>> loss = ctc_loss(log_probs, target=np.array([1]))
    >>> np.exp(-loss).round(4)  # every path but 1-blank-1, which says 1 twice, and three blanks
    np.float64(0.85)
    """
    alpha = ctc_forward(log_probs, target, blank)
    return -float(np.logaddexp.reduce(alpha[-1, -2:]))


def ctc_loss_gradient(log_probs: Array, target: Integers, blank: int = 0) -> Array:
    """The gradient with respect to the log-probabilities (T, V): minus how probable each symbol is at each frame
    among the paths that become the target. Each row adds up to −1, as each path says one symbol a frame.

    Formula `ctc-gradient`: ∂L/∂ln y_t(k) = −1/p(ℓ) Σ over s with ℓ′_s = k of α_t(s) β_t(s)

    >>> log_probs = np.log([[0.4, 0.6], [0.3, 0.7], [0.5, 0.5]])
    >>> ctc_loss_gradient(log_probs, target=np.array([1])).round(4)
    array([[-0.4   , -0.6   ],
           [-0.1765, -0.8235],
           [-0.5176, -0.4824]])
    """
    alpha = ctc_forward(log_probs, target, blank)
    beta = ctc_backward(log_probs, target, blank)
    grad = np.zeros_like(log_probs)
    log_p = np.logaddexp.reduce(alpha[-1, -2:])
    if log_p == -np.inf:
        return grad
    occupied = np.exp(alpha + beta - log_p)
    # add.at: a symbol that stands at several places gathers from each.
    np.add.at(grad.T, spread(target, blank), -occupied.T)
    return grad


def ctc_logits_gradient(logits: Array, target: Integers, blank: int = 0) -> Array:
    """The gradient with respect to the logits before log-softmax (T, V): what is said, minus what ought to be.

    Formula `ctc-logits-gradient`: ∂L/∂z_t(k) = y_t(k) − 1/p(ℓ) Σ over s with ℓ′_s = k of α_t(s) β_t(s)

    >>> logits = np.log([[4.0, 6.0], [3.0, 7.0], [5.0, 5.0]])
    >>> ctc_logits_gradient(logits, target=np.array([1])).round(4)
    array([[-0.    , -0.    ],
           [ 0.1235, -0.1235],
           [-0.0176,  0.0176]])
    """
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    grad = ctc_loss_gradient(log_probs, target, blank)
    # Back through log-softmax; where the loss is finite the sum is −1.
    grad_logits: Array = grad - np.exp(log_probs) * grad.sum(axis=1, keepdims=True)
    return grad_logits


def ctc_batch_loss(
    log_probs: Array, targets: Integers, frames: Integers, lengths: Integers, blank: int = 0
) -> Array:
    """The loss of each of B padded examples: `log_probs` (T, B, V), `targets` (B, U), their true lengths (B,).

    >>> log_probs = np.log(np.full((3, 2, 2), 0.5))
    >>> targets = np.array([[1, 1], [1, -1]])
    >>> ctc_batch_loss(log_probs, targets, frames=np.array([3, 2]), lengths=np.array([2, 1])).round(4)
    array([2.0794, 0.2877])
    """
    if frames.max() > len(log_probs) or lengths.max() > targets.shape[1]:
        raise ValueError(
            f"lengths must lie within the arrays: {len(log_probs)} frames and {targets.shape[1]} symbols at most, "
            f"but there are {frames.max()} and {lengths.max()}"
        )
    losses = [
        ctc_loss(log_probs[: frames[b], b], targets[b, : lengths[b]], blank) for b in range(len(targets))
    ]
    return np.array(losses)
