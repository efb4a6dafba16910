"""Our GPT against transformers' GPT-2 with the same random weights: the same logits, the same text, both ways."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from drawn import CLOSE, apart, documents, gpt2, padded, randomised, tokens
from torch import nn

from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from jinjie.models import gpt
from jinjie.models.folder import open_config, open_model, save_model

transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

CONFIGS = [
    gpt.Config(vocabulary=97, block=24, layers=3, width=48, heads=4),
    gpt.Config(vocabulary=50, block=16, layers=2, width=36, heads=3, feedforward=20, norm_eps=1e-3),
    gpt.Config(vocabulary=50, block=16, layers=2, width=32, heads=1, tied=False, activation="gelu"),
    gpt.Config(vocabulary=50, block=16, layers=1, width=32, heads=2, dropout=0.1, activation="relu2"),
    gpt.Config(vocabulary=50, block=16, layers=1, width=32, heads=2, activation="relu"),
]


def logits_apart(ours: nn.Module, theirs: Any, x: torch.Tensor) -> float:
    with torch.no_grad():
        return apart(ours(x), theirs(x).logits)


def some(config: gpt.Config) -> torch.Tensor:
    return tokens(config.known("vocabulary"), 3, config.block)


@pytest.mark.parametrize("config", CONFIGS)
def test_ours_opens_there(config: gpt.Config, tmp_path: Path) -> None:
    ours = randomised(config.build())
    save_model(ours, config, tmp_path / "m")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "m").eval()
    assert logits_apart(ours, theirs, some(config)) < CLOSE


@pytest.mark.parametrize("seed", range(8))
def test_theirs_opens_here_and_ours_there(seed: int, tmp_path: Path) -> None:
    """Random shapes: padded on either side, up to the last position, and read through a cache."""
    settings = gpt2(seed)
    theirs = randomised(transformers.GPT2LMHeadModel(transformers.GPT2Config(**settings)))
    theirs.save_pretrained(tmp_path / "theirs", max_shard_size="3KB")
    config, ours = open_model(tmp_path / "theirs")
    assert isinstance(config, gpt.Config)
    assert config.parameters() == sum(p.numel() for p in ours.parameters())
    assert (config.tied, config.dropout) == (settings["tie_word_embeddings"], settings["resid_pdrop"])
    x = some(config)
    with torch.no_grad():
        expected = theirs(x).logits
        assert apart(ours(x), expected) < CLOSE
        for side in ("left", "right"):
            mask = padded(*x.shape, side)
            # As transformers' own `generate` counts them: from the first token that is not padding.
            places = (mask.cumsum(1) - 1).clamp(min=0)
            wanted = theirs(x, attention_mask=mask, position_ids=places).logits
            assert apart(ours(x, documents=documents(mask, side)), wanted, mask) < CLOSE
        cache = ours.cache(3)
        pieces = [ours(piece, cache) for piece in x.split([3, 1, 1, config.block - 5], 1)]
        assert apart(torch.cat(pieces, 1), expected) < CLOSE
    save_model(ours, config, tmp_path / "ours")
    again = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "ours").eval()
    assert logits_apart(ours, again, x) < CLOSE
    assert open_config(tmp_path / "ours") == config


def test_gpt2_files_without_prefix_and_with_masks_open(tmp_path: Path) -> None:
    """The files that OpenAI's weights were first published in: no "transformer.", and constant masks among them."""
    from safetensors.torch import load_file, save_file

    config = CONFIGS[0]
    save_model(randomised(config.build()), config, tmp_path / "m")
    file = tmp_path / "m" / "model.safetensors"
    old = {name.removeprefix("transformer."): tensor for name, tensor in load_file(file).items()}
    old |= {f"h.{i}.attn.bias": torch.ones(1, 1, config.block, config.block) for i in range(config.layers)}
    old["lm_head.weight"] = old["wte.weight"].clone()
    _, before = open_model(tmp_path / "m")
    save_file(old, file)
    _, after = open_model(tmp_path / "m")
    assert torch.equal(after(some(config)), before(some(config)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"activation": "gelu"},  # exact where GPT-2 has the tanh formula: the nearest mistake there is
        {"norm_eps": 1e-4},
        {"heads": 2},
    ],
)
def test_wrong_variants_are_told_apart(wrong: dict[str, Any], tmp_path: Path) -> None:
    """The tolerance means something: the same weights under a slightly other formula miss it by far."""
    config = CONFIGS[0]
    ours = randomised(config.build())
    save_model(ours, config, tmp_path / "m")
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "m").eval()
    other = config.model_copy(update=wrong).build().eval()
    other.load_state_dict(ours.state_dict())
    assert logits_apart(other, theirs, some(config)) > 10 * CLOSE


def test_attention_without_its_mask_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jinjie.models.gpt import network

    config = CONFIGS[0]
    ours = randomised(config.build())
    save_model(ours, config, tmp_path / "m")
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "m").eval()
    seeing = network.attend
    monkeypatch.setattr(network, "attend", lambda q, k, v, **_: seeing(q, k, v, causal=False))
    assert logits_apart(ours, theirs, some(config)) > 1000 * CLOSE


def test_writes_the_same_text(tmp_path: Path) -> None:
    config = CONFIGS[0]
    ours = randomised(config.build())
    save_model(ours, config, tmp_path / "m")
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "m").eval()
    prompt = [5, 17, 3]
    expected = theirs.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, 3),
        max_new_tokens=21,
        do_sample=False,
        pad_token_id=0,
    )
    assert (
        prompt + list(generate(ours, prompt, Sampling(temperature=0, max_tokens=21))) == expected[0].tolist()
    )
