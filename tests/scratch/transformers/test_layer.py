import numpy as np
import pytest
import torch

from jinjie.scratch.networks.activations import gelu, relu
from jinjie.scratch.networks.normalization import layer_norm
from jinjie.scratch.transformers.attention import causal_mask, padding_mask
from jinjie.scratch.transformers.layer import (
    DecoderLayer,
    FeedForward,
    Layer,
    Norm,
    decoder_layer,
    decoder_layer_parameters,
    draw_layer,
    feed_forward,
    layer_parameters,
    post_norm_layer,
    pre_norm_layer,
)
from jinjie.scratch.transformers.multi_head import Attention, multi_head_attention

C, F, H = 6, 10, 2


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def numbers(tensor):
    return tensor.detach().numpy()


def attention_of(module):
    W, b = numbers(module.in_proj_weight), numbers(module.in_proj_bias)
    W_q, W_k, W_v = (part.T for part in np.split(W, 3))
    return Attention(
        W_q, W_k, W_v, numbers(module.out_proj.weight).T, *np.split(b, 3), numbers(module.out_proj.bias)
    )


def norm_of(module):
    return Norm(numbers(module.weight), numbers(module.bias))


def thinking_of(module):
    one, two = module.linear1, module.linear2
    return FeedForward(numbers(one.weight).T, numbers(one.bias), numbers(two.weight).T, numbers(two.bias))


def layer_of(module):
    """Our weights from PyTorch's encoder layer: theirs are (out, in)."""
    return Layer(
        attention_of(module.self_attn), norm_of(module.norm1), thinking_of(module), norm_of(module.norm2)
    )


def unsettled(module, seed=0):
    """Every parameter random: PyTorch starts biases at 0 and gains at 1, where mistakes hide."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)
    return module.eval()


def encoder(norm_first, activation, eps=1e-5):
    return unsettled(
        torch.nn.TransformerEncoderLayer(
            C, H, F, 0.0, activation, eps, batch_first=True, norm_first=norm_first, dtype=torch.float64
        )
    )


# Against PyTorch -------------------------------------------------------------------------------------------


def test_the_feed_forward_half_is_pytorchs_two_linear_layers():
    one, two = (torch.nn.Linear(i, o, dtype=torch.float64) for i, o in ((C, F), (F, C)))
    x = draw(2, 3, C)
    w = [numbers(one.weight).T, numbers(one.bias), numbers(two.weight).T, numbers(two.bias)]
    same(feed_forward(x, *w), numbers(two(torch.relu(one(torch.tensor(x))))))
    same(feed_forward(x, *w, gelu), numbers(two(torch.nn.functional.gelu(one(torch.tensor(x))))))


@pytest.mark.parametrize("causal", [False, True])
def test_the_post_norm_layer_is_pytorchs(causal):
    module, x = encoder(norm_first=False, activation="relu"), draw(2, 4, C)
    mask = causal_mask(4) & padding_mask(np.array([3, 4]), 4) if causal else None
    hidden = None if mask is None else torch.tensor(~mask).repeat_interleave(H, dim=0)
    same(post_norm_layer(x, layer_of(module), H, mask), numbers(module(torch.tensor(x), src_mask=hidden)))


@pytest.mark.parametrize("causal", [False, True])
def test_the_pre_norm_layer_is_pytorchs(causal):
    module, x = encoder(norm_first=True, activation="gelu"), draw(2, 4, C)
    mask = causal_mask(4) if causal else None
    hidden = None if mask is None else torch.tensor(~mask)
    same(pre_norm_layer(x, layer_of(module), H, mask), numbers(module(torch.tensor(x), src_mask=hidden)))


def test_other_activations_and_other_eps_reach_all_their_places():
    x = 0.05 * draw(2, 4, C)
    module = encoder(norm_first=False, activation="gelu", eps=1e-2)
    same(post_norm_layer(x, layer_of(module), H, f=gelu, eps=1e-2), numbers(module(torch.tensor(x))))
    module = encoder(norm_first=True, activation="relu", eps=1e-2)
    same(pre_norm_layer(x, layer_of(module), H, f=relu, eps=1e-2), numbers(module(torch.tensor(x))))


def decoder(eps=1e-5, activation="relu"):
    module = unsettled(
        torch.nn.TransformerDecoderLayer(C, H, F, 0.0, activation, eps, batch_first=True, dtype=torch.float64)
    )
    layer = DecoderLayer(
        attention_of(module.self_attn),
        norm_of(module.norm1),
        attention_of(module.multihead_attn),
        norm_of(module.norm2),
        thinking_of(module),
        norm_of(module.norm3),
    )
    return module, layer


def test_the_decoder_layer_is_pytorchs():
    module, layer = decoder()
    x, memory = draw(2, 4, C), draw(2, 5, C, seed=1)
    tx, tm = torch.tensor(x), torch.tensor(memory)
    same(decoder_layer(x, memory, layer, H), numbers(module(tx, tm)))
    source = padding_mask(np.array([2, 5]), 5)
    theirs = module(
        tx, tm, tgt_mask=torch.tensor(~causal_mask(4)), memory_key_padding_mask=torch.tensor(~source[:, 0])
    )
    same(decoder_layer(x, memory, layer, H, causal_mask(4), source), numbers(theirs))
    module, layer = decoder(eps=1e-2, activation="gelu")
    same(decoder_layer(0.05 * x, memory, layer, H, f=gelu, eps=1e-2), numbers(module(0.05 * tx, tm)))


def test_without_the_bend_between_them_two_matrices_are_one():
    """W₁ and W₂ with nothing between are the single matrix W₁ W₂: a hidden layer four times as wide adds nothing."""
    x, W_1, b_1, W_2, b_2 = draw(5, 3), draw(3, 12), draw(12), draw(12, 3, seed=1), draw(3, seed=1)
    one_matrix = x @ (W_1 @ W_2) + (b_1 @ W_2 + b_2)
    same((x @ W_1 + b_1) @ W_2 + b_2, one_matrix)
    assert np.abs(feed_forward(x, W_1, b_1, W_2, b_2) - one_matrix).max() > 1


# What the two kinds of norm do -----------------------------------------------------------------------------


def test_the_pre_norm_stream_is_a_sum_and_the_post_norm_stream_is_not():
    """With a layer that adds nothing, pre-norm passes x on as it is; post-norm normalises it, and again."""
    x, layer = draw(3, C), draw_layer(C, F, np.random.default_rng(0), std=0.0)
    assert np.array_equal(pre_norm_layer(x, layer, H), x)
    once = layer_norm(x, *layer.norm_1)
    same(post_norm_layer(x, layer, H), layer_norm(once, *layer.norm_2))


def test_a_fresh_layer_is_drawn_as_bert_and_gpt2_draw_it():
    """64 · 64 draws: the standard deviation is met to 1/√(2 · 4096) = 1.1 %; 5 % is four and a half of those."""
    layer = draw_layer(64, 96, np.random.default_rng(0))
    assert [w.shape for w in layer.attention] == [(64, 64)] * 4 + [(64,)] * 4
    assert [w.shape for w in layer.feed_forward] == [(64, 96), (96,), (96, 64), (64,)]
    matrices = [*layer.attention[:4], layer.feed_forward.W_1, layer.feed_forward.W_2]
    for W in matrices:
        assert W.std() == pytest.approx(0.02, rel=0.05) and abs(W.mean()) < 0.002
    assert not np.array_equal(matrices[0], matrices[1])
    for b in (*layer.attention[4:], layer.feed_forward.b_1, layer.feed_forward.b_2):
        assert np.all(b == 0)
    for norm in (layer.norm_1, layer.norm_2):
        assert np.all(norm.gamma == 1) and np.all(norm.beta == 0) and norm.gamma.shape == (64,)
    other = draw_layer(64, 96, np.random.default_rng(0), std=0.5)
    same(other.feed_forward.W_2, 25 * layer.feed_forward.W_2)


# How many numbers ------------------------------------------------------------------------------------------


def count(*trees):
    return sum(leaf.size if isinstance(leaf, np.ndarray) else count(*leaf) for leaf in trees)


@pytest.mark.parametrize(("C", "F"), [(4, 6), (6, 24), (512, 2048)])
def test_parameters_are_counted_as_pytorch_has_them(C, F):
    encoder = torch.nn.TransformerEncoderLayer(C, 2, F, device="meta")
    assert layer_parameters(C, F) == sum(p.numel() for p in encoder.parameters())
    decoder = torch.nn.TransformerDecoderLayer(C, 2, F, device="meta")
    assert decoder_layer_parameters(C, F) == sum(p.numel() for p in decoder.parameters())
    assert layer_parameters(C, 4 * C) == 12 * C**2 + 13 * C
    if C < 512:
        assert count(draw_layer(C, F, np.random.default_rng(0))) == layer_parameters(C, F)


# Common mistake: LayerNorm(x + MultiHead(x)) as "the Transformer layer" ------------------------------------


def printed_layer(x, attention, norm, H):
    return layer_norm(x + multi_head_attention(x, x, *attention, H), *norm)


def test_the_printed_layer_has_a_third_of_a_real_layers_weights():
    """At C = 512: 1,051,648 of PyTorch's 3,152,384."""
    real = torch.nn.TransformerEncoderLayer(512, 8, 2048, device="meta")
    printed = [*real.self_attn.parameters(), *real.norm1.parameters()]
    assert sum(p.numel() for p in real.parameters()) == layer_parameters(512, 2048) == 3_152_384
    assert sum(p.numel() for p in printed) == 4 * (512**2 + 512) + 2 * 512 == 1_051_648


def turns(scores):
    """How often the sign changes along the last axis."""
    return np.sum(np.diff(np.sign(scores), axis=-1) != 0, axis=-1)


def test_without_the_feed_forward_half_a_place_cannot_tell_odd_from_even():
    """At one place softmax is over one key, so the printed layer is LayerNorm(A x + b). Along a line x = p + n q a
    linear reading of it has the sign of (straight line in n) + c · (standard deviation, convex in n): convex or
    concave, so its sign changes twice at most. Odd and even of 0, 1, 2, 3 need three changes. 2,000 random layers
    keep to it; of the whole layers with the same attention 35 do not, though nobody trained them to.
    """
    rng = np.random.default_rng(0)
    n = np.linspace(-3, 3, 121)
    most, whole_layers_beyond = 0, 0
    for _ in range(2000):
        layer = draw_layer(C, 4 * C, rng, std=1.0)
        p, q, reading, shift = rng.normal(size=C), rng.normal(size=C), rng.normal(size=C), rng.normal()
        line = (p + n[:, None] * q)[:, None, :]  # every n is a sequence of one place
        most = max(
            most, turns((printed_layer(line, layer.attention, layer.norm_1, H) @ reading + shift)[:, 0])
        )
        whole_layers_beyond += turns((post_norm_layer(line, layer, H) @ reading + shift)[:, 0]) > 2
    assert most == 2 and whole_layers_beyond > 20


def trained_on_odd_and_even(whole, seed):
    """Loss and number right of 0, 1, 2, 3, after 400 steps of Adam on all four; the trained layer and its reading."""
    torch.manual_seed(seed)
    module = torch.nn.TransformerEncoderLayer(8, 2, 32, dropout=0.0, batch_first=True, dtype=torch.float64)
    reading = torch.nn.Linear(8, 1, dtype=torch.float64)
    n = torch.arange(4, dtype=torch.float64)
    p, q = torch.randn(2, 1, 8, dtype=torch.float64)
    x, odd = (p + (n[:, None] - 1.5) * q)[:, None, :], n % 2
    optimizer = torch.optim.Adam([*module.parameters(), *reading.parameters()], lr=0.01)
    for _ in range(400):
        hidden = module(x) if whole else module.norm1(x + module.self_attn(x, x, x)[0])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(reading(hidden)[:, 0, 0], odd)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    layer = layer_of(module)
    x = x.numpy()
    hidden = post_norm_layer(x, layer, 2) if whole else printed_layer(x, layer.attention, layer.norm_1, 2)
    z = hidden @ numbers(reading.weight).T + numbers(reading.bias)
    return loss.item(), int(np.sum((z[:, 0, 0] > 0) == (odd.numpy() > 0)))


def test_trained_on_odd_and_even_the_whole_layer_learns_and_the_printed_one_does_not():
    """Three seeds each: losses below 0.001 and 4 of 4 right, against losses above 0.3 and 3 of 4 at the best."""
    for seed in range(3):
        loss, right = trained_on_odd_and_even(whole=True, seed=seed)
        assert loss < 0.001 and right == 4
        loss, right = trained_on_odd_and_even(whole=False, seed=seed)
        assert loss > 0.3 and right <= 3


def test_without_the_causal_mask_a_layer_is_no_gpt_layer():
    """Change the last place: with the mask nothing before it moves, without it every place does."""
    layer, x = draw_layer(C, F, np.random.default_rng(0), std=0.5), draw(2, 5, C)
    later = x.copy()
    later[:, -1] += 3 * draw(C, seed=9)
    masked = pre_norm_layer(later, layer, H, causal_mask(5)) - pre_norm_layer(x, layer, H, causal_mask(5))
    bare = pre_norm_layer(later, layer, H) - pre_norm_layer(x, layer, H)
    assert np.all(masked[:, :-1] == 0) and np.all(np.abs(bare).max(axis=-1) > 1e-3)
