"""Gradient clipping: shorten a gradient that is too long, and keep its direction."""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array


def global_norm(grads: Sequence[Array]) -> float:
    """The length of all gradients laid end to end: one number for the whole model.

    Formula `global-gradient-norm`: ‖g‖ = √(Σ_k Σ_i g_{k,i}²)

    >>> global_norm([np.array([3.0, 0.0]), np.array([[4.0]])])
    5.0
    """
    lengths = np.array([np.linalg.norm(grad) for grad in grads])
    return float(np.sqrt((lengths**2).sum()))


def clip(grad: Array, max_norm: float) -> Array:
    """One gradient, shortened to `max_norm` if it is longer (Pascanu, Mikolov & Bengio 2013, algorithm 1).

    A cliff of the loss makes one enormous gradient; shortened, the step stays small and still goes downhill.

    Formula `gradient-clipping`: g ← g · min(1, c / ‖g‖)

    >>> clip(np.array([3.0, -4.0]), max_norm=1.0)
    array([ 0.6, -0.8])
    """
    if max_norm <= 0:
        raise ValueError(f"the greatest norm allowed must be above 0, not {max_norm}")
    norm = global_norm([grad])
    factor = max_norm / max(norm, max_norm)
    return grad * factor


def clip_by_global_norm(grads: Sequence[Array], max_norm: float) -> list[Array]:
    """All gradients of a model times one factor, so that together they are no longer than `max_norm`.

    Not each by a factor of its own: that would turn the step. PyTorch's `clip_grad_norm_` adds 1e-6 to the norm.

    Formula `clipping-by-global-norm`: g_k ← g_k · min(1, c / ‖g‖),  ‖g‖ over all k

    >>> clip_by_global_norm([np.array([3.0, 0.0]), np.array([[4.0]])], max_norm=2.5)
    [array([1.5, 0. ]), array([[2.]])]
    """
    if max_norm <= 0:
        raise ValueError(f"the greatest norm allowed must be above 0, not {max_norm}")
    norm = global_norm(grads)
    factor = max_norm / max(norm, max_norm)
    return [grad * factor for grad in grads]
