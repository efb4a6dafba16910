"""Our GPT against transformers' GPT-2 with the same random weights: the same logits, the same text, both ways."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from jinjie.models import gpt
from jinjie.models.folder import open_model, save_model

transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

CLOSE = 1e-5
"""fp32 keeps 24 bits (6e-8): tens of sums in another order, on logits of size 9, stay below 1e-5. Measured: 3e-6."""

CONFIGS = [
    gpt.Config(vocabulary=97, block=24, layers=3, width=48, heads=4),
    gpt.Config(vocabulary=50, block=16, layers=2, width=36, heads=3, feedforward=20, norm_eps=1e-3),
    gpt.Config(vocabulary=50, block=16, layers=2, width=32, heads=1, tied=False, activation="gelu"),
    gpt.Config(vocabulary=50, block=16, layers=1, width=32, heads=2, dropout=0.1, activation="relu2"),
]


def randomised(model: nn.Module) -> nn.Module:
    """Every weight drawn anew and large, norms and biases too, so that nothing hides behind zeros and ones."""
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        nn.init.normal_(parameter, std=0.3)
        if parameter.ndim == 1 and "weight" in name:
            parameter.data += 1
    return model.eval()


def tokens(config: gpt.Config) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(config.known("vocabulary"), (3, config.block), generator=generator)


def difference(ours: nn.Module, theirs: Any, x: torch.Tensor) -> float:
    with torch.no_grad():
        return float((ours(x) - theirs(x).logits).abs().max())


def theirs_of(config: gpt.Config) -> Any:
    return transformers.GPT2Config(
        vocab_size=config.vocabulary,
        n_positions=config.block,
        n_embd=config.width,
        n_layer=config.layers,
        n_head=config.heads,
        n_inner=config.feedforward,
        activation_function={"gelu-tanh": "gelu_new", "gelu": "gelu", "relu2": "relu2"}[config.activation],
        layer_norm_epsilon=config.norm_eps,
        tie_word_embeddings=config.tied,
        resid_pdrop=config.dropout,
    )


@pytest.mark.parametrize("config", CONFIGS)
def test_ours_opens_there(config: gpt.Config, tmp_path: Path) -> None:
    ours = randomised(config.build())
    save_model(ours, config, tmp_path / "m")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "m").eval()
    assert difference(ours, theirs, tokens(config)) < CLOSE


@pytest.mark.parametrize("config", CONFIGS)
def test_theirs_opens_here(config: gpt.Config, tmp_path: Path) -> None:
    theirs = randomised(transformers.GPT2LMHeadModel(theirs_of(config)))
    theirs.save_pretrained(tmp_path / "m")
    found, ours = open_model(tmp_path / "m")
    assert isinstance(found, gpt.Config)
    # transformers writes out n_inner only where it was given; all else must be what it was built from.
    assert found == config
    assert difference(ours, theirs, tokens(config)) < CLOSE


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
    assert torch.equal(after(tokens(config)), before(tokens(config)))


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
    assert difference(other, theirs, tokens(config)) > 10 * CLOSE


def test_attention_without_its_mask_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jinjie.models.gpt import network

    config = CONFIGS[0]
    ours = randomised(config.build())
    save_model(ours, config, tmp_path / "m")
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "m").eval()
    seeing = network.attend
    monkeypatch.setattr(network, "attend", lambda q, k, v, **_: seeing(q, k, v, causal=False))
    assert difference(ours, theirs, tokens(config)) > 1000 * CLOSE


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
