"""Attention roll-out: which input tokens a token of the last layer has heard of, through all layers."""

import numpy as np

from jinjie.scratch import Array


def attention_rollout(attention: Array, residual: float = 0.5) -> Array:
    """Multiply the layers' attention, each mixed with the residual's straight way (Abnar & Zuidema 2020).

    `attention` (L, H, T, S = T), the first layer first, each row a distribution over the tokens attended to; heads
    are averaged. Row t of the result (T, T) says how much of each input token is in token t after L layers: it is
    the sum over all paths of the products along them, and adds up to 1.

    Formula `attention-rollout`: Âₗ = ½ (meanₕ Aₗₕ) + ½ I;  R = Â_L ⋯ Â₂ Â₁

    >>> first = np.array([[[1.0, 0.0], [0.6, 0.4]]])  # one head
    >>> second = np.array([[[1.0, 0.0], [1.0, 0.0]]])
    >>> attention_rollout(np.stack([first, second])).round(2)
    array([[1.  , 0.  ],
           [0.65, 0.35]])
    """
    if attention.ndim != 4 or attention.shape[2] != attention.shape[3]:
        raise ValueError(f"expected attention of shape (L, H, T, T), got {attention.shape}")
    if not np.allclose(np.sum(attention, axis=-1), 1):
        raise ValueError("expected each row of attention to add up to 1")
    identity = np.eye(attention.shape[3])
    rollout = identity
    for heads in attention:
        mixed = (1 - residual) * np.mean(heads, axis=0) + residual * identity
        rollout = mixed @ rollout
    return rollout
