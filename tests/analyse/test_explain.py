"""What is said of one position is what the model computes there."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from jinjie.analyse.explain import attention_map, explain
from jinjie.base.errors import InvalidInput
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.sampling import Sampling
from jinjie.models import gpt
from jinjie.models.folder import open_model

PROCESSOR = TokenProcessor(character_tokenizer(vocabulary_of("abcdefgh\n ")))
IDS = PROCESSOR.ids("a bad cab\nfed")


def model(**settings: Any) -> nn.Module:
    """Random, with weights large enough that heads look sharply here and there."""
    torch.manual_seed(0)
    shape = {"vocabulary": PROCESSOR.vocabulary, "block": 16, "layers": 2, "width": 32, "heads": 4}
    network = gpt.Config(**(shape | settings)).build().eval()
    for parameter in network.parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.4)
    return network


@pytest.mark.parametrize("position", [-1, 0, 5, -3])
def test_the_distribution_is_that_of_the_position(position: int) -> None:
    network = model()
    sampling = Sampling(temperature=0.5, top_k=4, repetition_penalty=1.5)
    told = explain(network, PROCESSOR, IDS, sampling, position=position, count=3)
    place = position % len(IDS)
    with torch.no_grad():
        logits = network(torch.tensor([IDS]))[0, place]
    before = logits.softmax(-1)
    seen = torch.tensor(sorted(set(IDS[: place + 1])))
    score = logits[seen]
    logits[seen] = torch.where(score < 0, score * 1.5, score / 1.5)
    values, ids = logits.topk(4)
    after = torch.zeros_like(before).scatter(0, ids, (values / 0.5).softmax(-1))
    assert told.position == place
    assert told.left == 4
    assert len(told.likeliest) == 3
    for one in told.likeliest:
        assert one.before == pytest.approx(float(before[one.id]), abs=1e-6)
        assert one.after == pytest.approx(float(after[one.id]), abs=1e-6)
        assert one.rank == int((before > before[one.id]).sum()) + 1
    assert told.likeliest[0].id == int(after.argmax())
    expected = -sum(p * math.log2(p) for p in before.tolist() if p > 0)
    assert told.bits_before == pytest.approx(expected, abs=1e-4)
    if place + 1 < len(IDS):
        assert told.follows is not None and told.follows.id == IDS[place + 1]
    else:
        assert told.follows is None


def test_every_head_s_weights_add_up_to_one_and_see_nothing_ahead() -> None:
    told = explain(model(), PROCESSOR, IDS, Sampling(), position=4)
    assert [(look.layer, look.head) for look in told.looks] == [(i, j) for i in range(2) for j in range(4)]
    for look in told.looks:
        assert len(look.weights) == len(IDS)
        assert sum(look.weights) == pytest.approx(1, abs=1e-5)
        assert look.weights[5:] == [0] * (len(IDS) - 5)
        assert 1 - 1e-6 <= look.spread <= 5 + 1e-6
        assert look.weights[look.place] == max(look.weights)
    assert sum(told.mean()) == pytest.approx(1, abs=1e-5)


def test_one_layer_and_one_head() -> None:
    network = model()
    whole = explain(network, PROCESSOR, IDS, Sampling())
    (one,) = explain(network, PROCESSOR, IDS, Sampling(), layer=1, head=2).looks
    assert one == whole.looks[1 * 4 + 2]
    assert [look.layer for look in explain(network, PROCESSOR, IDS, Sampling(), layer=0).looks] == [0] * 4
    picture = attention_map(network, IDS, 1, 2)
    assert picture[-1] == pytest.approx(one.weights, abs=1e-6)
    mean = torch.tensor(attention_map(network, IDS))
    assert mean[-1].tolist() == pytest.approx(whole.mean(), abs=1e-6)
    torch.testing.assert_close(mean.sum(-1), torch.ones(len(IDS)), atol=1e-5, rtol=0)


def test_of_a_long_text_the_last_block_is_in_view() -> None:
    network, ids = model(), IDS * 3
    told = explain(network, PROCESSOR, ids, Sampling())
    assert told.first == len(ids) - 16
    assert len(told.looks[0].weights) == 16
    with torch.no_grad():
        expected = network(torch.tensor([ids[-16:]]))[0, -1].softmax(-1)
    assert told.likeliest[0].before == pytest.approx(float(expected.max()), abs=1e-6)
    with pytest.raises(InvalidInput, match=f"from {told.first} to {len(ids) - 1}"):
        explain(network, PROCESSOR, ids, Sampling(), position=3)


def test_what_there_is_not_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        explain(model(), PROCESSOR, IDS, Sampling(), position=99, layer=2, head=-1)
    assert [problem.where for problem in caught.value.problems] == ["--position", "--layer", "--head"]
    with pytest.raises(InvalidInput, match="empty"):
        explain(model(), PROCESSOR, [], Sampling())


def test_gradients_stay_as_they_were() -> None:
    explain(model(), PROCESSOR, IDS, Sampling(), layer=0)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_weights_are_those_of_transformers(family: str, tmp_path: Path) -> None:
    """`output_attentions` of the same weights, layer by layer and head by head. Softmax values of fp32 logits that are
    1e-5 apart (`tests/parity/drawn.py`) are as near."""
    transformers = pytest.importorskip("transformers")
    shape: dict[str, Any] = {"vocab_size": PROCESSOR.vocabulary}
    if family == "gpt2":
        shape |= {"n_positions": 20, "n_embd": 24, "n_layer": 3, "n_head": 4}
        config = transformers.GPT2Config(**shape, attn_implementation="eager")
        made = transformers.GPT2LMHeadModel(config)
    else:
        shape |= {"max_position_embeddings": 20, "hidden_size": 24, "intermediate_size": 30}
        shape |= {"num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2}
        config = transformers.LlamaConfig(**shape, attn_implementation="eager")
        made = transformers.LlamaForCausalLM(config)
    torch.manual_seed(1)
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.3)
    theirs = made.eval()
    theirs.save_pretrained(tmp_path)
    _, ours = open_model(tmp_path)
    with torch.no_grad():
        expected = theirs(torch.tensor([IDS]), output_attentions=True).attentions
    for position in (-1, 6, 0):
        for look in explain(ours, PROCESSOR, IDS, Sampling(), position=position).looks:
            wanted = expected[look.layer][0, look.head, position].tolist()
            assert look.weights == pytest.approx(wanted, abs=1e-5)
