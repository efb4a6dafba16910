"""Regularisation: what keeps a network from learning its training data by heart."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array, Booleans


def draw_kept(rng: np.random.Generator, shape: tuple[int, ...], p: float) -> Booleans:
    """Which units stay in this step: each is dropped with the chance p, whatever the others do.

    >>> draw_kept(np.random.default_rng(0), (2, 4), p=0.5)
    array([[ True, False, False, False],
           [ True,  True,  True,  True]])
    """
    if not 0 <= p < 1:
        raise ValueError(f"expected a chance of dropping 0 <= p < 1, got {p}")
    return rng.random(shape) >= p


def dropout(x: Array, kept: Booleans, p: float) -> Array:
    """Dropped units give 0; those kept grow by 1 / (1 − p), so that the mean stays (Srivastava et al. 2014).

    This is the inverted form: after training there is nothing left to do, dropout is simply left out.

    Formula `dropout`: y = k x / (1 − p),  k = 1 with the chance 1 − p, else 0

    >>> dropout(np.array([1.0, 2.0, 3.0]), kept=np.array([True, False, True]), p=0.5)
    array([2., 0., 6.])
    """
    return kept * x / (1 - p)


def dropout_backward(upstream: Array, kept: Booleans, p: float) -> Array:
    """The gradient of x: it goes back where the signal went forward, by the same factor.

    Formula `dropout-backward`: ∂L/∂x = k u / (1 − p)

    >>> dropout_backward(np.ones(3), kept=np.array([True, False, True]), p=0.5)
    array([2., 0., 2.])
    """
    return kept * upstream / (1 - p)


def l1_penalty(w: Array, strength: float) -> float:
    """Added to the loss, it pulls all weights towards 0 with the same force, and many all the way.

    Formula `l1-penalty`: λ Σᵢ |wᵢ|

    >>> l1_penalty(np.array([1.0, -2.0, 0.0]), strength=0.1)
    0.30000000000000004
    """
    return float(strength * np.abs(w).sum())


def l1_gradient(w: Array, strength: float) -> Array:
    """The force of L1: the same for a small weight and a large one; at 0, where |w| has a kink, 0.

    Formula `l1-gradient`: λ sign(w)

    >>> l1_gradient(np.array([1.0, -2.0, 0.0]), strength=0.1)
    array([ 0.1, -0.1,  0. ])
    """
    return strength * np.sign(w)


def l2_penalty(w: Array, strength: float) -> float:
    """Added to the loss, it pulls each weight towards 0 with a force that grows with the weight.

    Formula `l2-penalty`: λ/2 Σᵢ wᵢ²

    >>> l2_penalty(np.array([1.0, -2.0, 0.0]), strength=0.1)
    0.25
    """
    return float(strength / 2 * (w**2).sum())


def l2_gradient(w: Array, strength: float) -> Array:
    """The force of L2. In plain gradient descent it is the same as weight decay; in Adam it is not.

    Formula `l2-gradient`: λ w

    >>> l2_gradient(np.array([1.0, -2.0, 0.0]), strength=0.1)
    array([ 0.1, -0.2,  0. ])
    """
    return strength * w


class Stop(NamedTuple):
    """Where early stopping ends a training, in epochs from 0."""

    epoch: int
    """The last epoch that was trained."""
    best: int
    """The epoch whose weights are kept."""


def early_stopping(losses: Sequence[float], patience: int, min_delta: float = 0) -> Stop:
    """Stop once the validation loss has not beaten its best by more than `min_delta` for `patience` epochs.

    Formula `early-stopping`: stop at the first e with e − b ≥ patience;
    b is the last epoch whose loss was below the best so far by more than `min_delta`

    >>> early_stopping([1.0, 0.6, 0.5, 0.7, 0.52, 0.51, 0.4], patience=3)
    Stop(epoch=5, best=2)
    """
    if not losses:
        raise ValueError("expected at least one validation loss, got none")
    if patience < 1:
        raise ValueError(f"expected a patience of at least 1 epoch, got {patience}")
    best, lowest = 0, losses[0]
    for epoch, loss in enumerate(losses):
        if loss < lowest - min_delta:
            best, lowest = epoch, loss
        if epoch - best >= patience:
            return Stop(epoch, best)
    return Stop(len(losses) - 1, best)
