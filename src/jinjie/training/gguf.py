"""A finished model as one GGUF file, which llama.cpp opens: GPT-2's and Llama's layouts, with the tokenizer inside.

llama.cpp works each architecture out in one way, so a setting that it would work out otherwise is refused by name.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import TEMPORARY, sync_folder
from jinjie.base.lazy import lazy
from jinjie.data.tokenization.gguf import Described, described
from jinjie.decoding.llama import Llama, check_installed
from jinjie.models import layout as layouts
from jinjie.models.gpt.config import Config, Linear, Llama3
from jinjie.models.model import ModelConfig
from jinjie.training.export import Dtype, with_constants
from jinjie.training.finished import Finished

if TYPE_CHECKING:
    import numpy as np
    import torch
else:
    np = lazy("numpy")
    torch = lazy("torch")

_FILE_TYPES = {"fp32": 0, "fp16": 1, "bf16": 32}
"""How llama.cpp numbers what most of a file's tensors are."""


@dataclass(frozen=True)
class Written:
    """What was written."""

    file: Path
    architecture: str
    dtype: Dtype
    tensors: int
    bytes: int
    tokenizer: str | None
    """llama.cpp's name for where words are cut; None of a file without a tokenizer."""


def write(model: Finished, file: Path, *, dtype: Dtype = "fp32", tokenizer: bool = True) -> Written:
    """Write a finished model, whole or not at all; what stands at `file` is replaced.

    Matrices are kept in `dtype`, all else in fp32, as llama.cpp wants it. Without `tokenizer` the file knows token ids
    alone.

    Raises JinjieError when the package `gguf` is absent or the tokenizer is one that llama.cpp lacks, InvalidInput
    naming each setting of the model that it lacks.
    """
    if importlib.util.find_spec("gguf") is None:
        raise JinjieError("gguf.no_package", package="gguf")
    gguf: Any = importlib.import_module("gguf")
    config, architecture = described_model(model.config)
    vocabulary = config.known("vocabulary")
    words = described(model.processor, vocabulary) if tokenizer else None  # type: ignore[arg-type]
    temporary = file.with_name(f"{TEMPORARY}{file.name}-{uuid.uuid4().hex[:8]}")
    try:
        writer = gguf.GGUFWriter(temporary, architecture)
        _settings(writer, config, str(model.card.get("run", model.folder.name)), dtype, gguf)
        _words(writer, words, model.folder)
        count = 0
        for name, array in tensors(config, architecture, model.network.state_dict(), gguf):
            kept = _stored(
                array, dtype if array.ndim > 1 and name != "position_embd.weight" else "fp32", gguf
            )
            writer.add_tensor(name, kept, raw_dtype=_kind(kept, gguf))
            count += 1
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(file)
    except OSError as error:
        raise JinjieError("run.cannot_write", path=file, reason=str(error)) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(file.parent)
    return Written(file, architecture, dtype, count, file.stat().st_size, words.cut if words else None)


@contextmanager
def in_llama(model: Finished, rows: int, threads: int) -> Iterator[Llama]:
    """The model in llama.cpp, for up to `rows` texts at once, from a file in fp32 that goes when it is closed.

    Raises JinjieError as `write` and `Llama` do.
    """
    check_installed()
    config: Any = model.config
    with TemporaryDirectory(prefix="jinjie-") as folder:
        file = write(model, Path(folder) / "model.gguf", tokenizer=False).file
        with Llama(file, config.known("vocabulary"), config.block, rows, threads) as opened:
            yield opened


def described_model(config: ModelConfig) -> tuple[Config, str]:
    """The config with constants where its layout has them, and llama.cpp's name for such an architecture.

    Raises InvalidInput naming each setting that llama.cpp has no word for, JinjieError for a model of another kind.
    """
    if not isinstance(config, Config):
        raise JinjieError("gguf.kind", kind=config.kind)
    whole = with_constants(config, None)
    assert isinstance(whole, Config)
    fitting = layouts.fitting(whole)
    if fitting is None:
        found = {
            one.field: one for layout in layouts.of_kind("gpt") for one in layout.obstacles(whole)
        }.values()
        problems = [
            Problem(f"model.{one.field}", "gguf.obstacle", came=_word(one.came), wanted=_word(one.wanted))
            for one in found
        ]
        raise InvalidInput(problems)
    wanted: dict[str, Any] = {"activation": "gelu-tanh"}
    architecture = "gpt2"
    if fitting.name != "gpt2":
        wanted = {"activation": "silu"}
        qkv, out, feedforward = whole.biases
        even = whole.heads * whole.head_size == whole.width
        as_qwen2 = qkv and even and not (out or feedforward)
        architecture = "qwen3" if whole.qk_norm else "qwen2" if as_qwen2 else "llama"
        if whole.window is not None and whole.window < whole.block:
            wanted["window"] = None
        if whole.qk_norm and qkv:
            wanted["biased"] = None
    problems = [
        Problem(f"model.{name}", "gguf.obstacle", came=_word(getattr(whole, name)), wanted=_word(value))
        for name, value in wanted.items()
        if getattr(whole, name) != value
    ]
    if problems:
        raise InvalidInput(problems)
    return whole, architecture


def tensors(
    config: Config, architecture: str, weights: Mapping[str, torch.Tensor], gguf: Any
) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Every tensor by llama.cpp's name, in fp32; matrices are (outputs, inputs), as ours."""
    layout = layouts.fitting(config)
    assert layout is not None
    kinds = {value: key for key, value in gguf.MODEL_ARCH_NAMES.items()}
    names = gguf.get_tensor_name_map(kinds[architecture], config.layers)
    for part in layout.parts(config):
        ours = weights.get(part.ours)
        if ours is None:  # a constant of 0 that the model does without
            beside = weights[part.ours.removesuffix("bias") + "weight"]
            ours = beside.new_zeros(len(beside))
        rows = len(ours) if part.rows is None else part.rows
        array = ours[part.first : part.first + rows].float().cpu().numpy()
        for side, heads in (("q_proj", config.heads), ("k_proj", config.groups)):
            if architecture == "llama" and f".{side}." in part.theirs:
                array = _turned(array, heads)
        name = names.get_name(part.theirs, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise ValueError(f"llama.cpp's {architecture} has no place for {part.theirs}")
        yield name, np.ascontiguousarray(array)
    if isinstance(config.rope_scaling, Llama3):
        yield "rope_freqs.weight", _rates(config, config.rope_scaling)


def _turned(array: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Queries' or keys' rows so that the two numbers which rotary positions turn together stand side by side."""
    size = len(array) // heads
    return array.reshape(heads, 2, size // 2, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)


def _rates(config: Config, how: Llama3) -> np.ndarray[Any, Any]:
    """What each pair's rate is divided by, (D/2,): Llama 3's stretching, as `attention/rotary.py` has it."""
    pairs = np.arange(0, config.head_size, 2) / config.head_size
    waves = 2 * math.pi * config.rope_theta**pairs
    part = (how.original / waves - how.low) / (how.high - how.low)
    smooth = np.clip(part, 0, 1)
    made: np.ndarray[Any, Any] = (1 / ((1 - smooth) / how.factor + smooth)).astype(np.float32)
    return made


def _settings(writer: Any, config: Config, name: str, dtype: Dtype, gguf: Any) -> None:
    writer.add_name(name)
    writer.add_file_type(_FILE_TYPES[dtype])
    writer.add_context_length(config.block)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.hidden)
    writer.add_head_count(config.heads)
    writer.add_vocab_size(config.known("vocabulary"))
    if config.norm == "layernorm":
        writer.add_layer_norm_eps(config.norm_eps)
        return
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_head_count_kv(config.groups)
    writer.add_key_length(config.head_size)
    writer.add_value_length(config.head_size)
    writer.add_rope_dimension_count(config.head_size)
    writer.add_rope_freq_base(config.rope_theta)
    if isinstance(config.rope_scaling, Linear):
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config.rope_scaling.factor)


def _words(writer: Any, words: Described | None, folder: Path) -> None:
    if words is None:
        writer.add_tokenizer_model("none")
        return
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(words.cut)
    writer.add_token_list(words.tokens)
    writer.add_token_types(words.kinds)
    writer.add_token_merges(words.merges)
    for add, token in (
        (writer.add_bos_token_id, words.bos),
        (writer.add_eos_token_id, words.eos),
        (writer.add_pad_token_id, words.pad),
    ):
        if token is not None:
            add(token)
    writer.add_add_bos_token(words.begins)
    template = folder / "chat_template.jinja"
    if template.is_file():
        writer.add_chat_template(template.read_text("utf-8"))


def _stored(array: np.ndarray[Any, Any], dtype: Dtype, gguf: Any) -> np.ndarray[Any, Any]:
    if dtype == "fp16":
        made: np.ndarray[Any, Any] = array.astype(np.float16)
        return made
    if dtype == "bf16":
        quantised: np.ndarray[Any, Any] = gguf.quants.quantize(array, gguf.GGMLQuantizationType.BF16)
        return quantised
    return array


def _kind(array: np.ndarray[Any, Any], gguf: Any) -> Any:
    """The type of a tensor that is stored as bytes; None of one whose own type says it."""
    return gguf.GGMLQuantizationType.BF16 if array.dtype == np.uint8 else None


def _word(value: Any) -> str:
    """A setting's value as the command line writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
