"""Our BERT against transformers' with the same random weights: every set of heads, both ways, padded, at the last
position; and the real MiniLM."""

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

transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

CLASSES = (
    "BertForPreTraining",
    "BertForMaskedLM",
    "BertForNextSentencePrediction",
    "BertModel",
    "BertForSequenceClassification",
    "BertForTokenClassification",
    "BertForQuestionAnswering",
)


def theirs_of(name: str, settings: dict[str, Any]) -> Any:
    return randomised(getattr(transformers, name)(transformers.BertConfig(**settings)))


def compared(
    ours: Any, theirs: Any, name: str, x: torch.Tensor, types: torch.Tensor, side: str | None
) -> float:
    """The largest difference of all that a model of this class gives."""
    mask = None if side is None else padded(*x.shape, side)
    with torch.no_grad():
        made = ours(x, types, None if mask is None else documents(mask, str(side)))
        told = theirs(x, token_type_ids=types, attention_mask=mask)
    found = []
    if name == "BertModel":
        # A row that is padded on the left begins with padding, and no one asks what the pooler makes of that.
        rows = slice(None) if side != "left" else slice(0, 1)
        found += [apart(made.hidden, told.last_hidden_state, mask)]
        found += [apart(made.pooled[rows], told.pooler_output[rows])]
    if name == "BertForMaskedLM":
        found += [apart(made.masked, told.logits, mask)]
    if name == "BertForNextSentencePrediction" and side != "left":
        found += [apart(made.next_sentence, told.logits)]
    if name == "BertForPreTraining":
        found += [apart(made.masked, told.prediction_logits, mask)]
        found += [apart(made.next_sentence, told.seq_relationship_logits)] if side != "left" else []
    if name == "BertForSequenceClassification" and side != "left":
        found += [apart(made.scores, told.logits)]
    if name == "BertForTokenClassification":
        found += [apart(made.scores, told.logits, mask)]
    if name == "BertForQuestionAnswering":
        found += [apart(made.scores[..., 0], told.start_logits, mask)]
        found += [apart(made.scores[..., 1], told.end_logits, mask)]
    with torch.no_grad():
        alone = (
            None
            if made.scores is None
            else ours.scores(x, types, None if mask is None else documents(mask, str(side)))
        )
    # The same sums, of one token's row instead of all: other shapes may add in another order.
    assert alone is None or apart(alone, made.scores) < 1e-6
    return max(found, default=0.0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", CLASSES)
def test_theirs_opens_here_and_ours_there(name: str, seed: int, tmp_path: Path) -> None:
    settings = bert(seed)
    if name in CLASSES[4:6] and seed:
        settings |= {"num_labels": 2 + seed}
    theirs = theirs_of(name, settings)
    theirs.save_pretrained(tmp_path / "theirs", max_shard_size="5KB")
    config, ours = open_model(tmp_path / "theirs")
    assert isinstance(config, Config)
    assert config.parameters() == sum(p.numel() for p in ours.parameters())
    assert config.masked == (name in CLASSES[:2])
    assert config.next_sentence == (name in (CLASSES[0], CLASSES[2]))
    # At the full block, so that the last position is among them.
    x = tokens(settings["vocab_size"], 3, settings["max_position_embeddings"])
    types = tokens(settings["type_vocab_size"], 3, settings["max_position_embeddings"])
    for side in (None, "left", "right"):
        assert compared(ours, theirs, name, x, types, side) < CLOSE, side
    with torch.no_grad():
        assert torch.equal(ours(x).hidden, ours(x, torch.zeros_like(x)).hidden)

    save_model(ours, config, tmp_path / "ours")
    assert open_config(tmp_path / "ours") == config
    assert json.loads((tmp_path / "ours" / "config.json").read_text())["architectures"] == [name]
    again = getattr(transformers, name).from_pretrained(tmp_path / "ours").eval()
    assert compared(ours, again, name, x, types, "right") < CLOSE


@pytest.mark.parametrize(
    "wrong",
    [{"norm_eps": 1e-4}, {"activation": "gelu-tanh"}, {"heads": 1}],
    ids=str,
)
def test_wrong_variants_are_told_apart(wrong: dict[str, Any]) -> None:
    config = Config(vocabulary=50, block=16, layers=2, width=32, heads=4)
    ours = randomised(config.build())
    other = config.model_copy(update=wrong).build().eval()
    other.load_state_dict(ours.state_dict())
    x = tokens(50, 2, 16)
    with torch.no_grad():
        assert apart(other(x).masked, ours(x).masked) > 10 * CLOSE


def test_norm_before_instead_of_after_is_told_apart(tmp_path: Path) -> None:
    """GPT-2's order of the same layers: the usual mistake of someone who has written a GPT first."""
    from jinjie.models.activation import activate

    theirs = theirs_of("BertModel", bert(0))
    theirs.save_pretrained(tmp_path)
    _, ours = open_model(tmp_path)
    x = tokens(bert(0)["vocab_size"], 2, 8)

    def before(block: Any, x: torch.Tensor, sight: Any, angles: Any, wanted: Any) -> torch.Tensor:
        x = x + block.attention(block.norm1(x), sight, angles)
        made: torch.Tensor = x + block.down(activate(block.up(block.norm2(x)), block.activation))
        return made

    type(ours.blocks[0]).forward, kept = before, type(ours.blocks[0]).forward
    try:
        with torch.no_grad():
            assert apart(ours(x).hidden, theirs(x).last_hidden_state) > 1e4 * CLOSE
    finally:
        type(ours.blocks[0]).forward = kept


def test_old_files_open(tmp_path: Path) -> None:
    """As Google's weights were first converted: gamma and beta, position numbers, the decoder's tensors once more."""
    from safetensors.torch import load_file, save_file

    theirs = theirs_of("BertForPreTraining", bert(1))
    theirs.save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in load_file(file).items()
    }
    old |= {"bert.embeddings.position_ids": torch.arange(9)[None]}
    old |= {"cls.predictions.decoder.weight": old["bert.embeddings.word_embeddings.weight"].clone()}
    old |= {"cls.predictions.decoder.bias": old["cls.predictions.bias"].clone()}
    save_file(old, file)
    _, ours = open_model(tmp_path)
    x = tokens(bert(1)["vocab_size"], 2, 9)
    types = torch.zeros_like(x)
    assert compared(ours, theirs, "BertForPreTraining", x, types, None) < CLOSE


def test_a_config_without_a_type_is_told_by_its_class(tmp_path: Path) -> None:
    theirs_of("BertForMaskedLM", bert(0)).save_pretrained(tmp_path)
    told = json.loads((tmp_path / "config.json").read_text())
    del told["model_type"]
    (tmp_path / "config.json").write_text(json.dumps(told))
    assert isinstance(open_config(tmp_path), Config)
    (tmp_path / "config.json").write_text(json.dumps(told | {"architectures": ["BloomModel"]}))
    with pytest.raises(JinjieError, match="of type 'None'"):
        open_config(tmp_path)


def test_settings_left_out_are_transformers_own(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    theirs, ours = transformers.BertConfig(), open_config(tmp_path)
    assert isinstance(ours, Config)
    assert (ours.vocabulary, ours.width, ours.layers, ours.heads, ours.hidden, ours.block, ours.types) == (
        theirs.vocab_size,
        theirs.hidden_size,
        theirs.num_hidden_layers,
        theirs.num_attention_heads,
        theirs.intermediate_size,
        theirs.max_position_embeddings,
        theirs.type_vocab_size,
    )
    assert (ours.norm_eps, ours.dropout) == (theirs.layer_norm_eps, theirs.hidden_dropout_prob)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"is_decoder": True}, "is_decoder = True"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type = relative_key"),
        ({"hidden_act": "mish"}, "hidden_act = mish"),
        ({"num_attention_heads": 5}, "damaged"),
    ],
    ids=str,
)
def test_what_computes_something_else_is_refused(settings: dict[str, Any], says: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"} | settings))
    with pytest.raises(JinjieError, match=says):
        open_config(tmp_path)


def test_heads_of_other_tasks_are_named(tmp_path: Path) -> None:
    """Their body could be opened without them, but a classifier that classifies no more would surprise its user."""
    theirs_of("BertForMultipleChoice", bert(2)).save_pretrained(tmp_path)
    with pytest.raises(JinjieError, match="BertForMultipleChoice"):
        open_model(tmp_path)
