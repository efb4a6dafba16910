"""The GPT network beyond what every family does: its start, its cache, its block, what it computes logits for."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from harness import built

from jinjie.models import gpt

KINDS: list[dict[str, Any]] = [
    {},
    {"positions": "rotary"},
    {"kv_heads": 2},
    {"positions": "rotary", "kv_heads": 1, "norm": "rmsnorm", "gated": True, "bias": False, "tied": False},
]


def config(**settings: Any) -> gpt.Config:
    return gpt.Config(vocabulary=31, block=16, layers=2, width=32, heads=4).model_copy(update=settings)


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_reading_in_pieces_gives_the_logits_of_reading_at_once(settings: dict[str, Any]) -> None:
    """Other shapes sum in another order: 1e-5 of logits of size 1 in fp32."""
    model = built(config(**settings)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    x = torch.randint(31, (3, 16), generator=torch.Generator().manual_seed(0))
    cache = model.cache(3)
    with torch.no_grad():
        at_once = model(x)
        pieces = [model(piece, cache) for piece in x.split([5, 1, 1, 6, 3], 1)]
        last = model(x, logits_for="last")
    torch.testing.assert_close(torch.cat(pieces, 1), at_once, rtol=0, atol=1e-5)
    assert last.shape == (3, 1, 31)
    torch.testing.assert_close(last[:, 0], at_once[:, -1], rtol=0, atol=1e-5)


def test_more_than_the_block_is_refused() -> None:
    model = built(config()).eval()
    cache = model.cache()
    with torch.no_grad():
        model(torch.zeros(1, 15, dtype=torch.int64), cache)
        with pytest.raises(ValueError, match="15 \\+ 2 tokens"):
            model(torch.zeros(1, 2, dtype=torch.int64), cache)


def test_it_starts_as_gpt2_does() -> None:
    """A sample deviation of n draws is off by 1/√(2n): 5 of these for the smallest matrix, 4,096 draws, is 6 %."""
    found = gpt.Config(vocabulary=300, block=64, layers=8, width=64, heads=4).build().state_dict()
    for name, tensor in found.items():
        if name.endswith(("out.weight", "down.weight")):
            assert float(tensor.std()) == pytest.approx(0.02 / math.sqrt(16), rel=0.06), name
        elif "norm" in name and name.endswith("weight"):
            assert torch.all(tensor == 1), name
        elif name.endswith("weight"):
            assert float(tensor.std()) == pytest.approx(0.02, rel=0.06), name
        else:
            assert torch.all(tensor == 0), name


def test_its_first_loss_is_that_of_guessing() -> None:
    """Small first weights make all tokens about equally likely: ln 31 = 3.43, within 0.05. (A tied head
    finds the token just read a little likelier from the start, so this one is not.)"""
    x = torch.randint(31, (4, 16), generator=torch.Generator().manual_seed(0))
    loss = torch.nn.functional.cross_entropy(built(config(tied=False))(x).flatten(0, 1), x.flatten())
    assert float(loss.detach()) == pytest.approx(math.log(31), abs=0.05)


def test_a_tied_head_is_one_tensor() -> None:
    tied, untied = built(config()), built(config(tied=False))
    assert [n for n in untied.state_dict() if n not in tied.state_dict()] == ["head.weight"]
    x = torch.zeros(1, 1, dtype=torch.int64)
    before = tied(x)
    with torch.no_grad():
        tied.embed.weight[5] += 1  # token 5 is not read here, so only its own logit can change
    assert (before != tied(x)).nonzero()[:, 2].tolist() == [5]
