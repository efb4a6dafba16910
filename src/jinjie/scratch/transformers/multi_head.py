"""Multi-head attention: several small attentions side by side, each with its own questions.

x is (..., T, C), what asks; memory is (..., S, C), what is asked: x itself in self-attention, the encoder's output
in cross-attention. H heads of size D = C / H. Weights stand on the right, y = x W + b with W (in, out), as in
the paper; PyTorch keeps them transposed.
"""

from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array, Booleans
from jinjie.scratch.transformers.attention import (
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
)


class Attention(NamedTuple):
    """The weights of one multi-head attention, in the order of `multi_head_attention`'s arguments."""

    W_q: Array
    W_k: Array
    W_v: Array
    W_o: Array
    b_q: Array
    b_k: Array
    b_v: Array
    b_o: Array


def multi_head_attention(
    x: Array,
    memory: Array,
    W_q: Array,
    W_k: Array,
    W_v: Array,
    W_o: Array,
    b_q: Array,
    b_k: Array,
    b_v: Array,
    b_o: Array,
    H: int,
    mask: Booleans | None = None,
) -> Array:
    """Let H heads look at `memory` in their own way, and mix what they bring: (..., T, C).

    One head has one softmax and so one place to look at; H heads have H, for the price of one of size C.
    `mask` (..., T, S) is the same for all heads. W_k and W_v may be narrower, G D instead of C with G < H: then
    H / G heads share each key and value, as `repeat_heads` says. Source: Vaswani et al. 2017, §3.2.2.

    Formula `multi-head-attention`: MultiHead(x, m) = [head₁ … head_H] W_o + b_o;
    head_h = Attention(x W_q + b_q, m W_k + b_k, m W_v + b_v) in the channels hD … (h+1)D − 1
    Formula `self-attention`: MultiHead(x, x)
    Formula `cross-attention`: MultiHead(x, m), x from the decoder and m from the encoder

    >>> x, W, b = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.eye(2), np.zeros(2)
    >>> multi_head_attention(x, x, 4 * W, W, W, 2 * W, b, b, b, b, H=2).round(3)
    array([[1.982, 1.333],
           [1.333, 1.982],
           [1.982, 1.982]])
    """
    check_heads(x, memory, W_q, W_k, H)
    D = W_q.shape[1] // H
    G = W_k.shape[1] // D
    Q = split_heads(x @ W_q + b_q, H)
    K = repeat_heads(split_heads(memory @ W_k + b_k, G), H)
    V = repeat_heads(split_heads(memory @ W_v + b_v, G), H)
    heads, A = scaled_dot_product_attention(Q, K, V, for_heads(mask))
    joined = join_heads(heads)
    return joined @ W_o + b_o


def multi_head_attention_backward(
    upstream: Array,
    x: Array,
    memory: Array,
    W_q: Array,
    W_k: Array,
    W_v: Array,
    W_o: Array,
    b_q: Array,
    b_k: Array,
    b_v: Array,
    b_o: Array,
    H: int,
    mask: Booleans | None = None,
) -> tuple[Array, ...]:
    """The gradients of x, memory and the eight weights, in that order. In self-attention x's own is dx + dmemory.

    Formula `multi-head-attention-gradient`: dheads = dO W_oᵀ;  dW_o = headsᵀ dO;
    dQ, dK, dV by `scaled-dot-product-attention-gradient`;  dW_q = xᵀ dQ;  dW_k = mᵀ dK;  dW_v = mᵀ dV;
    dx = dQ W_qᵀ;  dm = dK W_kᵀ + dV W_vᵀ;  db = Σ_t of what stands there

    >>> x, W, b = np.array([[1.0, 0.0], [0.0, 1.0]]), np.eye(2), np.zeros(2)
    >>> upstream = np.array([[1.0, 0.0], [0.0, 0.0]])
    >>> dx, *_ = multi_head_attention_backward(upstream, x, x, W, W, W, W, b, b, b, b, H=1)
    >>> dx.round(3)
    array([[ 0.156, -0.156],
           [ 0.   ,  0.   ]])
    """
    check_heads(x, memory, W_q, W_k, H)
    D = W_q.shape[1] // H
    G = W_k.shape[1] // D
    Q = split_heads(x @ W_q + b_q, H)
    K = repeat_heads(split_heads(memory @ W_k + b_k, G), H)
    V = repeat_heads(split_heads(memory @ W_v + b_v, G), H)
    heads, _ = scaled_dot_product_attention(Q, K, V, for_heads(mask))

    dheads = split_heads(upstream @ W_o.T, H)
    dQ, dK, dV = scaled_dot_product_attention_backward(dheads, Q, K, V, for_heads(mask))
    dQ = join_heads(dQ)
    dK = join_heads(repeat_heads_backward(dK, G))
    dV = join_heads(repeat_heads_backward(dV, G))
    dx = dQ @ W_q.T
    dmemory = dK @ W_k.T + dV @ W_v.T
    dW = [_weight(x, dQ), _weight(memory, dK), _weight(memory, dV), _weight(join_heads(heads), upstream)]
    db = [_bias(dQ), _bias(dK), _bias(dV), _bias(upstream)]
    return dx, dmemory, *dW, *db


def split_heads(x: Array, H: int) -> Array:
    """Deal out the channels: head h gets its D neighbours, (..., T, C) → (..., H, T, D).

    The heads' axis is moved before the places' only after the split: reading (H, T, D) straight out of
    memory would give a head channels of other places. Source: Vaswani et al. 2017, §3.2.2.

    Formula `split-heads`: X_htd = x_t,(hD+d)

    >>> split_heads(np.array([[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]), H=2)
    array([[[0., 1.],
            [4., 5.]],
    <BLANKLINE>
           [[2., 3.],
            [6., 7.]]])
    """
    if x.shape[-1] % H != 0:
        raise ValueError(f"expected a number of channels that {H} heads can share, got {x.shape[-1]}")
    D = x.shape[-1] // H
    dealt = x.reshape(*x.shape[:-1], H, D)
    return np.swapaxes(dealt, -2, -3)


def join_heads(x: Array) -> Array:
    """The way back of `split_heads`, and its gradient: the heads side by side, (..., H, T, D) → (..., T, H D).

    Formula `join-heads`: x_t,(hD+d) = X_htd

    >>> join_heads(np.array([[[0.0, 1.0], [4.0, 5.0]], [[2.0, 3.0], [6.0, 7.0]]]))
    array([[0., 1., 2., 3.],
           [4., 5., 6., 7.]])
    """
    H, T, D = x.shape[-3:]
    return np.swapaxes(x, -2, -3).reshape(*x.shape[:-3], T, H * D)


def repeat_heads(x: Array, H: int) -> Array:
    """Grouped queries: H heads of questions share G heads of keys and values, (..., G, S, D) → (..., H, S, D).

    G = H is plain multi-head attention, G = 1 multi-query attention; the cache of keys and values shrinks to G / H.
    Source: Ainslie et al. 2023, GQA, §2.2.

    Formula `grouped-query-attention`: K̃_h = K_⌊hG/H⌋

    >>> repeat_heads(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), H=4)[:, 0]
    array([[1., 2.],
           [1., 2.],
           [3., 4.],
           [3., 4.]])
    """
    G = x.shape[-3]
    if H % G != 0:
        raise ValueError(f"expected a number of heads that {G} groups can share, got {H}")
    return np.repeat(x, H // G, axis=-3)


def repeat_heads_backward(upstream: Array, G: int) -> Array:
    """What the heads of a group learned about their shared key or value, added up: (..., H, S, D) → (..., G, S, D)."""
    H, S, D = upstream.shape[-3:]
    groups = upstream.reshape(*upstream.shape[:-3], G, H // G, S, D)
    dx: Array = groups.sum(axis=-3)
    return dx


def for_heads(mask: Booleans | None) -> Booleans | None:
    """A mask (..., T, S) with an axis for the heads, all of which it binds; a mask (T, S) binds everybody as it is."""
    return mask if mask is None or mask.ndim == 2 else np.expand_dims(mask, -3)


def check_heads(x: Array, memory: Array, W_q: Array, W_k: Array, H: int) -> None:
    """Raise ValueError unless the widths of inputs, weights and heads fit."""
    if x.shape[-1] != W_q.shape[0] or memory.shape[-1] != W_k.shape[0]:
        got = f"{x.shape} and {memory.shape} for {W_q.shape} and {W_k.shape}"
        raise ValueError(f"expected x and memory as wide as W_q and W_k are tall, got {got}")
    if W_k.shape[1] % (W_q.shape[1] // H) != 0:
        raise ValueError(
            f"expected keys of whole heads of size {W_q.shape[1] // H}, got {W_k.shape[1]} channels"
        )


def _weight(x: Array, upstream: Array) -> Array:
    """∂L/∂W of x W: the outer products of all places of all examples, added up."""
    places = tuple(range(x.ndim - 1))
    return np.tensordot(x, upstream, axes=(places, places))


def _bias(upstream: Array) -> Array:
    db: Array = upstream.sum(axis=tuple(range(upstream.ndim - 1)))
    return db
