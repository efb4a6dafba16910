"""A text told token by token is the text that is written without telling, and each token's rivals are the model's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from jinjie.analyse.choices import choices
from jinjie.analyse.inside import without_mask
from jinjie.base.errors import InvalidInput
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling, filtered
from jinjie.decoding.text import write_many
from jinjie.models import gpt

PROCESSOR = TokenProcessor(character_tokenizer(vocabulary_of("abcdefgh\n ")), end="aa")
PROMPT = "a bad cab\nfed"


def model(**settings: Any) -> nn.Module:
    torch.manual_seed(0)
    shape = {"vocabulary": PROCESSOR.vocabulary, "block": 16, "layers": 2, "width": 32, "heads": 4}
    network = gpt.Config(**(shape | settings)).build().eval()
    for parameter in network.parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.3)
    return network


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("causal", [True, False])
def test_the_tokens_are_those_that_are_generated_however_long_the_text_grows(seed: int, causal: bool) -> None:
    network = model() if causal else without_mask(model())
    sampling = Sampling(temperature=1.5, top_k=8, repetition_penalty=1.2, max_tokens=40, seed=seed)
    ids = PROCESSOR.ids(PROMPT)
    told = list(choices(network, PROCESSOR, ids, sampling, before=PROMPT))
    expected = list(generate(network, ids, sampling))[: len(told)]
    assert [one.chosen.id for one in told] == expected
    written = write_many(network, PROCESSOR, ids, [sampling], before=PROMPT)
    assert "".join(one.text for one in told) == "".join(piece.text for piece in written)
    assert [one.ended for one in told[:-1]] == [None] * (len(told) - 1)
    whole = PROCESSOR.text([one.chosen.id for one in told])
    assert told[-1].ended == ("stop" if "aa" in whole else "length")
    assert len(told) == 40 or whole.endswith("aa")


def test_rivals_are_told_with_the_share_the_model_gives_and_the_one_that_is_drawn() -> None:
    network, ids = model(), PROCESSOR.ids("bad")
    sampling = Sampling(temperature=0.7, top_k=3, max_tokens=3, seed=1)
    told = list(choices(network, PROCESSOR, ids, sampling, count=5))
    for place, one in enumerate(told):
        view = [*ids, *(before.chosen.id for before in told[:place])]
        with torch.no_grad():
            logits = network(torch.tensor([view]))[:, -1]
        before, after = logits.softmax(-1)[0], filtered(logits, sampling).softmax(-1)[0]
        assert [c.id for c in one.likeliest] == before.topk(5).indices.tolist()
        for c in [*one.likeliest, one.chosen]:
            assert c.before == pytest.approx(float(before[c.id]), abs=1e-6)
            assert c.after == pytest.approx(float(after[c.id]), abs=1e-6)
            assert c.rank == 1 + int((before > before[c.id]).sum())
        assert one.left == 3 and one.chosen.after > 0


def test_a_token_that_ends_the_text_is_told_and_adds_nothing() -> None:
    network, ids = model(), PROCESSOR.ids("bad")
    sampling = Sampling(temperature=0, max_tokens=5)
    first = next(choices(network, PROCESSOR, ids, sampling)).chosen.id
    (told,) = choices(network, PROCESSOR, ids, sampling, ends=[first])
    assert (told.ended, told.text, told.chosen.id) == ("stop", "", first)


def test_nothing_to_read_is_told_before_anything_is_written() -> None:
    with pytest.raises(InvalidInput):
        choices(model(), PROCESSOR, [], Sampling())
