"""The table that votes beside a BERT's head: for what is there, in its order, and for nothing that is padding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from jinjie.base.config import build
from jinjie.base.errors import InvalidInput
from jinjie.models import bert
from jinjie.models.bert.layouts.bert import LAYOUT
from jinjie.models.bert.table import Table, _rows
from jinjie.models.folder import open_model, save_model

CONFIG = bert.Config(
    vocabulary=30,
    block=16,
    layers=1,
    width=8,
    heads=2,
    masked=False,
    head="text",
    outputs=3,
    table=512,
    dropout=0.0,
)


@pytest.fixture
def network() -> Any:
    """With votes as if they had been learned."""
    torch.manual_seed(0)
    made = CONFIG.build().eval()
    torch.nn.init.normal_(made.table.votes.weight)
    return made


def test_it_begins_without_a_vote_and_its_size_is_known() -> None:
    network: Any = CONFIG.build()
    tokens = torch.randint(30, (2, 9))
    assert not network.table(tokens).any()
    assert CONFIG.parameters() == sum(p.numel() for p in network.parameters())
    plain = CONFIG.model_copy(update={"table": 0})
    assert CONFIG.parameters() - plain.parameters() == 512 * 3
    assert CONFIG.flops(1) > plain.flops(1) and CONFIG.activations(1) > plain.activations(1)


def test_a_text_is_what_it_is_alone(network: Any) -> None:
    """Votes and scores, to 1e-5 in fp32: padding has none, and the text beside it neither."""
    tokens = torch.randint(30, (3, 9))
    lengths = torch.tensor([9, 5, 2])
    documents = (torch.arange(9) >= lengths[:, None]).long()
    with torch.no_grad():
        votes, scores = network.table(tokens, documents), network.scores(tokens, None, documents)
        for row, length in enumerate(lengths.tolist()):
            alone = tokens[row : row + 1, :length]
            torch.testing.assert_close(network.table(alone)[0], votes[row], rtol=0, atol=1e-5)
            torch.testing.assert_close(network.scores(alone)[0], scores[row], rtol=0, atol=1e-5)
        assert not network.table(tokens, torch.ones_like(tokens)).any(), "a row of padding alone"


def test_the_votes_are_those_of_tokens_pairs_and_triples(network: Any) -> None:
    """Added up by hand for a text of four: nine votes, each a third."""
    tokens = torch.tensor([[3, 1, 4, 1]])
    rows, counts = _rows(tokens, torch.ones_like(tokens), 512)
    assert counts.tolist() == [[1] * 9]
    assert rows[0, 1] == rows[0, 3], "the same token twice has one row"
    assert len(set(rows[0].tolist())) == 8
    with torch.no_grad():
        expected = network.table.votes.weight[rows[0]].sum(0) / 3
        torch.testing.assert_close(network.table(tokens)[0], expected)
        swapped = network.table(torch.tensor([[1, 3, 4, 1]]))[0]
        assert (swapped - expected).abs().max() > 1e-3, "order counts"


def test_what_is_told_apart_shares_rows_no_more_than_by_chance() -> None:
    """All 27,000 triples of 30 tokens in 2**20 rows: 344 pairs of them meet by chance, in deviations of 19."""
    rows = torch.cartesian_prod(*[torch.arange(30)] * 3)
    found, _ = _rows(rows, torch.ones_like(rows), 2**20)
    counts = torch.bincount(found[:, 5])
    assert int((counts * (counts - 1) // 2).sum()) < 450


def test_scores_are_the_heads_and_the_tables(network: Any) -> None:
    tokens = torch.randint(30, (2, 6))
    with torch.no_grad():
        head, table = network.votes(tokens)
        torch.testing.assert_close(network.scores(tokens), head + table)
        torch.testing.assert_close(network(tokens).scores, head + table)
        torch.testing.assert_close(table, network.table(tokens))
        plain = CONFIG.model_copy(update={"table": 0}).build().eval()
        assert len(plain.votes(tokens)) == 1


def test_it_is_kept_and_has_no_place_in_transformers_files(network: Any, tmp_path: Path) -> None:
    pooled = CONFIG.model_copy(update={"pooler": True})
    assert [(o.field, o.came, o.wanted) for o in LAYOUT.obstacles(pooled)] == [("table", 512, 0)]
    save_model(network, CONFIG, tmp_path / "kept")
    config, opened = open_model(tmp_path / "kept")
    tokens = torch.randint(30, (2, 6))
    with torch.no_grad():
        assert config == CONFIG and torch.equal(opened.scores(tokens), network.scores(tokens))


def test_only_whole_texts_are_voted_on() -> None:
    with pytest.raises(InvalidInput, match=r"model\.head=text"):
        build(bert.Config, {"head": "tokens", "table": 64})


def test_no_text_is_too_short() -> None:
    assert Table(8, 2)(torch.tensor([[1], [2]])).shape == (2, 2)
    assert Table(8, 2)(torch.tensor([[1, 2]])).shape == (1, 2)
