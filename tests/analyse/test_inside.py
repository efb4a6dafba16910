"""What is told of a model's inside adds up to what the model computes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from jinjie.analyse.explain import attention_map
from jinjie.analyse.inside import follow, size, surprises, without_mask
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.models import gpt

PROCESSOR = TokenProcessor(character_tokenizer(vocabulary_of("abcdefgh\n ")))
IDS = PROCESSOR.ids("a bad cab\nfed")
SHAPES: list[dict[str, Any]] = [
    {},
    {"positions": "rotary", "norm": "rmsnorm", "tied": False, "gated": True, "kv_heads": 2, "bias": False},
]


def model(**settings: Any) -> nn.Module:
    torch.manual_seed(0)
    shape = {"vocabulary": PROCESSOR.vocabulary, "block": 16, "layers": 3, "width": 32, "heads": 4}
    network = gpt.Config(**(shape | settings)).build().eval()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    return network


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("position", [0, 5, 12])
def test_what_each_part_pushes_adds_up_to_the_score(shape: dict[str, Any], position: int) -> None:
    network = model(**shape)
    told = follow(network, PROCESSOR, IDS, position)
    with torch.no_grad():
        logits = network(torch.tensor([IDS]))[0, position]
    assert told.target.id == int(logits.argmax())
    assert told.score == pytest.approx(float(logits.max()), abs=1e-5)
    assert told.mean_score == pytest.approx(float(logits.mean()), abs=1e-5)
    pushes = told.embedding_push + told.placed_push + told.constant_push
    pushes += sum(layer.attention_push + layer.feedforward_push for layer in told.layers)
    assert pushes == pytest.approx(told.score - told.mean_score, abs=1e-4)
    assert (told.placed is None) == ("positions" in shape)
    assert len(told.layers) == 3 and told.width == 32


def test_the_sizes_are_those_of_the_stream_and_the_last_reading_is_the_models_own() -> None:
    network: Any = model()
    told = follow(network, PROCESSOR, IDS, 4)
    with torch.no_grad():
        stream = network.embed.weight[IDS[4]] + network.positions.weight[4]
        probabilities = network(torch.tensor([IDS]))[0, 4].softmax(-1)
    assert told.start == pytest.approx(size(stream), rel=1e-5)
    assert told.embedding == pytest.approx(size(network.embed.weight[IDS[4]].detach()), rel=1e-5)
    heard: list[torch.Tensor] = []
    hook = network.blocks[1].register_forward_hook(lambda _m, _i, out: heard.append(out[0, 4]))
    with torch.no_grad():
        network(torch.tensor([IDS]))
    hook.remove()
    assert told.layers[1].stream == pytest.approx(size(heard[0]), rel=1e-5)
    for one in told.layers[-1].read:
        assert one.before == pytest.approx(float(probabilities[one.id]), abs=1e-6)
    assert [one.id for one in told.likeliest] == probabilities.topk(10).indices.tolist()


def test_nothing_listens_to_the_model_afterwards() -> None:
    network = model()
    follow(network, PROCESSOR, IDS, 4)
    with pytest.raises(IndexError):
        follow(network, PROCESSOR, IDS, 99)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


def test_without_its_mask_a_model_looks_ahead_and_with_it_it_does_not() -> None:
    network = model()
    open_ = without_mask(network)
    for masked, weights in ((True, attention_map(network, IDS)), (False, attention_map(open_, IDS))):
        ahead = torch.tensor(weights).triu(1)
        assert bool((ahead > 0).any()) != masked
    assert network.config.causal and not open_.config.causal  # type: ignore[union-attr]
    assert next(open_.parameters()) is next(network.parameters()), "no weight is copied"
    expected = model(causal=False)(torch.tensor([IDS]))
    assert torch.equal(open_(torch.tensor([IDS])), expected)


def test_the_loss_of_each_token_is_what_the_place_before_it_gave() -> None:
    network = model()
    with torch.no_grad():
        likely = network(torch.tensor([IDS]))[0].log_softmax(-1)
    expected = [-float(likely[i, IDS[i + 1]]) for i in range(len(IDS) - 1)]
    assert surprises(network, IDS) == pytest.approx(expected, abs=1e-5)
