"""Our BERT with rotary positions against transformers' RoFormer with the same random weights, both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from drawn import CLOSE, apart, bert, documents, padded, randomised, tokens

from jinjie.base.errors import JinjieError
from jinjie.models.bert import Config
from jinjie.models.folder import open_config, open_model, save_model
from jinjie.models.layout import fitting

transformers = pytest.importorskip("transformers")

CLASSES = (
    "RoFormerModel",
    "RoFormerForMaskedLM",
    "RoFormerForTokenClassification",
    "RoFormerForQuestionAnswering",
)


def settings_of(seed: int) -> dict[str, Any]:
    """With heads of 4, 6 or 8 numbers, as they turn in pairs."""
    drawn = {name: value for name, value in bert(seed).items() if name != "position_embedding_type"}
    return drawn | {"hidden_size": drawn["num_attention_heads"] * (4 + 2 * seed)}


def theirs_of(name: str, settings: dict[str, Any]) -> Any:
    made = getattr(transformers, name)(transformers.RoFormerConfig(**settings))
    table = next(p for n, p in made.named_parameters() if n.endswith("embed_positions.weight"))
    kept = table.detach().clone()
    randomised(made)
    table.data.copy_(kept)  # not a weight: sines, worked out
    return made.eval()


def compared(ours: Any, theirs: Any, name: str, x: torch.Tensor, types: torch.Tensor, side: str) -> float:
    mask = padded(*x.shape, side)
    with torch.no_grad():
        made = ours(x, types, documents(mask, side))
        told = theirs(x, token_type_ids=types, attention_mask=mask)
    if name == "RoFormerModel":
        return apart(made.hidden, told.last_hidden_state, mask)
    if name == "RoFormerForMaskedLM":
        return apart(made.masked, told.logits, mask)
    if name == "RoFormerForTokenClassification":
        return apart(made.scores, told.logits, mask)
    starts = apart(made.scores[..., 0], told.start_logits, mask)
    return max(starts, apart(made.scores[..., 1], told.end_logits, mask))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CLASSES)
def test_theirs_opens_here_and_ours_there(name: str, seed: int, tmp_path: Path) -> None:
    settings = settings_of(seed)
    theirs = theirs_of(name, settings)
    theirs.save_pretrained(tmp_path / "theirs", max_shard_size="5KB")
    config, ours = open_model(tmp_path / "theirs")
    assert isinstance(config, Config) and config.positions == "rotary"
    x = tokens(settings["vocab_size"], 3, settings["max_position_embeddings"])
    types = tokens(settings["type_vocab_size"], 3, settings["max_position_embeddings"])
    for side in ("left", "right"):
        assert compared(ours, theirs, name, x, types, side) < CLOSE, side
    save_model(ours, config, tmp_path / "ours")
    assert open_config(tmp_path / "ours") == config
    assert json.loads((tmp_path / "ours" / "config.json").read_text())["architectures"] == [name]
    again = getattr(transformers, name).from_pretrained(tmp_path / "ours").eval()
    assert compared(ours, again, name, x, types, "right") < CLOSE


def test_pairs_half_a_head_apart_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the permutation of queries and keys the model is another: the shapes fit and the numbers do not."""
    from jinjie.models.bert.layouts.bert import BERT
    from jinjie.models.bert.layouts.roformer import RoFormer

    settings = settings_of(0)
    theirs = theirs_of("RoFormerModel", settings)
    theirs.save_pretrained(tmp_path / "theirs")
    monkeypatch.setattr(
        RoFormer,
        "parts",
        lambda self, config: (p for p in BERT.parts(self, config) if p.ours != "positions.weight"),
    )
    _, ours = open_model(tmp_path / "theirs")
    x = tokens(settings["vocab_size"], 3, settings["max_position_embeddings"])
    assert compared(ours, theirs, "RoFormerModel", x, torch.zeros_like(x), "right") > 100 * CLOSE


def test_what_it_cannot_hold_is_refused(tmp_path: Path) -> None:
    config = Config(
        vocabulary=20, block=8, layers=1, width=16, heads=2, masked=False, positions="rotary", pooler=True
    )
    assert fitting(config) is None
    assert fitting(config.model_copy(update={"pooler": False})) is not None
    text = config.model_copy(update={"pooler": False, "head": "text", "outputs": 2})
    assert fitting(text) is None
    theirs_of("RoFormerForSequenceClassification", settings_of(0)).save_pretrained(tmp_path / "theirs")
    with pytest.raises(JinjieError, match="RoFormerForSequenceClassification"):
        open_model(tmp_path / "theirs")
