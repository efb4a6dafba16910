"""Positions: attention alone sees a bag of tokens, so where each stands must be put into the numbers.

Three ways: waves that are added (2017), a learned table that is added (BERT, GPT-2), a rotation of queries and keys
(RoFormer, and most models since). x is (..., T, C); positions count from 0.
"""

import numpy as np

from jinjie.scratch import Array, Integers


def sinusoidal_positions(T: int, C: int, base: float = 10_000.0) -> Array:
    """A clock with C/2 hands: each pair of channels turns at its own speed, from once in 2π tokens to once in 2π·base.

    Returns (T, C). Sine and cosine of *one* angle stand side by side: only so is a step of k tokens the same
    rotation everywhere (`position_shift`), which a layer can learn. Source: Vaswani et al. 2017, §3.5.

    Formula `sinusoidal-positions`: PE_t,2i = sin(t / base^(2i/C));  PE_t,2i+1 = cos(t / base^(2i/C))

    >>> sinusoidal_positions(T=3, C=4).round(3)
    array([[ 0.   ,  1.   ,  0.   ,  1.   ],
           [ 0.841,  0.54 ,  0.01 ,  1.   ],
           [ 0.909, -0.416,  0.02 ,  1.   ]])
    """
    angles = np.arange(T)[:, None] * frequencies(C, base)
    PE = np.empty((T, C))
    PE[:, 0::2] = np.sin(angles)
    PE[:, 1::2] = np.cos(angles)
    return PE


def frequencies(C: int, base: float = 10_000.0) -> Array:
    """The speeds of the C/2 pairs in radians a token, a geometric row from 1 down to almost 1/base.

    Formula `position-frequencies`: ω_i = base^(−2i/C)

    >>> frequencies(8)
    array([1.   , 0.1  , 0.01 , 0.001])
    """
    if C % 2 != 0:
        raise ValueError(f"expected an even number of channels, which go in pairs, got {C}")
    i = np.arange(C // 2)
    return base ** (-2 * i / C)


def position_shift(k: int, C: int, base: float = 10_000.0) -> Array:
    """The matrix that moves sinusoidal positions on by k tokens, whatever the token: PE_{t+k} = M PE_t.

    (C, C), a rotation in each pair of channels: M Mᵀ = 1. It is why a head can learn to look "three back".
    Source: Vaswani et al. 2017, §3.5; the angle-sum identities.

    Formula `position-shift`: PE_{t+k} = M_k PE_t;  M_k's blocks = [[cos kω_i, sin kω_i], [−sin kω_i, cos kω_i]]

    >>> M = position_shift(2, C=4)
    >>> PE = sinusoidal_positions(T=6, C=4)
    >>> (M @ PE[3] - PE[5]).round(12)
    array([0., 0., 0., 0.])
    """
    M = np.zeros((C, C))
    for i, omega in enumerate(frequencies(C, base)):
        sin, cos = np.sin(k * omega), np.cos(k * omega)
        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[cos, sin], [-sin, cos]]
    return M


def learned_positions(x: Array, P: Array) -> Array:
    """Add to each token the row of its place in a table P (T_max, C), learned like any weight.

    Simple, and blind beyond T_max. Source: Gehring et al. 2017; Devlin et al. 2019, §3; GPT-2.

    Formula `learned-positions`: y_t = x_t + P_t

    >>> learned_positions(np.array([[1.0, 1.0], [1.0, 1.0]]), P=np.array([[0.5, 0.0], [0.0, -0.5], [9.0, 9.0]]))
    array([[1.5, 1. ],
           [1. , 0.5]])
    """
    T = x.shape[-2]
    if P.shape[0] < T:
        raise ValueError(f"expected at most {P.shape[0]} tokens, one for each learned position, got {T}")
    return x + P[:T]


def learned_positions_backward(upstream: Array, x: Array, P: Array) -> tuple[Array, Array]:
    """The gradients of x and P: a position learns from every example, and nothing where no example reached it.

    Formula `learned-positions-gradient`: dP_t = Σ_b dy_bt for t < T, else 0

    >>> dx, dP = learned_positions_backward(np.ones((2, 1, 3)), x=np.zeros((2, 1, 3)), P=np.zeros((2, 3)))
    >>> dP
    array([[2., 2., 2.],
           [0., 0., 0.]])
    """
    T = x.shape[-2]
    dP = np.zeros_like(P)
    dP[:T] = upstream.sum(axis=tuple(range(upstream.ndim - 2)))
    return upstream, dP


def rotary(x: Array, positions: Integers, base: float = 10_000.0) -> Array:
    """Turn each pair of channels (2i, 2i+1) of a query or key by its position's angle, as RoFormer does.

    x (..., T, D), positions (T,). The dot product of two turned vectors depends on the *difference* of their
    positions alone, and lengths stay. Values are not turned. Source: Su et al. 2021, RoFormer, equations 14, 34.

    Formula `rotary`: y_2i = x_2i cos tω_i − x_2i+1 sin tω_i;  y_2i+1 = x_2i sin tω_i + x_2i+1 cos tω_i

    >>> x = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
    >>> rotary(x, np.array([0, 1, 2])).round(3)  # the first pair turns fast, the second slowly
    array([[ 1.   ,  0.   ,  1.   ,  0.   ],
           [ 0.54 ,  0.841,  1.   ,  0.01 ],
           [-0.416,  0.909,  1.   ,  0.02 ]])
    """
    theta = positions[:, None] * frequencies(x.shape[-1], base)
    sin, cos = np.sin(theta), np.cos(theta)
    even, odd = x[..., 0::2], x[..., 1::2]
    y = np.empty(x.shape)
    y[..., 0::2] = even * cos - odd * sin
    y[..., 1::2] = even * sin + odd * cos
    return y


def rotary_backward(upstream: Array, x: Array, positions: Integers, base: float = 10_000.0) -> Array:
    """The gradient of x: turned back, for a rotation's transpose is its inverse.

    Formula `rotary-gradient`: dx = Rᵀ dy = rotary(dy, −t)

    >>> rotary_backward(np.array([[1.0, 0.0]]), x=np.zeros((1, 2)), positions=np.array([1])).round(3)
    array([[ 0.54 , -0.841]])
    """
    return rotary(upstream, -positions, base)


def rotary_half_split(x: Array, positions: Integers, base: float = 10_000.0) -> Array:
    """`rotary` with the pairs (i, i + D/2), as GPT-NeoX and the Llama of `transformers` lay them out.

    Two halves are two plain slices of memory, where neighbours would have to be dealt out and gathered again. The
    scores are the same if the channels of W_q and W_k are in the order of `to_half_split`; weights trained with
    one layout and run with the other are broken, silently.
    Source: Black et al. 2022, GPT-NeoX-20B, §2.1, and its code; Touvron et al. 2023, Llama.

    Formula `rotary-half-split`: y_i = x_i cos tω_i − x_i+D/2 sin tω_i;  y_i+D/2 = x_i sin tω_i + x_i+D/2 cos tω_i

    >>> x = np.array([[1.0, 1.0, 0.0, 0.0]])
    >>> rotary_half_split(x, np.array([1])).round(3)
    array([[0.54 , 1.   , 0.841, 0.01 ]])
    """
    theta = positions[:, None] * frequencies(x.shape[-1], base)
    sin, cos = np.sin(theta), np.cos(theta)
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def to_half_split(x: Array) -> Array:
    """Channels in pairs of neighbours (0, 1), (2, 3), … reordered to two halves: the even ones, then the odd.

    Applied to the columns of W_q and W_k it takes weights from one rotary layout to the other.

    Formula `rotary-layout`: rotary_half_split(Π x) = Π rotary(x)

    >>> to_half_split(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]))
    array([0., 2., 4., 1., 3., 5.])
    """
    return np.concatenate([x[..., 0::2], x[..., 1::2]], axis=-1)
