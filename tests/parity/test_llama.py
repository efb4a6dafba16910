"""Our GPT against transformers' Llama, Mistral, Qwen2 and Qwen3 with the same random weights, both ways: padded, at the
last position, and read through a cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from drawn import CLOSE, apart, documents, llama, padded, randomised, tokens

from jinjie.base.errors import JinjieError
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from jinjie.models import gpt
from jinjie.models.attention import rotary
from jinjie.models.folder import open_config, open_model, save_model

transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
MORE = (
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "rms_norm_eps",
    "tie_word_embeddings",
)
DRAWN = [(family, seed) for family in FAMILIES for seed in range(6)]


def theirs_of(family: str, settings: dict[str, Any]) -> Any:
    config = transformers.AutoConfig.for_model(family, **settings)
    return randomised(transformers.AutoModelForCausalLM.from_config(config))


@pytest.mark.parametrize(("family", "seed"), DRAWN)
def test_theirs_opens_here_and_ours_there(family: str, seed: int, tmp_path: Path) -> None:
    settings = llama(family, seed)
    if family == "llama" and settings["hidden_size"] % settings["num_attention_heads"]:
        pytest.fail("Llama's code takes only widths that its heads share")
    theirs = theirs_of(family, settings)
    theirs.save_pretrained(tmp_path / "theirs", max_shard_size="3KB")
    config, ours = open_model(tmp_path / "theirs")
    assert config.parameters() == sum(p.numel() for p in ours.parameters())
    block = settings["max_position_embeddings"]
    x = tokens(settings["vocab_size"], 3, block)
    with torch.no_grad():
        # At the full block, so that the last position is among them.
        expected = theirs(x).logits
        assert apart(ours(x), expected) < CLOSE
        for side in ("left", "right"):
            mask = padded(3, block, side)
            places = (mask.cumsum(1) - 1).clamp(min=0)
            wanted = theirs(x, attention_mask=mask, position_ids=places).logits
            assert apart(ours(x, documents=documents(mask, side)), wanted, mask) < CLOSE
        cache = ours.cache(3)
        pieces = [ours(piece, cache) for piece in x.split([3, 1, 1, block - 5], 1)]
        assert apart(torch.cat(pieces, 1), expected) < CLOSE

    save_model(ours, config, tmp_path / "ours")
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "ours").eval()
    with torch.no_grad():
        assert apart(ours(x), again(x).logits) < CLOSE
    assert open_config(tmp_path / "ours") == config


def test_the_draws_cover_what_they_should() -> None:
    """A draw that never met a case would prove nothing of it."""
    drawn = [(family, llama(family, seed)) for family, seed in DRAWN]
    for name, values in {
        "tie_word_embeddings": (True, False),
        "attention_bias": (True, False),
        "mlp_bias": (True, False),
    }.items():
        assert {s[name] for _, s in drawn if name in s} == set(values), name
    assert {s["rope_parameters"]["rope_type"] for _, s in drawn} == {"default", "linear", "llama3"}
    assert any(1 < s["num_key_value_heads"] < s["num_attention_heads"] for _, s in drawn)
    assert any((s["sliding_window"] or 40) < s["max_position_embeddings"] for f, s in drawn if f == "mistral")
    windows = {s.get("max_window_layers") for f, s in drawn if f.startswith("qwen")}
    assert windows == {None, 0, 9}
    assert any(s["head_dim"] * s["num_attention_heads"] != s["hidden_size"] for _, s in drawn)


def test_pairs_turned_side_by_side_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual mistake of a rotary import: Meta's own files turn neighbours (x₀, x₁), (x₂, x₃) …; the hub's have their
    rows permuted so that the pairs are half a head apart. Measured: 0 against 1.8."""

    def side_by_side(x: torch.Tensor, by: rotary.Angles) -> torch.Tensor:
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * by.cos - b * by.sin, b * by.cos + a * by.sin), -1).flatten(-2)

    settings = llama("llama", 0) | {"head_dim": 8}
    theirs = theirs_of("llama", settings)
    theirs.save_pretrained(tmp_path)
    _, ours = open_model(tmp_path)
    x = tokens(settings["vocab_size"], 2, settings["max_position_embeddings"])
    with torch.no_grad():
        expected = theirs(x).logits
        right = apart(ours(x), expected)
        monkeypatch.setattr(rotary, "rotate", side_by_side)
        wrong = apart(ours(x), expected)
    print(f"pairs half a head apart: {right:.1e}; side by side: {wrong:.1e}")
    assert right < CLOSE
    assert wrong > 1e4 * CLOSE


@pytest.mark.parametrize(
    "wrong",
    [
        {"rope_theta": 9000.0},
        {"norm_eps": 1e-4},
        {"rope_scaling": None},
        {"activation": "gelu"},
        {"kv_heads": 1},
        {"window": 31},
    ],
    ids=str,
)
def test_wrong_variants_are_told_apart(wrong: dict[str, Any]) -> None:
    config = gpt.Config(
        vocabulary=50,
        block=32,
        layers=2,
        width=32,
        heads=4,
        kv_heads=2,
        positions="rotary",
        norm="rmsnorm",
        norm_eps=1e-5,
        activation="silu",
        gated=True,
        bias=False,
        rope_scaling=gpt.config.Llama3(original=8),
    )
    ours = randomised(config.build())
    weights = ours.state_dict()
    if "kv_heads" in wrong:  # the first key head in the place of both
        weights = {n: t[:48].clone() if n.endswith("qkv.weight") else t for n, t in weights.items()}
    other = config.model_copy(update=wrong).build().eval()
    other.load_state_dict(weights)
    x = tokens(50, 2, 32)
    with torch.no_grad():
        assert apart(other(x), ours(x)) > 10 * CLOSE


def test_writes_the_same_text(tmp_path: Path) -> None:
    settings = llama("qwen2", 1)
    theirs = theirs_of("qwen2", settings)
    theirs.save_pretrained(tmp_path)
    _, ours = open_model(tmp_path)
    room = settings["max_position_embeddings"] - 3
    expected = theirs.generate(
        torch.tensor([[5, 7, 3]]),
        attention_mask=torch.ones(1, 3, dtype=torch.int64),
        max_new_tokens=room,
        do_sample=False,
        pad_token_id=0,
    )
    written = list(generate(ours, [5, 7, 3], Sampling(temperature=0, max_tokens=room)))
    assert [5, 7, 3, *written] == expected[0].tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_settings_left_out_are_transformers_own(family: str, tmp_path: Path) -> None:
    """A config.json of nothing but its model type describes the model that transformers makes of it."""
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family, "sliding_window": None}))
    theirs = transformers.AutoConfig.from_pretrained(tmp_path)
    ours = open_config(tmp_path)
    assert isinstance(ours, gpt.Config)
    assert {
        "vocab_size": ours.vocabulary,
        "hidden_size": ours.width,
        "intermediate_size": ours.hidden,
        "num_hidden_layers": ours.layers,
        "num_attention_heads": ours.heads,
        "num_key_value_heads": ours.groups,
        "max_position_embeddings": ours.block,
        "rms_norm_eps": ours.norm_eps,
        "tie_word_embeddings": ours.tied,
        "rope": {"rope_type": "default", "rope_theta": ours.rope_theta},
        "head_dim": ours.head_size,
    } == {
        name: getattr(theirs, name) for name in ("vocab_size", "hidden_size", "intermediate_size", *MORE)
    } | {
        "rope": theirs.rope_parameters,
        "head_dim": getattr(theirs, "head_dim", theirs.hidden_size // theirs.num_attention_heads),
    }


def test_older_ways_of_saying_the_same(tmp_path: Path) -> None:
    """`rope_scaling` with "type" and a `rope_theta` beside it, as before transformers 5; names without "model."; and
    the rates that old files keep among the tensors."""
    from safetensors.torch import load_file, save_file

    settings = llama("llama", 2) | {
        "rope_parameters": {"rope_type": "linear", "rope_theta": 700.0, "factor": 3.0},
        "tie_word_embeddings": True,
    }
    theirs = theirs_of("llama", settings)
    theirs.save_pretrained(tmp_path)
    told = json.loads((tmp_path / "config.json").read_text())
    del told["rope_parameters"]
    told |= {"rope_theta": 700.0, "rope_scaling": {"type": "linear", "factor": 3.0}, "torch_dtype": "float32"}
    (tmp_path / "config.json").write_text(json.dumps(told))
    file = tmp_path / "model.safetensors"
    old = {name.removeprefix("model."): tensor for name, tensor in load_file(file).items()}
    old |= {"layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
    old |= {"lm_head.weight": old["embed_tokens.weight"].clone()}
    save_file(old, file)
    _, ours = open_model(tmp_path)
    x = tokens(settings["vocab_size"], 2, 9)
    with torch.no_grad():
        assert apart(ours(x), theirs(x).logits) < CLOSE


def test_a_head_that_is_not_the_embedding_stays_one_of_its_own(tmp_path: Path) -> None:
    """Some files say tied and hold two different tensors; transformers then unties them, and so do we."""
    settings = llama("llama", 1) | {"tie_word_embeddings": False}
    theirs = theirs_of("llama", settings)
    theirs.save_pretrained(tmp_path)
    told = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(told | {"tie_word_embeddings": True}))
    config, ours = open_model(tmp_path)
    assert isinstance(config, gpt.Config) and not config.tied
    x = tokens(settings["vocab_size"], 2, 9)
    with torch.no_grad():
        assert apart(ours(x), theirs(x).logits) < CLOSE


@pytest.mark.parametrize("kept", [torch.bfloat16, torch.float16])
def test_half_precision_files_open_in_fp32_or_as_asked(kept: torch.dtype, tmp_path: Path) -> None:
    theirs = theirs_of("llama", llama("llama", 3)).to(kept)
    theirs.save_pretrained(tmp_path)
    _, exact = open_model(tmp_path)
    _, asked = open_model(tmp_path, kept)
    wanted = dict(theirs.state_dict())
    for network, dtype in ((exact, torch.float32), (asked, kept)):
        assert {p.dtype for p in network.parameters()} == {dtype}
        assert torch.equal(network.embed.weight.to(kept), wanted["model.embed_tokens.weight"])


@pytest.mark.parametrize(
    ("family", "settings", "says"),
    [
        ("llama", {"rope_scaling": {"rope_type": "yarn", "factor": 2.0}}, "rope_type = yarn"),
        ("llama", {"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "rope_type = dynamic"),
        ("llama", {"rope_parameters": {"rope_type": "longrope"}}, "rope_type = longrope"),
        ("llama", {"partial_rotary_factor": 0.5}, "partial_rotary_factor = 0.5"),
        ("llama", {"rope_scaling": {"rope_type": "linear"}}, "factor: must be of type float"),
        ("llama", {"hidden_act": "mish"}, "hidden_act = mish"),
        ("llama", {"hidden_size": "many"}, "damaged"),
        ("llama", {"num_attention_heads": 0}, "damaged"),
        ("llama", {"num_key_value_heads": 5}, "damaged"),
        ("llama", {"quantization_config": {"quant_method": "fp8"}}, "quantised"),
        (
            "qwen2",
            {"use_sliding_window": True, "max_window_layers": 1, "sliding_window": 8},
            "layer_types = full_attention, sliding_attention",
        ),
    ],
    ids=str,
)
def test_what_computes_something_else_is_refused(
    family: str, settings: dict[str, Any], says: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family} | settings))
    with pytest.raises(JinjieError, match=says):
        open_config(tmp_path)
