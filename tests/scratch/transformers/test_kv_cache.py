import numpy as np
import pytest

from jinjie.scratch.networks.activations import relu
from jinjie.scratch.transformers.attention import causal_mask
from jinjie.scratch.transformers.gpt import generate, gpt_logits
from jinjie.scratch.transformers.kv_cache import (
    cached_attention,
    cached_layer,
    cached_multiplications,
    decode,
    empty_caches,
    generate_with_cache,
    kv_cache_bytes,
    recomputed_multiplications,
)
from jinjie.scratch.transformers.layer import pre_norm_layer
from jinjie.scratch.transformers.multi_head import multi_head_attention
from scratch.transformers.test_gpt import loud_gpt
from scratch.transformers.test_multi_head import weights


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def with_shared_keys(model, G, seed=5):
    """The same model with G heads of keys and values."""
    C = model.E.shape[1]
    layers = tuple(
        layer._replace(attention=weights(C=C, M=C, G=G, H=model.H, seed=seed + i))
        for i, layer in enumerate(model.layers)
    )
    return model._replace(layers=layers)


# The same as the whole computation -------------------------------------------------------------------------


@pytest.mark.parametrize("G", [3, 1])
@pytest.mark.parametrize("parts", [[1] * 7, [3, 1, 2, 1], [7]])
def test_attention_in_parts_is_causal_attention_of_the_whole(G, parts):
    w, x = weights(G=G), draw(2, 7, 6)
    K = V = np.zeros((2, G, 0, 2))
    outs, start = [], 0
    for n in parts:
        out, K, V = cached_attention(x[:, start : start + n], K, V, *w, H=3)
        outs.append(out)
        start += n
        assert K.shape == V.shape == (2, G, start, 2)
    same(np.concatenate(outs, axis=1), multi_head_attention(x, x, *w, H=3, mask=causal_mask(7)))
    same(K, np.swapaxes((x @ w.W_k + w.b_k).reshape(2, 7, G, 2), 1, 2))
    same(V, np.swapaxes((x @ w.W_v + w.b_v).reshape(2, 7, G, 2), 1, 2))


@pytest.mark.parametrize("settings", [{}, {"f": relu}, {"eps": 0.1}])
def test_a_layer_in_parts_is_the_layer_of_the_whole(settings):
    model, x = loud_gpt(), draw(2, 5, 6)
    layer, cache = model.layers[0], empty_caches(model, batch=(2,))[0]
    first, cache = cached_layer(x[:, :3], cache, layer, 3, **settings)
    second, cache = cached_layer(x[:, 3:], cache, layer, 3, **settings)
    whole = pre_norm_layer(x, layer, 3, causal_mask(5), **settings)
    same(np.concatenate([first, second], axis=1), whole)


@pytest.mark.parametrize("G", [3, 1])
@pytest.mark.parametrize("parts", [[1] * 9, [4, 1, 1, 3]])
def test_decoding_with_a_cache_gives_the_logits_of_the_whole(G, parts):
    model = with_shared_keys(loud_gpt(), G)
    tokens = np.random.default_rng(1).integers(0, 7, size=(2, 9))
    caches, found = empty_caches(model, batch=(2,)), []
    for new in np.split(tokens, np.cumsum(parts)[:-1], axis=1):
        z, caches = decode(model, new, caches)
        found.append(z)
    same(np.concatenate(found, axis=1), gpt_logits(model, tokens))
    assert len(caches) == 2 and caches[1][0].shape == (2, G, 9, 2)
    z, _ = decode(model, tokens, empty_caches(model, batch=(2,)), relu)
    same(z, gpt_logits(model, tokens, f=relu))


def test_writing_with_and_without_a_cache_is_the_same_text():
    model, prompt = loud_gpt(), np.array([3, 1, 4])
    for settings in ({}, {"f": relu}):
        plain = generate(model, prompt, 6, np.random.default_rng(2), **settings)
        cached = generate_with_cache(model, prompt, 6, np.random.default_rng(2), **settings)
        assert np.array_equal(plain, cached) and cached.shape == (9,)
    assert np.array_equal(generate_with_cache(model, prompt, 0, np.random.default_rng(2)), prompt)


def test_a_cache_that_is_full_and_a_token_that_is_none_are_refused():
    model = loud_gpt(T_max=4)
    _, caches = decode(model, np.array([1, 2, 3]), empty_caches(model))
    z, _ = decode(model, np.array([1]), caches)
    assert z.shape == (1, 7)
    with pytest.raises(ValueError, match="at most 4 tokens in all, got 3 and 2 more"):
        decode(model, np.array([1, 2]), caches)
    with pytest.raises(ValueError, match="expected tokens from 0 to 6, got"):
        decode(model, np.array([7]), caches)
    with pytest.raises(ValueError, match="shorter"):
        decode(model, np.array([1]), caches[:1])


# What it costs and what it saves ---------------------------------------------------------------------------


def test_the_bytes_are_those_of_the_arrays():
    model = with_shared_keys(loud_gpt(C=12), G=1)
    tokens = np.zeros((5, 6), int)
    _, caches = decode(model, tokens, empty_caches(model, batch=(5,)))
    held = sum(K.nbytes + V.nbytes for K, V in caches)
    assert held == kv_cache_bytes(B=5, T=6, L=2, G=1, D=4, bytes_each=8) == 2 * 5 * 6 * 2 * 1 * 4 * 8
    assert kv_cache_bytes(1, 6, 2, 3, 4) == 2 * 6 * 2 * 3 * 4 * 2


class Counted(np.ndarray):
    """An array that counts the multiplications of its matrix products."""

    total = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        plain = [np.asarray(x) for x in inputs]
        result = getattr(ufunc, method)(*plain, **settings)
        if ufunc is np.matmul:
            Counted.total += result.size * plain[0].shape[-1]
        return result.view(Counted) if isinstance(result, np.ndarray) else result

    def __array_function__(self, function, types, arguments, settings):
        result = super().__array_function__(function, types, arguments, settings)
        return result.view(Counted) if isinstance(result, np.ndarray) else result


@pytest.mark.parametrize(("T", "C", "H"), [(5, 6, 3), (12, 8, 1)])
def test_the_multiplications_are_those_that_are_done(T, C, H):
    w = [array.view(Counted) for array in weights(C=C, M=C, G=H, H=H)]
    x = draw(T, C).view(Counted)
    Counted.total = 0
    for t in range(1, T + 1):
        multi_head_attention(x[:t], x[:t], *w, H=H, mask=causal_mask(t))
    assert recomputed_multiplications(T, C) == Counted.total
    K = V = np.zeros((H, 0, C // H)).view(Counted)
    Counted.total = 0
    for t in range(T):
        _, K, V = cached_attention(x[t : t + 1], K, V, *w, H=H)
    assert cached_multiplications(T, C) == Counted.total


def test_the_sums_are_what_their_closed_forms_say():
    for T, C in ((1, 3), (7, 4), (100, 64)):
        assert recomputed_multiplications(T, C) == sum(4 * t * C**2 + 2 * t**2 * C for t in range(1, T + 1))
        assert cached_multiplications(T, C) == sum(4 * C**2 + 2 * t * C for t in range(1, T + 1))
