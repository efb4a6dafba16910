"""Membership inference: can one tell from a model's loss on an example whether it was trained on it?"""

import numpy as np

from jinjie.scratch import Array


def membership_attack(members: Array, others: Array) -> float:
    """The attack that calls low losses members, as its AUC: ½ tells nothing, 1 gives every member away.

    `members` (M,) are losses on training examples, `others` (N,) on unseen ones of the same kind. The AUC is the
    chance that a member's loss is below another's, ties counted half (Yeom et al. 2018, §3; Hanley & McNeil 1982).

    Formula `membership-attack`: AUC = 1/(M N) Σᵢ Σⱼ ([aᵢ < bⱼ] + ½ [aᵢ = bⱼ])

    >>> membership_attack(members=np.array([0.1, 0.2, 0.7]), others=np.array([0.7, 0.9]))
    0.9166666666666666
    """
    _check(members, others)
    below = members[:, None] < others
    ties = members[:, None] == others
    return float(np.mean(below + 0.5 * ties))


def membership_advantage(members: Array, others: Array) -> float:
    """The most by which one threshold on the loss finds members more often than it accuses others (Yeom et al. 2018).

    An attacker's advantage after (ε, 0)-private training is at most e^ε − 1 (theorem 1).

    Formula `membership-advantage`: adv = max over τ of (P(a ≤ τ) − P(b ≤ τ))

    >>> membership_advantage(members=np.array([0.1, 0.2, 0.8]), others=np.array([0.7, 0.9]))
    0.6666666666666666
    """
    _check(members, others)
    thresholds = np.concatenate([members, others])
    found = np.mean(members[:, None] <= thresholds, axis=0)
    accused = np.mean(others[:, None] <= thresholds, axis=0)
    return float(np.max(found - accused))


def _check(members: Array, others: Array) -> None:
    if not members.size or not others.size:
        raise ValueError(f"expected losses of members and of others, got {members.size} and {others.size}")
