"""Finished models' folders: written whole, opened only when they are sound."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import built
from safetensors.torch import load_file, save_file

from jinjie.base.errors import InvalidInput, JinjieError, NotFound
from jinjie.models import gpt, mlp
from jinjie.models.folder import open_config, open_model, save_model, save_weights

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
        "causal": False,
        "qk_norm": True,
        "head_width": 4,
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


@pytest.mark.parametrize(
    "name",
    ["pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "model.pt", "x.pth", "last.ckpt", "w.pkl"],
)
def test_pickles_are_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    """This pickle would write a file when opened; it never runs, and beside safetensors it is passed by."""
    folder = saved(tmp_path / "m", SMALL)
    trap = tmp_path / "sprung"
    (folder / name).write_bytes(b"cposix\nsystem\n(S'touch " + str(trap).encode() + b"'\ntR.")
    open_model(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(JinjieError, match=f"{name}, a pickle, which can run any program"):
        open_model(folder)
    assert not trap.exists()


def test_a_pickle_that_calls_itself_safetensors_is_told(tmp_path: Path) -> None:
    """And a real file whose header is as long as the number that a pickle begins with is none."""
    folder = saved(tmp_path / "m", SMALL)
    weights = folder / "model.safetensors"
    real = weights.read_bytes()
    for made in (
        lambda: torch.save({"a": torch.ones(2)}, weights),
        lambda: weights.write_bytes(pickle.dumps({})),
    ):
        made()
        with pytest.raises(JinjieError, match="model.safetensors is a pickle under another name"):
            open_model(folder)
    length = int.from_bytes(real[:8], "little")
    header = real[8 : 8 + length].ljust(0x10480)
    weights.write_bytes(len(header).to_bytes(8, "little") + header + real[8 + length :])
    assert weights.read_bytes().startswith(b"\x80\x04")
    open_model(folder)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("tf_model.h5", "a format of another program"),
        ("flax_model.msgpack", "a format of another program"),
        ("model.gguf", "a format of another program"),
        ("weights.safetensors", "though it has weights.safetensors"),
        ("training_args.bin", "no model.safetensors"),
    ],
)
def test_weights_in_other_files_are_named(name: str, says: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "m", SMALL)
    (folder / "model.safetensors").rename(folder / name)
    with pytest.raises(JinjieError, match=says):
        open_model(folder)


def sharded(folder: Path, config: gpt.Config) -> Path:
    folder.mkdir()
    save_weights(built(config).state_dict(), config, folder, shard_bytes=2000)
    return folder


def test_shards_hold_what_one_file_would(tmp_path: Path) -> None:
    """No shard is larger than asked unless one tensor is; and each is listed."""
    _, one = open_model(saved(tmp_path / "one", SMALL))
    folder = sharded(tmp_path / "many", SMALL)
    files = sorted(folder.glob("model-*.safetensors"))
    assert len(files) > 2 and files[0].name == f"model-00001-of-{len(files):05}.safetensors"
    for file in files:
        held = load_file(file)
        assert len(held) == 1 or sum(t.nbytes for t in held.values()) <= 2000
    _, many = open_model(folder)
    for a, b in zip(one.state_dict().values(), many.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_shards_that_are_not_as_their_index_says(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "m", SMALL)
    path = folder / "model.safetensors.index.json"
    whole = json.loads(path.read_text())
    index = whole["weight_map"]
    first, second, *_ = sorted(set(index.values()))

    def with_index(changes: dict[str, Any]) -> Path:
        path.write_text(json.dumps(whole | {"weight_map": index | changes}))
        return folder

    name = next(n for n, file in index.items() if file == first)
    for changes, says in (
        ({name: second}, f"1 tensors that they are in files where they are not: {name}"),
        ({"more": first}, "where they are not: more"),
        ({name: "model-00009-of-00009.safetensors"}, "lacks 1 of the files .* model-00009"),
        ({name: "../m/" + first}, "names a shard that is no safetensors file of the same folder"),
        ({name: "pytorch_model.bin"}, "names a shard that is no safetensors file"),
    ):
        with pytest.raises(JinjieError, match=says):
            open_model(with_index(changes))
    path.write_text("{}")
    with pytest.raises(JinjieError, match="index.json cannot be read"):
        open_model(folder)
    with_index({})
    save_file({**load_file(folder / first), **load_file(folder / second)}, folder / second)
    with pytest.raises(JinjieError, match="twice, in model-00001"):
        open_model(folder)
    (folder / second).write_bytes((folder / second).read_bytes()[:-3])
    with pytest.raises(JinjieError, match=f"{second} cannot be read"):
        open_model(folder)
    (folder / second).unlink()
    with pytest.raises(JinjieError, match=f"lacks 1 of the files that its index names: {second}"):
        open_model(folder)


def test_a_config_that_describes_far_more_than_there_is(tmp_path: Path) -> None:
    """Said at once, and not by a machine that runs out of memory."""
    folder = changed(saved(tmp_path / "m", SMALL), n_layer=10**9)
    with pytest.raises(
        JinjieError, match="describes a model of .*G parameters, and the files beside it hold 3"
    ):
        open_model(folder)


def test_a_tensor_under_two_names_is_not_guessed_at(tmp_path: Path) -> None:
    folder = saved(tmp_path / "m", SMALL)
    weights = load_file(folder / "model.safetensors")
    save_file({**weights, "wte.weight": torch.zeros(20, 16)}, folder / "model.safetensors")
    with pytest.raises(JinjieError, match="holds the tensor transformer.wte.weight twice"):
        open_model(folder)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's account of a process's own memory")
def test_opening_holds_the_weights_once(tmp_path: Path) -> None:
    """162 MB of bf16 weights as 324 MB of fp32: at no time is more in memory than these and a tenth, where a second
    copy, even in bf16, would be half as much again. The files' pages, which the system takes back at will, are not
    counted. Measured: 326 MB."""
    code = f"""
import re, sys, threading, torch
from pathlib import Path
from jinjie.models import gpt
from jinjie.models.folder import open_model, save_weights
folder = Path({str(tmp_path / "m")!r})
config = gpt.Config(
    vocabulary=20000, block=64, layers=8, width=768, heads=12, positions="rotary", norm="rmsnorm",
    gated=True, bias=False, tied=False, feedforward=1700,
)
if sys.argv[1] == "write":
    folder.mkdir()
    save_weights(config.build().state_dict(), config, folder, dtype=torch.bfloat16, shard_bytes=50_000_000)
else:
    open_model(folder.parent / "warm")
    def own():
        return 1024 * int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    before = most = own()
    done = threading.Event()
    def watch():
        global most
        while not done.wait(0.002):
            most = max(most, own())
    watcher = threading.Thread(target=watch)
    watcher.start()
    _, network = open_model(folder)
    done.set()
    watcher.join()
    grown = max(most, own()) - before
    held = sum(p.nbytes for p in network.parameters())
    print(f"weights {{held / 1e6:.0f}} MB, grown by {{grown / 1e6:.0f}} MB")
    assert grown < 1.1 * held, grown / held
"""
    saved(tmp_path / "warm", SMALL)
    for what in ("write", "read"):
        done = subprocess.run([sys.executable, "-c", code, what], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
    print(done.stdout)


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
    with pytest.raises(InvalidInput, match="transformer.h.0.ln_1.bias") as caught:
        open_model(folder)
    assert "stranger" in str(caught.value)
    weights = load_file(saved(folder, SMALL) / "model.safetensors")
    weights["transformer.wpe.weight"] = torch.zeros(7, 16)
    weights["transformer.h.0.attn.c_attn.weight"] = torch.zeros(16, 48, dtype=torch.int8)
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(InvalidInput, match="wpe.weight is 7×16, but config.json makes it 8×16") as caught:
        open_model(folder)
    assert "c_attn.weight is of type I8" in str(caught.value)


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
