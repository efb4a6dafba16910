"""Rotary positions of a BERT: only how far apart two tokens are counts."""

from __future__ import annotations

import pytest
import torch

from jinjie.base.config import build
from jinjie.base.errors import InvalidInput
from jinjie.models import bert
from jinjie.models.bert.layouts.bert import LAYOUT

SMALL = bert.Config(vocabulary=30, block=16, layers=2, width=16, heads=2, masked=False, dropout=0.0)


@pytest.mark.parametrize(("positions", "same"), [("rotary", True), ("learned", False)])
def test_a_text_further_right_is_the_same_text(positions: str, same: bool) -> None:
    """To 1e-5 in fp32, where learned positions are off by more than 1e-2 of values near 1."""
    torch.manual_seed(0)
    network = SMALL.model_copy(update={"positions": positions}).build().eval()
    for parameter in network.parameters():  # as drawn, matrices are so small that nothing depends on anything
        torch.nn.init.normal_(parameter, std=0.5)
    text = torch.randint(30, (1, 9))
    moved = torch.cat([torch.zeros(1, 5, dtype=torch.long), text], 1)
    documents = torch.tensor([[1] * 5 + [0] * 9])
    with torch.no_grad():
        far = (network.hidden(moved, documents=documents)[:, 5:] - network.hidden(text)).abs().max()
        turned = (network.hidden(text.flip(1)).flip(1) - network.hidden(text)).abs().max()
    assert (far < 1e-5) if same else (far > 1e-2)
    assert turned > 1e-2  # order counts all the same


def test_parameters_are_what_is_built_and_no_published_layout_holds_them() -> None:
    config = SMALL.model_copy(update={"positions": "rotary"})
    assert config.parameters() == sum(p.numel() for p in config.build().parameters())
    assert [(o.field, o.wanted) for o in LAYOUT.obstacles(config)] == [("positions", "learned")]


def test_heads_of_an_odd_size_cannot_turn() -> None:
    with pytest.raises(InvalidInput, match="positions"):
        build(bert.Config, {"width": 15, "heads": 5, "positions": "rotary"})


def test_texts_that_are_longer_than_the_block_are_refused_before_a_run() -> None:
    assert SMALL.fitted({"block": 16, "outputs": 3}).outputs == 3
    with pytest.raises(InvalidInput, match="model.block=17"):
        SMALL.fitted({"block": 17})
