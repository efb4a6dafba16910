"""A finished model as a folder that other programs open: in a published layout, with its tokenizer beside it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from jinjie.base.errors import InvalidInput, JinjieError, Problem, did_you_mean
from jinjie.base.files import whole_folder, write_json
from jinjie.data.dataset import Report
from jinjie.models import layout as layouts
from jinjie.models import shards
from jinjie.models.folder import OWN, open_config, open_settings, save_weights
from jinjie.models.layout import Layout
from jinjie.models.model import ModelConfig
from jinjie.training import finished

if TYPE_CHECKING:
    import torch

Dtype = Literal["fp32", "bf16", "fp16"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
SHARD_BYTES = 5_000_000_000
_STORED: dict[str, Dtype] = {"F32": "fp32", "BF16": "bf16", "F16": "fp16"}
_LARGEST_FP16 = 65504.0

CHAT = "chat_template.jinja"
TRAVEL = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "tokenizer.model",
    "documents.json",
    "generation_config.json",
    CHAT,
    "chat_template.json",
)
"""What a folder holds beside its weights and their config, and other programs look for."""
_TOKEN_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    layout: str
    model_type: str
    architecture: str | None
    """The class of transformers that opens it; None in our own layout."""
    dtype: Dtype
    files: dict[str, int]
    """Bytes by name."""


def export(
    source: Path,
    target: Path,
    *,
    layout: str | None = None,
    dtype: Dtype | None = None,
    shard_bytes: int = SHARD_BYTES,
    replace: bool = False,
    report: Report | None = None,
) -> Exported:
    """Write the finished model in `source` to `target`, whole or not at all.

    In the layout of that name, else in the first that can say all of its config; in `dtype`, else as it is stored. Our
    own layout, "jinjie", holds any model.

    Raises InvalidInput naming each setting that the layout has no word for, a folder that is there already (unless it
    is to be replaced), and weights that fp16 cannot hold; JinjieError when no published layout holds such a model.
    """
    config = open_config(source)
    chosen = _chosen(with_constants(config, layout), layout)
    _free(target, source, replace)
    kept = dtype or as_stored(source)
    model = finished.open_finished(source, _torch_dtype(kept) if kept != "fp16" else None, report=report)
    config, weights = with_constants(model.config, layout), model.network.state_dict()
    if chosen is not None:
        for name in {part.ours for part in chosen.parts(config)} - set(weights):
            beside = weights[name.removesuffix("bias") + "weight"]
            weights[name] = beside.new_zeros(len(beside))
    if kept == "fp16":
        _fits(weights)
    how: dict[str, Any] = {
        "layout": chosen,
        "own": chosen is None,
        "dtype": _torch_dtype(kept),
        "shard_bytes": shard_bytes,
        "report": report,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(target) as folder:
        if (source / "jinjie.json").is_file():
            finished.write(folder, weights, config, model.processor, **how)
            _copy(source, folder, [CHAT])
        else:
            save_weights(weights, config, folder, **how)
            _as_it_came(source, folder)
        if chosen is None:
            write_json(folder / "jinjie.json", model.card)
    settings = open_settings(target)
    return Exported(
        target,
        OWN if chosen is None else chosen.name,
        settings["model_type"],
        next(iter(settings.get("architectures", ())), None),
        kept,
        {file.name: file.stat().st_size for file in sorted(target.iterdir())},
    )


def check(source: Path, layout: str | None = None) -> None:
    """Raise as `export` would where the layout of that name, or any, cannot hold the model. Nothing large is read."""
    _chosen(with_constants(open_config(source), layout), layout)


def _as_it_came(source: Path, folder: Path) -> None:
    """Take along a foreign folder's tokenizer, chat template and settings of generation, to the letter."""
    _copy(source, folder, TRAVEL)
    theirs, ours = open_settings(source), open_settings(folder)
    named = {name: theirs[name] for name in _TOKEN_IDS if name in theirs}
    write_json(folder / "config.json", ours | named)


def _copy(source: Path, folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def _chosen(config: ModelConfig, name: str | None) -> Layout | None:
    """The layout to write; None for our own."""
    if name == OWN:
        return None
    known = {one.name: one for one in layouts.of_kind(config.kind)}
    if not known:
        held = ", ".join(sorted({one.kind for one in layouts.layouts()}))
        raise JinjieError("export.no_layout", kind=config.kind, held=held)
    if name is not None and name not in known:
        suggestion = did_you_mean(name, [*known, OWN])
        raise InvalidInput([Problem("--layout", "export.unknown_layout", came=name, suggestion=suggestion)])
    if name is None and (fitting := layouts.fitting(config)) is not None:
        return fitting
    tried = [known[name]] if name is not None else list(known.values())
    problems = [
        Problem(
            f"model.{one.field}",
            "export.obstacle",
            came=_word(one.came),
            layout=layout.name,
            wanted=_word(one.wanted),
        )
        for layout in tried
        for one in layout.obstacles(config)
    ]
    if problems:
        raise InvalidInput([*problems, Problem("", "export.own_holds_it")])
    return tried[0]


def with_constants(config: ModelConfig, name: str | None) -> ModelConfig:
    """The config with constants in every projection and norm where no layout (or not that of `name`) can leave them out
    and one can hold all else: constants of 0 change nothing."""
    known = [one for one in layouts.of_kind(config.kind) if name in (None, one.name)]
    if getattr(config, "bias", True) or name == OWN or any(not one.obstacles(config) for one in known):
        return config
    full = config.model_copy(update={"bias": True, "biased": None})
    return full if any(not one.obstacles(full) for one in known) else config


def _word(value: Any) -> str:
    """A setting's value as the command line writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _free(target: Path, source: Path, replace: bool) -> None:
    """Raise unless `target` may be written: it is not there, or empty, or to be replaced and a folder of a model."""
    if target.resolve() == source.resolve():
        raise InvalidInput([Problem(str(target), "export.onto_itself")])
    if not target.exists() or target.is_dir() and not any(target.iterdir()):
        return
    if not replace:
        raise InvalidInput([Problem(str(target), "export.there")])
    if not (target / "config.json").is_file():
        raise InvalidInput([Problem(str(target), "export.no_model_there")])


def as_stored(source: Path) -> Dtype:
    """The precision of a folder's weights where they agree, else fp32."""
    found = {one.dtype for one in shards.find(source).stored.values() if one.dtype.startswith(("F", "BF"))}
    return _STORED.get(found.pop(), "fp32") if len(found) == 1 else "fp32"


def _torch_dtype(name: Dtype) -> torch.dtype:
    import torch

    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[name]


def _fits(weights: Mapping[str, torch.Tensor]) -> None:
    """Raise when a weight is too large for fp16, which would make it infinite."""
    problems = []
    for name, tensor in weights.items():
        largest = float(tensor.abs().max()) if tensor.is_floating_point() and tensor.numel() else 0.0
        if largest > _LARGEST_FP16:
            problems.append(Problem("--dtype", "export.too_large", name=name, came=f"{largest:.3g}"))
    if problems:
        raise InvalidInput(problems)
