"""The key-value cache: under a causal mask what earlier tokens said stays true, so it is kept and not said again.

x is (..., n, C), the new tokens alone; K and V (..., G, S, D) are what came before, for G heads of keys and values.
"""

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.networks.activations import gelu, softmax
from jinjie.scratch.networks.layer import Activation
from jinjie.scratch.networks.normalization import layer_norm
from jinjie.scratch.transformers.attention import causal_mask, scaled_dot_product_attention
from jinjie.scratch.transformers.gpt import GPT, check_tokens
from jinjie.scratch.transformers.layer import Layer, feed_forward
from jinjie.scratch.transformers.multi_head import join_heads, repeat_heads, split_heads

Cache = tuple[Array, Array]
"""The keys and values of one layer so far."""


def cached_attention(
    x: Array,
    K: Array,
    V: Array,
    W_q: Array,
    W_k: Array,
    W_v: Array,
    W_o: Array,
    b_q: Array,
    b_k: Array,
    b_v: Array,
    b_o: Array,
    H: int,
) -> tuple[Array, Array, Array]:
    """Causal self-attention of new tokens: append their keys and values, ask all that are there.

    Returns the output (..., n, C) and the longer K and V. Old queries are not kept: nobody asks for them again.
    Source: Shazeer 2019, Fast Transformer Decoding, §2.4.

    Formula `kv-cache`: K ← [K; x W_k + b_k];  V ← [V; x W_v + b_v];  o = softmax(q Kᵀ / √D) V;  q = x W_q + b_q

    >>> W, b, empty = np.eye(2), np.zeros(2), np.zeros((1, 0, 2))
    >>> out, K, V = cached_attention(np.array([[1.0, 0.0]]), empty, empty, W, W, W, W, b, b, b, b, H=1)
    >>> out, K, V = cached_attention(np.array([[0.0, 1.0]]), K, V, W, W, W, W, b, b, b, b, H=1)
    >>> out.round(3), V
    (array([[0.33, 0.67]]), array([[[1., 0.],
            [0., 1.]]]))
    """
    n, past, G = x.shape[-2], K.shape[-2], K.shape[-3]
    Q = split_heads(x @ W_q + b_q, H)
    K_all = np.concatenate([K, split_heads(x @ W_k + b_k, G)], axis=-2)
    V_all = np.concatenate([V, split_heads(x @ W_v + b_v, G)], axis=-2)
    mask = causal_mask(n, past)
    heads, _ = scaled_dot_product_attention(Q, repeat_heads(K_all, H), repeat_heads(V_all, H), mask)
    out = join_heads(heads) @ W_o + b_o
    return out, K_all, V_all


def empty_caches(model: GPT, batch: tuple[int, ...] = ()) -> tuple[Cache, ...]:
    """A cache of no tokens for each layer."""
    D = model.E.shape[1] // model.H
    heads = [layer.attention.W_k.shape[1] // D for layer in model.layers]
    return tuple((np.zeros((*batch, G, 0, D)), np.zeros((*batch, G, 0, D))) for G in heads)


def cached_layer(
    x: Array, cache: Cache, layer: Layer, H: int, f: Activation = gelu, eps: float = 1e-5
) -> tuple[Array, Cache]:
    """`pre_norm_layer` for new tokens: only attention looks back, the rest of the layer is each token's own affair."""
    attended, K, V = cached_attention(layer_norm(x, *layer.norm_1, eps), *cache, *layer.attention, H)
    a = x + attended
    thought = feed_forward(layer_norm(a, *layer.norm_2, eps), *layer.feed_forward, f)
    return a + thought, (K, V)


def decode(
    model: GPT, tokens: Integers, caches: tuple[Cache, ...], f: Activation = gelu
) -> tuple[Array, tuple[Cache, ...]]:
    """The logits (..., n, V) of n new tokens (..., n), one or a whole prompt, and the caches with them in.

    Formula `kv-cache-decoding`: decode(x_t | cache of x_1 … x_{t−1}) = GPT(x_1 … x_t)_t

    >>> from jinjie.scratch.transformers.gpt import draw_gpt, gpt_logits
    >>> model = draw_gpt(V=5, C=4, T_max=8, depth=2, H=2, rng=np.random.default_rng(0))
    >>> z, caches = decode(model, np.array([3, 1]), empty_caches(model))
    >>> z, caches = decode(model, np.array([4]), caches)
    >>> np.abs(z[0] - gpt_logits(model, np.array([3, 1, 4]))[2]).max() < 1e-12
    np.True_
    """
    check_tokens(tokens, model.E.shape[0])
    past, n = caches[0][0].shape[-2], tokens.shape[-1]
    if past + n > model.P.shape[0]:
        raise ValueError(f"expected at most {model.P.shape[0]} tokens in all, got {past} and {n} more")
    h = model.E[tokens] + model.P[past : past + n]
    longer = []
    for layer, cache in zip(model.layers, caches, strict=True):
        h, cache = cached_layer(h, cache, layer, model.H, f)
        longer.append(cache)
    return layer_norm(h, *model.norm) @ model.E.T, tuple(longer)


def generate_with_cache(
    model: GPT, tokens: Integers, steps: int, rng: np.random.Generator, f: Activation = gelu
) -> Integers:
    """`gpt.generate`, the same tokens for the same draws, with one new token's work at each step.

    >>> from jinjie.scratch.transformers.gpt import draw_gpt
    >>> model = draw_gpt(V=5, C=4, T_max=8, depth=1, H=2, rng=np.random.default_rng(0))
    >>> generate_with_cache(model, np.array([3, 1]), steps=4, rng=np.random.default_rng(1))
    array([3, 1, 2, 4, 0, 4])
    """
    new, caches = tokens, empty_caches(model)
    for _ in range(steps):
        z, caches = decode(model, new, caches, f)
        p = softmax(z[-1])
        new = np.array([rng.choice(p.size, p=p)])
        tokens = np.append(tokens, new)
    return tokens


def kv_cache_bytes(B: int, T: int, L: int, G: int, D: int, bytes_each: int = 2) -> int:
    """The memory of keys and values of T tokens in B texts: what a long context costs while it is written.

    L layers, G heads of keys and values of size D, `bytes_each` for a number (2 in bf16). Model width C = H D; with
    grouped queries G is smaller than H, and so is the cache. Source: Pope et al. 2022, §3.3.

    Formula `kv-cache-size`: 2 B T L G D b bytes

    >>> kv_cache_bytes(B=1, T=4096, L=32, G=32, D=128) / 2**30  # Llama 2 7B with its context full: 2 GiB
    2.0
    """
    keys = B * T * L * G * D * bytes_each
    return 2 * keys


def recomputed_multiplications(T: int, C: int) -> int:
    """What writing T tokens costs one layer's attention if each step computes everything anew: grows with T³.

    A step at length t multiplies 4 t C² times in the four projections and 2 t² C times in scores and means.

    Formula `decoding-cost-recomputed`: Σ_{t=1}^T (4 t C² + 2 t² C) = 2 T(T+1) C² + T(T+1)(2T+1) C / 3

    >>> recomputed_multiplications(T=1000, C=512)
    866657792000
    """
    projections = 2 * T * (T + 1) * C**2
    attention = T * (T + 1) * (2 * T + 1) * C // 3
    return projections + attention


def cached_multiplications(T: int, C: int) -> int:
    """The same with a cache: a step projects one token and asks t keys once, which grows with T².

    Formula `decoding-cost-cached`: Σ_{t=1}^T (4 C² + 2 t C) = 4 T C² + T(T+1) C

    >>> recomputed_multiplications(1000, 512) / cached_multiplications(1000, 512)
    555.1626762873074
    """
    projections = 4 * T * C**2
    attention = T * (T + 1) * C
    return projections + attention
