"""GGUF files, read back by the format's own reader tensor by tensor; what llama.cpp cannot hold is refused by name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from drawn import randomised

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.base.files import TEMPORARY
from jinjie.data.tokenization.gguf import described
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.train import BPE, train
from jinjie.models import bert, gpt
from jinjie.training import gguf
from jinjie.training.finished import Finished, model_folder, open_finished

reader = pytest.importorskip("gguf")

LLAMA: dict[str, Any] = {
    "vocabulary": 300,
    "block": 64,
    "layers": 2,
    "width": 64,
    "heads": 4,
    "positions": "rotary",
    "norm": "rmsnorm",
    "activation": "silu",
    "gated": True,
    "bias": False,
    "feedforward": 96,
}


def words() -> TokenProcessor:
    """As `data.tokenizer=gpt2` cuts them."""
    return train(BPE(size=300, cut="gpt2"), ["The king said to the king: the rain, the rain! 月下独酌。"] * 3)


def finished(config: Any, processor: Any = None, folder: Path = Path("m")) -> Finished:
    return Finished(folder, config, randomised(config.build()).eval(), processor, None, {})  # type: ignore[arg-type]


def read(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    opened = reader.GGUFReader(file)
    fields = {name: field.contents() for name, field in opened.fields.items()}
    return fields, {tensor.name: tensor for tensor in opened.tensors}


def test_a_gpt2_is_read_back_with_its_tokenizer(tmp_path: Path) -> None:
    config = gpt.Config(vocabulary=300, block=32, layers=2, width=48, heads=4)
    model = finished(config, words())
    made = gguf.write(model, tmp_path / "m.gguf")
    assert (made.architecture, made.tokenizer, made.bytes) == (
        "gpt2",
        "gpt-2",
        (tmp_path / "m.gguf").stat().st_size,
    )
    fields, tensors = read(tmp_path / "m.gguf")
    assert fields["gpt2.context_length"] == 32 and fields["gpt2.attention.head_count"] == 4
    assert fields["gpt2.attention.layer_norm_epsilon"] == pytest.approx(1e-5)
    weights = model.network.state_dict()
    for theirs, ours in {
        "token_embd.weight": "embed.weight",
        "position_embd.weight": "positions.weight",
        "blk.1.attn_qkv.weight": "blocks.1.attention.qkv.weight",
        "blk.1.ffn_down.bias": "blocks.1.feedforward.down.bias",
        "output_norm.weight": "norm.weight",
    }.items():
        assert np.array_equal(tensors[theirs].data, weights[ours].numpy()), theirs
    assert "output.weight" not in tensors and len(tensors) == made.tensors == 2 + 12 * 2 + 2
    tokenizer = words().tokenizer
    assert fields["tokenizer.ggml.model"] == "gpt2" and fields["tokenizer.ggml.pre"] == "gpt-2"
    assert fields["tokenizer.ggml.tokens"] == [tokenizer.id_to_token(i) or f"[PAD{i}]" for i in range(300)]
    kinds = fields["tokenizer.ggml.token_type"]
    end = tokenizer.token_to_id("<|endoftext|>")
    assert kinds[end] == 3 and kinds[end + 1] == 1 and kinds[299] in (1, 5)
    assert fields["tokenizer.ggml.eos_token_id"] == end
    assert fields["tokenizer.ggml.merges"] == [
        " ".join(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]
    ]


def test_queries_and_keys_of_a_llama_are_turned_and_halves_are_kept_in_16_bits(tmp_path: Path) -> None:
    config = gpt.Config(**LLAMA, kv_heads=2, tied=False)
    model = finished(config)
    gguf.write(model, tmp_path / "m.gguf", tokenizer=False)
    fields, tensors = read(tmp_path / "m.gguf")
    assert fields["general.architecture"] == "llama" and fields["llama.attention.head_count_kv"] == 2
    assert fields["tokenizer.ggml.model"] == "none" and fields["llama.vocab_size"] == 300
    qkv = model.network.state_dict()["blocks.0.attention.qkv.weight"].numpy()
    q, k, v = np.split(qkv, [64, 96])
    size = config.head_size
    for name, rows, heads in (("q", q, 4), ("k", k, 2)):
        found = tensors[f"blk.0.attn_{name}.weight"].data
        for head in range(heads):
            own, turned = rows[head * size :][:size], found[head * size :][:size]
            assert np.array_equal(turned[0::2], own[: size // 2]) and np.array_equal(
                turned[1::2], own[size // 2 :]
            )
    assert np.array_equal(tensors["blk.0.attn_v.weight"].data, v)
    for dtype, kept in (("fp16", "F16"), ("bf16", "BF16")):
        gguf.write(model, tmp_path / "h.gguf", dtype=dtype, tokenizer=False)  # type: ignore[arg-type]
        _, half = read(tmp_path / "h.gguf")
        assert half["blk.0.attn_v.weight"].tensor_type.name == kept
        assert half["blk.0.attn_norm.weight"].tensor_type.name == "F32"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"activation": "gelu-tanh"}, "model.activation"),
        ({"window": 16}, "model.window"),
        ({"norm": "layernorm"}, "model.norm"),
        ({"positions": "learned"}, "model.positions"),
        ({"causal": False}, "model.causal"),
        ({"qk_norm": True, "biased": "attention"}, "model.biased"),
    ],
)
def test_what_llama_cpp_works_out_otherwise_is_named(
    changes: dict[str, Any], named: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput) as refused:
        gguf.write(finished(gpt.Config(**LLAMA | changes)), tmp_path / "m.gguf", tokenizer=False)
    assert named in {problem.where for problem in refused.value.problems}
    assert not list(tmp_path.glob("*.gguf*"))


def test_tokenizers_and_models_that_it_lacks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(JinjieError, match="characters"):
        gguf.write(open_finished(model_folder("poems")), tmp_path / "m.gguf")
    with pytest.raises(JinjieError, match="where this tokenizer cuts"):
        gguf.write(open_finished(model_folder("mix")), tmp_path / "m.gguf")
    with pytest.raises(JinjieError, match="kind 'bert'"):
        gguf.write(finished(bert.Config(vocabulary=20, layers=1, width=8, heads=1)), tmp_path / "m.gguf")
    assert not list(tmp_path.glob("*.gguf*"))
    assert described(words(), 310).kinds[300:] == [5] * 10


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = finished(gpt.Config(vocabulary=300, block=32, layers=1, width=48, heads=4))
    (tmp_path / "m.gguf").write_bytes(b"before")

    def torn(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reader.GGUFWriter, "write_tensors_to_file", torn)
    with pytest.raises(JinjieError, match="No space left"):
        gguf.write(model, tmp_path / "m.gguf", tokenizer=False)
    assert (tmp_path / "m.gguf").read_bytes() == b"before"
    assert not [file for file in tmp_path.glob("*.gguf*") if TEMPORARY in file.name]


def test_the_command_writes_a_file_and_says_what_is_missing(tmp_path: Path) -> None:
    def jinjie(*asked: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jinjie", *asked], capture_output=True, text=True, timeout=300
        )

    file = tmp_path / "new" / "poems.gguf"
    came = jinjie("export", "poems", str(file), "--to", "gguf", "--no-tokenizer", "--json")
    assert came.returncode == 0, came.stderr
    told = json.loads(came.stdout)
    assert told["architecture"] == "gpt2" and told["dtype"] == "fp16" and told["bytes"] == file.stat().st_size
    again = jinjie("export", "poems", str(file), "--to", "gguf", "--no-tokenizer")
    assert again.returncode == 2 and "--replace" in again.stderr
    wrong = jinjie("export", "poems", str(file), "--to", "ggfu", "--layout", "gpt2", "--no-tokenizer")
    assert wrong.returncode == 2 and "Did you mean 'gguf'" in wrong.stderr


@pytest.mark.skipif(
    gguf.importlib.util.find_spec("llama_cpp") is not None, reason="llama.cpp is installed here"
)
def test_without_llama_cpp_the_engine_says_how_to_install_it() -> None:
    for command in (["generate", "月"], ["serve", "poems", "--port", "0"]):
        came = subprocess.run(
            [sys.executable, "-m", "jinjie", *command, "--engine", "llama.cpp"],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert came.returncode == 1 and 'pip install "jinjie[llama]"' in came.stderr, came.stderr


def test_weights_are_not_changed_by_writing(tmp_path: Path) -> None:
    model = finished(gpt.Config(**LLAMA, biased="qkv"))
    before = {name: tensor.clone() for name, tensor in model.network.state_dict().items()}
    made = gguf.write(model, tmp_path / "m.gguf", tokenizer=False)
    assert made.architecture == "qwen2"
    assert all(torch.equal(before[name], tensor) for name, tensor in model.network.state_dict().items())
