"""Attention: every query looks at all the keys and takes home a weighted mean of their values.

Q is (..., T, D), K is (..., S, D) and V is (..., S, E): T places that ask, S places that are asked. The axes
before are batches (examples, heads) and are the same in all three. A mask is True where a query *may* look.
"""

import numpy as np

from jinjie.scratch import Array, Booleans, Integers
from jinjie.scratch.networks.activations import softmax


def scaled_dot_product_attention(
    Q: Array, K: Array, V: Array, mask: Booleans | None = None
) -> tuple[Array, Array]:
    """Look up by likeness: softmax turns the scores of a query against all keys into shares A of one whole.

    Returns the output (..., T, E) and the attention A (..., T, S), whose rows sum to one. `mask` (..., T, S), or
    anything that broadcasts to it, is `masked_softmax`'s. Source: Vaswani et al. 2017, Attention Is All You Need,
    equation 1.

    Formula `scaled-dot-product-attention`: O = A V;  A = softmax(Q Kᵀ / √D)

    >>> Q, K = np.array([[3.0, 0.0], [0.0, 3.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> out, A = scaled_dot_product_attention(Q, K, V=np.array([[10.0], [20.0], [30.0]]))
    >>> A.round(3)  # the first query is like the first key, the second like the second
    array([[0.807, 0.097, 0.097],
           [0.097, 0.807, 0.097]])
    >>> out.round(1)
    array([[12.9],
           [20. ]])
    """
    check_attention(Q, K, V)
    D = Q.shape[-1]
    Z = Q @ np.swapaxes(K, -1, -2) / np.sqrt(D)
    A = softmax(Z) if mask is None else masked_softmax(Z, mask)
    out = A @ V
    return out, A


def masked_softmax(Z: Array, mask: Booleans) -> Array:
    """Softmax over the keys that a query may see: what is hidden gets nothing, and the others share its part.

    Z and mask: (..., T, S). A hidden score is set to −∞ *before* softmax; zeros put in afterwards would leave rows
    that no longer sum to one, and shares that still depend on what was hidden.
    Source: Vaswani et al. 2017, §3.2.3.

    Formula `masked-softmax`: A_ts = m_ts exp(Z_ts) / Σ_u m_tu exp(Z_tu)

    >>> masked_softmax(np.array([[1.0, 5.0, 9.0], [0.0, np.log(3), 9.0]]), causal_mask(3)[:2]).round(4)
    array([[1.  , 0.  , 0.  ],
           [0.25, 0.75, 0.  ]])
    """
    if mask.dtype != bool:
        raise ValueError(f"expected a mask of booleans, True where a query may look, got {mask.dtype}")
    if not mask.any(axis=-1).all():
        raise ValueError(
            "expected every query to see at least one key, got a row of the mask that is all False"
        )
    seen = np.where(mask, Z, -np.inf)
    return softmax(seen)


def scaled_dot_product_attention_backward(
    upstream: Array, Q: Array, K: Array, V: Array, mask: Booleans | None = None
) -> tuple[Array, Array, Array]:
    """The gradients of queries, keys and values, from the gradient of the output (..., T, E).

    Softmax hands a score no gradient but its surplus over the row's mean: dZ = A ∘ (dA − Σ_s dA A). A hidden
    score has A = 0 and so learns nothing. Source: equation 1 and the chain rule; Dao et al. 2022, appendix B.2.

    Formula `scaled-dot-product-attention-gradient`: dV = Aᵀ dO;  dA = dO Vᵀ;  dZ = A ∘ (dA − Σ_s dA_ts A_ts);
    dQ = dZ K / √D;  dK = dZᵀ Q / √D

    >>> Q, K, V = np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0], [3.0]])
    >>> dQ, dK, dV = scaled_dot_product_attention_backward(np.array([[1.0]]), Q, K, V)
    >>> dQ.round(3)  # the second value is the larger: the query is drawn towards its key
    array([[-0.222,  0.222]])
    """
    _, A = scaled_dot_product_attention(Q, K, V, mask)
    D = Q.shape[-1]
    dV = np.swapaxes(A, -1, -2) @ upstream
    dA = upstream @ np.swapaxes(V, -1, -2)
    dZ = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))
    dQ = dZ @ K / np.sqrt(D)
    dK = np.swapaxes(dZ, -1, -2) @ Q / np.sqrt(D)
    return dQ, dK, dV


def dot_product_variance(D: int, variance_q: float = 1.0, variance_k: float = 1.0) -> float:
    """How far scores spread if nothing holds them: why they are divided by √D.

    A score sums D products of independent entries of mean zero, so its variance grows with D; softmax of scores
    as wide as √D is all but one-hot, and its gradient all but zero. Divided by √D the variance is 1 for every D.
    Source: Vaswani et al. 2017, §3.2.1, footnote 4.

    Formula `dot-product-variance`: Var(q·k) = D σ_q² σ_k²

    >>> dot_product_variance(64)
    64.0
    """
    return D * variance_q * variance_k


def causal_mask(T: int, past: int = 0) -> Booleans:
    """Who may look at whom when reading from left to right: nobody at what comes later.

    (T, past + T): the T queries stand behind `past` earlier keys, as when decoding with a cache; query t is at
    position past + t and sees the keys up to itself. Source: Vaswani et al. 2017, §3.2.3.

    Formula `causal-mask`: m_ts = 1 if s ≤ P + t, else 0

    >>> causal_mask(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    >>> causal_mask(2, past=2).astype(int)
    array([[1, 1, 1, 0],
           [1, 1, 1, 1]])
    """
    t = past + np.arange(T)
    s = np.arange(past + T)
    return s[None, :] <= t[:, None]


def padding_mask(lengths: Integers, S: int) -> Booleans:
    """Sentences of unequal length in one array: the filling behind the end of each is not to be looked at.

    lengths (B,) → (B, 1, S), the same for every query; `causal_mask(S) & padding_mask(lengths, S)` is both.

    Formula `padding-mask`: m_bs = 1 if s < n_b, else 0

    >>> padding_mask(np.array([2, 4]), S=4).astype(int)
    array([[[1, 1, 0, 0]],
    <BLANKLINE>
           [[1, 1, 1, 1]]])
    """
    if lengths.min() < 1 or lengths.max() > S:
        raise ValueError(f"expected lengths from 1 to {S}, got {lengths.min()} to {lengths.max()}")
    s = np.arange(S)
    return s[None, None, :] < lengths[:, None, None]


def check_attention(Q: Array, K: Array, V: Array) -> None:
    """Raise ValueError unless the shapes of queries, keys and values fit."""
    if Q.shape[:-2] != K.shape[:-2] or Q.shape[-1] != K.shape[-1]:
        raise ValueError(f"expected Q (..., T, D) and K (..., S, D), got {Q.shape} and {K.shape}")
    if K.shape[:-1] != V.shape[:-1]:
        raise ValueError(f"expected one value for each key, got K {K.shape} and V {V.shape}")
