import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForPreTraining

from jinjie.scratch.networks.activations import gelu_tanh, log_softmax
from jinjie.scratch.transformers.attention import padding_mask
from jinjie.scratch.transformers.bert import (
    BERT,
    bert_embedding,
    bert_encoder,
    bert_loss,
    masked_language_model_logits,
    masked_language_model_loss,
    masked_language_model_loss_gradient,
    next_sentence_logits,
)
from jinjie.scratch.transformers.layer import FeedForward, Layer
from jinjie.scratch.transformers.multi_head import Attention
from scratch.gradients import check_gradient
from scratch.transformers.test_layer import norm_of, numbers


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def weight_and_bias(module):
    return numbers(module.weight).T, numbers(module.bias)


def bert(activation="gelu", eps=1e-12):
    """A small BERT of `transformers` with random weights everywhere, and ours with the same ones."""
    config = BertConfig(
        vocab_size=13,
        hidden_size=6,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=10,
        max_position_embeddings=8,
        hidden_act=activation,
        layer_norm_eps=eps,
        attn_implementation="eager",
    )
    torch.manual_seed(0)
    theirs = BertForPreTraining(config).double().eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.normal_(0, 0.5)
    layers = []
    for block in theirs.bert.encoder.layer:
        own, out = block.attention.self, block.attention.output
        parts = [weight_and_bias(module) for module in (own.query, own.key, own.value, out.dense)]
        layers.append(
            Layer(
                Attention(*(W for W, _ in parts), *(b for _, b in parts)),
                norm_of(out.LayerNorm),
                FeedForward(*weight_and_bias(block.intermediate.dense), *weight_and_bias(block.output.dense)),
                norm_of(block.output.LayerNorm),
            )
        )
    tables = theirs.bert.embeddings
    model = BERT(
        numbers(tables.word_embeddings.weight),
        numbers(tables.token_type_embeddings.weight),
        numbers(tables.position_embeddings.weight),
        norm_of(tables.LayerNorm),
        tuple(layers),
        H=3,
    )
    return theirs, model


TOKENS = np.array([[1, 5, 6, 7, 2, 8, 2], [1, 9, 2, 12, 2, 0, 0]])
SEGMENTS = np.array([[0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0, 0]])
LENGTHS = np.array([7, 5])


def ours_through_the_heads(theirs, model, **settings):
    h = bert_encoder(model, TOKENS, SEGMENTS, padding_mask(LENGTHS, 7), **settings)
    head = theirs.cls.predictions
    transform = weight_and_bias(head.transform.dense)
    z = masked_language_model_logits(
        h,
        *transform,
        norm_of(head.transform.LayerNorm),
        model.E_token,
        numbers(head.decoder.bias),
        **settings,
    )
    pool = weight_and_bias(theirs.bert.pooler.dense)
    s = next_sentence_logits(h, *pool, *weight_and_bias(theirs.cls.seq_relationship))
    return h, z, s


@pytest.mark.parametrize(
    ("activation", "settings"), [("gelu", {}), ("gelu_new", {"f": gelu_tanh}), ("gelu", {"eps": 0.1})]
)
def test_encoder_both_heads_and_the_loss_are_those_of_bert_in_transformers(activation, settings):
    theirs, model = bert(activation, settings.get("eps", 1e-12))
    chosen = np.array([[0, 1, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0]], dtype=bool)
    y = np.array([0, 1])
    found = theirs(
        input_ids=torch.tensor(TOKENS),
        token_type_ids=torch.tensor(SEGMENTS),
        attention_mask=torch.tensor(np.arange(7) < LENGTHS[:, None]).long(),
        labels=torch.tensor(np.where(chosen, TOKENS, -100)),
        next_sentence_label=torch.tensor(y),
        output_hidden_states=True,
    )
    h, z, s = ours_through_the_heads(theirs, model, **settings)
    same(h, numbers(found.hidden_states[-1]))
    same(z, numbers(found.prediction_logits))
    same(s, numbers(found.seq_relationship_logits))
    assert bert_loss(z, TOKENS, chosen, s, y) == pytest.approx(found.loss.item(), rel=1e-9)
    if not settings:
        for other in ({"f": gelu_tanh}, {"eps": 0.1}):
            h_other, z_other, _ = ours_through_the_heads(theirs, model, **other)
            assert np.abs(h_other - h).max() > 1e-6 and np.abs(z_other - z).max() > 1e-6


def test_bert_looks_both_ways():
    """A change of the last token moves every place: what GPT must not do, BERT lives on."""
    _, model = bert()
    changed = TOKENS.copy()
    changed[:, -1] = 11
    moved = np.abs(bert_encoder(model, TOKENS, SEGMENTS) - bert_encoder(model, changed, SEGMENTS)).max(
        axis=-1
    )
    assert np.all(moved > 1e-6)


def test_the_default_eps_is_that_of_the_paper_s_program():
    """With inputs of 1e-5 an ε twice as large moves the result by percents."""
    _, model = bert()
    tiny = model._replace(
        E_token=1e-5 * model.E_token,
        E_segment=0 * model.E_segment,
        E_position=0 * model.E_position,
        layers=(),
    )
    same(bert_encoder(tiny, TOKENS, SEGMENTS), bert_encoder(tiny, TOKENS, SEGMENTS, eps=1e-12))
    norm = model.norm._replace(gamma=np.ones(6), beta=np.zeros(6))
    head = (1e-5 * draw(4, 6), np.eye(6), np.zeros(6), norm, np.eye(6), np.zeros(6))
    same(masked_language_model_logits(*head), masked_language_model_logits(*head, eps=1e-12))


def test_the_three_tables_are_added():
    E_token, E_segment, E_position = draw(13, 4), draw(2, 4, seed=1), draw(8, 4, seed=2)
    e = bert_embedding(TOKENS, SEGMENTS, E_token, E_segment, E_position)
    assert e.shape == (2, 7, 4)
    same(e[0, 5], E_token[8] + E_segment[1] + E_position[5])
    assert bert_embedding(np.zeros(8, int), np.zeros(8, int), E_token, E_segment, E_position).shape == (8, 4)
    with pytest.raises(ValueError, match="at most 8 tokens, one for each position, got 9"):
        bert_embedding(np.zeros(9, int), np.zeros(9, int), E_token, E_segment, E_position)


# The losses ------------------------------------------------------------------------------------------------


def test_the_masked_loss_is_pytorchs_with_the_rest_ignored():
    z, tokens = draw(2, 3, 5, 7), np.random.default_rng(1).integers(0, 7, size=(2, 3, 5))
    chosen = np.random.default_rng(2).random((2, 3, 5)) < 0.4
    tz = torch.tensor(z, requires_grad=True)
    targets = torch.tensor(np.where(chosen, tokens, -100))
    loss = torch.nn.functional.cross_entropy(tz.reshape(-1, 7), targets.reshape(-1), ignore_index=-100)
    loss.backward()
    assert masked_language_model_loss(z, tokens, chosen) == pytest.approx(loss.item(), rel=1e-9)
    dz = masked_language_model_loss_gradient(z, tokens, chosen)
    same(dz, numbers(tz.grad))
    assert np.all(dz[~chosen] == 0)
    check_gradient(lambda z: masked_language_model_loss(z, tokens, chosen), z, dz)


def test_without_a_chosen_token_there_is_no_loss():
    z, tokens, nothing = draw(2, 3, 7), np.zeros((2, 3), int), np.zeros((2, 3), bool)
    with pytest.raises(ValueError, match="one chosen token or more, got none"):
        masked_language_model_loss(z, tokens, nothing)
    one = nothing.copy()
    one[1, 2] = True
    assert masked_language_model_loss(np.zeros((2, 3, 7)), tokens, one) == pytest.approx(np.log(7))


def test_bert_s_loss_is_the_sum_of_both():
    z, s = draw(3, 4, 7), draw(3, 2, seed=1)
    tokens, chosen = np.random.default_rng(1).integers(0, 7, size=(3, 4)), np.eye(3, 4, dtype=bool)
    y = np.array([0, 1, 1])
    masked = torch.nn.functional.cross_entropy(torch.tensor(z[chosen]), torch.tensor(tokens[chosen]))
    pairs = torch.nn.functional.cross_entropy(torch.tensor(s), torch.tensor(y))
    assert bert_loss(z, tokens, chosen, s, y) == pytest.approx((masked + pairs).item(), rel=1e-9)


def test_a_loss_over_all_places_is_learned_by_copying():
    """One who only repeats what is shown: of 20 places 3 are masked. Over all places the loss is 1.5 and falls whenever
    the copying of plain tokens gets surer; over the masked ones it is 10, and copying changes nothing.
    """
    V, tokens = 11, np.random.default_rng(0).integers(1, 11, size=20)
    chosen = np.zeros(20, bool)
    chosen[[3, 8, 15]] = True
    shown = np.where(chosen, 0, tokens)

    def printed(z):
        return -np.mean(log_softmax(z)[np.arange(20), tokens])

    copying, surer = 10.0 * np.eye(V)[shown], 10.0 * np.eye(V)[shown]
    surer[~chosen] *= 2
    assert printed(copying) == pytest.approx(1.5, abs=0.01) and printed(surer) < printed(copying)
    assert masked_language_model_loss(copying, tokens, chosen) == pytest.approx(10, abs=0.01)
    assert masked_language_model_loss(surer, tokens, chosen) == masked_language_model_loss(
        copying, tokens, chosen
    )
