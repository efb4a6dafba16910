"""The packaged GPT in NumPy is the packaged GPT in PyTorch, and its heads do what the lesson on attention says."""

import numpy as np
import pytest

from jinjie.scratch.networks.activations import log_softmax
from jinjie.scratch.transformers import poem_gpt as poems
from jinjie.scratch.transformers.attention import causal_mask, scaled_dot_product_attention

PARALLEL = [
    "白日依山尽，黄河入海流。",
    "明月松间照，清泉石上流。",
    "江碧鸟逾白，山青花欲燃。",
    "野旷天低树，江清月近人。",
]
"""Couplets whose second line answers the first character by character."""


def second_line_loss(model, couplet):
    tokens = poems.tokens_of("\n" + couplet)
    comma = couplet.index("，") + 1
    log_p = log_softmax(poems.poem_logits(model, tokens))
    places = range(comma, len(tokens) - 2)
    return -np.mean([log_p[t, tokens[t + 1]] for t in places])


def test_the_logits_are_those_of_the_engines_model():
    # The engine computes in single precision: 1e-3 on logits of some 20 is its rounding through six layers.
    import torch

    from jinjie.models.folder import open_model

    _, model = open_model(poems.FOLDER)
    tokens = poems.tokens_of("\n两个黄鹂鸣翠柳，一行白鹭上青天。\n")
    with torch.no_grad():
        expected = model(torch.tensor(tokens)[None])[0].numpy()
    np.testing.assert_allclose(poems.poem_logits(poems.poem_gpt(), tokens), expected, atol=1e-3)


def test_queries_and_keys_give_the_engines_attention():
    import torch

    from jinjie.models.folder import open_model

    _, network = open_model(poems.FOLDER)
    tokens = poems.tokens_of("\n明月松间照，清泉石上流。")
    with torch.no_grad():
        expected = [A[0].numpy() for A in network.weights(torch.tensor(tokens)[None])]
    for layer, weights in enumerate(expected):
        Q, K, V = poems.queries_keys_values(poems.poem_gpt(), tokens, layer)
        _, A = scaled_dot_product_attention(Q, K, V, causal_mask(len(tokens)))
        np.testing.assert_allclose(A, weights, atol=1e-4)


@pytest.mark.parametrize("couplet", PARALLEL)
def test_without_the_head_that_looks_at_the_line_above_parallel_lines_are_harder_to_foresee(couplet):
    """Head 0 of the last layer costs 0.3 nats and more a character when it is missing, any other head 0.2 at most."""
    model = poems.poem_gpt()
    whole = second_line_loss(model, couplet)
    lost = [second_line_loss(poems.without_head(model, 5, head), couplet) - whole for head in range(6)]
    assert lost[0] > 0.3
    assert max(lost[1:]) < 0.2


def test_striking_a_head_leaves_the_model_it_came_from_alone():
    model = poems.poem_gpt()
    before = model.layers[2].attention.W_o.copy()
    broken = poems.without_head(model, layer=2, head=1)
    np.testing.assert_array_equal(model.layers[2].attention.W_o, before)
    kept = np.ones(192, dtype=bool)
    kept[32:64] = False
    assert not broken.layers[2].attention.W_o[~kept].any()
    np.testing.assert_array_equal(broken.layers[2].attention.W_o[kept], before[kept])
    assert broken.layers[3] is model.layers[3]


def test_characters_the_model_has_never_seen_are_named():
    with pytest.raises(ValueError, match="got '%Q'"):
        poems.tokens_of("月Q%")
    with pytest.raises(ValueError, match="got 'none'"):
        poems.tokens_of("")


def test_only_half_precision_is_read(tmp_path):
    head = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    file = tmp_path / "m.safetensors"
    file.write_bytes(len(head).to_bytes(8, "little") + head + bytes(4))
    with pytest.raises(ValueError, match="F16"):
        poems.read_tensors(file)
