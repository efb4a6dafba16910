"""Finished models' folders: written whole, opened only when they are sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import built
from safetensors.torch import load_file, save_file

from jinjie.base.errors import JinjieError, NotFound
from jinjie.models import gpt, mlp
from jinjie.models.folder import open_config, open_model, save_model

SMALL = gpt.Config(vocabulary=20, block=8, layers=1, width=16, heads=2)
LLAMA = SMALL.model_copy(update={"positions": "rotary", "norm": "rmsnorm", "bias": False})


def saved(folder: Path, config: gpt.Config | mlp.Config) -> Path:
    save_model(built(config), config, folder)
    return folder


def changed(folder: Path, **settings: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    return folder


def test_only_gpt2_shapes_are_written_as_gpt2(tmp_path: Path) -> None:
    def model_type(name: str, config: gpt.Config) -> str:
        folder = saved(tmp_path / name, config)
        return str(json.loads((folder / "config.json").read_text())["model_type"])

    assert model_type("same", SMALL) == "gpt2"
    for name, value in {
        "positions": "rotary",
        "norm": "rmsnorm",
        "bias": False,
        "gated": True,
        "kv_heads": 1,
    }.items():
        assert model_type(name, SMALL.model_copy(update={name: value})) == "jinjie"


def test_opening_draws_no_random_numbers(tmp_path: Path) -> None:
    folder = saved(tmp_path / "m", SMALL)
    before = torch.get_rng_state()
    open_model(folder)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("config", [SMALL, LLAMA])
def test_opens_in_the_precision_asked_for(tmp_path: Path, config: gpt.Config) -> None:
    folder = saved(tmp_path / "m", config)
    _, exact = open_model(folder)
    _, rounded = open_model(folder, torch.bfloat16)
    assert {p.dtype for p in exact.parameters()} == {torch.float32}
    for a, b in zip(exact.parameters(), rounded.parameters(), strict=True):
        assert b.dtype == torch.bfloat16
        assert torch.equal(a.bfloat16(), b)
        assert b.requires_grad


def test_replacing_a_folder_leaves_no_trace_of_the_old(tmp_path: Path) -> None:
    folder = saved(tmp_path / "m", SMALL)
    (folder / "old").write_text("")
    saved(folder, mlp.Config(inputs=2, outputs=1))
    assert open_config(folder).kind == "mlp"
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_a_write_that_fails_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = saved(tmp_path / "m", SMALL)
    before = (folder / "model.safetensors").read_bytes()
    model = built(LLAMA)
    model.sparse = torch.nn.Parameter(torch.eye(2).to_sparse())  # which safetensors cannot hold
    with pytest.raises(RuntimeError, match="memory format"):
        save_model(model, LLAMA, folder)
    assert (folder / "model.safetensors").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []


def test_pickles_are_refused_with_the_reason(tmp_path: Path) -> None:
    """The pickle in this folder would write a file when opened; it must never run."""
    folder = saved(tmp_path / "m", SMALL)
    trap = tmp_path / "sprung"
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'touch " + str(trap).encode() + b"'\ntR.")
    with pytest.raises(JinjieError, match="can run any program"):
        open_model(folder)
    assert not trap.exists()


def test_what_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="config.json cannot be read"):
        open_model(tmp_path)
    folder = saved(tmp_path / "m", SMALL)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(JinjieError, match="damaged or incomplete"):
        open_model(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(NotFound, match="no model.safetensors"):
        open_model(folder)
    (folder / "config.json").write_text("[]")
    with pytest.raises(NotFound, match="not a model folder"):
        open_model(folder)


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    folder = saved(tmp_path / "m", SMALL)
    weights = load_file(folder / "model.safetensors")
    del weights["transformer.h.0.ln_1.bias"]
    save_file({**weights, "stranger": torch.zeros(1)}, folder / "model.safetensors")
    with pytest.raises(JinjieError, match="blocks.0.norm1.bias") as caught:
        open_model(folder)
    assert "stranger" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"model_type": "bloom"}, "of type 'bloom'"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx = True"),
        ({"activation_function": "mish"}, "activation_function = mish"),
        ({"n_head": 3}, "damaged"),
    ],
)
def test_other_models_are_refused(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(JinjieError, match=says):
        open_model(changed(saved(tmp_path / "m", SMALL), **settings))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"format": 99}, "newer Jinjie"),
        ({"model": {"kind": "no-such"}}, "damaged"),
        ({"model": {"kind": "gpt", "layers": -1}}, "damaged"),
        ({"model": 3}, "damaged"),
    ],
)
def test_our_own_config_is_checked_too(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(JinjieError, match=says):
        open_model(changed(saved(tmp_path / "m", LLAMA), **settings))
