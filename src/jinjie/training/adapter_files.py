"""What a LoRA run has learned, by itself: thin matrices in peft's layout, to be put on the model that it began from.

`adapter_config.json` and `adapter_model.safetensors`, as peft 0.7 and later read them:

    PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(START, num_labels=K), FOLDER)

A map of ours may be several of theirs (queries, keys and values in one): each then has the same A, and its rows of B.
Heads, which move whole, are among peft's `modules_to_save`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import whole_folder, write_json
from jinjie.models import layout as layouts
from jinjie.models.folder import place_of, shape_of
from jinjie.models.layout import Layout, Part
from jinjie.models.model import ModelConfig
from jinjie.training.tuning import Tuning

if TYPE_CHECKING:
    import torch

FOLDER = "adapters"
"""The folder in a finished model's."""
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."
_TASKS = {"language": "CAUSAL_LM"}
"""peft's names of the tasks that it treats apart; its own for classifiers would look for heads by its own names."""


def write(
    folder: Path,
    weights: Mapping[str, torch.Tensor],
    config: ModelConfig,
    tuning: Tuning,
    start: str | None,
    task: str,
) -> bool:
    """Write the adapters among a network's `weights` to `folder`, which must be there; whether there was a way to.

    False where the model fits no published layout, or a head that moved is no module of its own there.
    """
    from safetensors.torch import save_file

    layout = layouts.fitting(config)
    if layout is None:
        return False
    adapted, whole = _parts(layout, config, weights)
    heads = {name for name in weights if name.partition(".")[0] in config.heads_of}
    kept = sorted({theirs.rpartition(".")[0] for theirs in whole})
    within = any(other.startswith(f"{one}.") for one in kept for other in kept)
    if not adapted or within or heads - {ours for ours, _ in whole.values()}:
        return False
    tensors: dict[str, torch.Tensor] = {}
    turned = False
    for module, part in adapted.items():
        up = part._replace(ours=f"{part.ours.removesuffix('.weight')}.lora_up", turned=False)
        rows = place_of(up, weights)
        down = weights[up.ours.replace("lora_up", "lora_down")]
        tensors[f"{_PREFIX}{module}.lora_A.weight"] = down.detach().float().clone()
        made = rows.detach().float().reshape(shape_of(up, rows))
        tensors[f"{_PREFIX}{module}.lora_B.weight"] = made.clone().contiguous()
        turned |= part.turned
    for theirs, (ours, is_turned) in whole.items():
        tensor = weights[ours].detach().float()
        tensors[f"{_PREFIX}{theirs}"] = (tensor.T if is_turned else tensor).clone().contiguous()
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    settings: dict[str, Any] = {
        "peft_type": "LORA",
        "task_type": _TASKS.get(task),
        "base_model_name_or_path": start,
        "r": tuning.rank,
        "lora_alpha": tuning.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": turned,
        "target_modules": sorted(adapted),
        "modules_to_save": kept or None,
        "inference_mode": True,
    }
    write_json(folder / CONFIG, settings)
    return True


def _parts(
    layout: Layout, config: ModelConfig, weights: Mapping[str, torch.Tensor]
) -> tuple[dict[str, Part], dict[str, tuple[str, bool]]]:
    """Modules of theirs that are adapted, each with the piece of our map that it is; and tensors of heads, which are
    kept whole, each with ours."""
    adapted: dict[str, Part] = {}
    whole: dict[str, tuple[str, bool]] = {}
    for part in layout.parts(config):
        theirs = layout.file_name(config, part.theirs)
        place, _, leaf = part.ours.rpartition(".")
        if leaf == "weight" and f"{place}.lora_up" in weights:
            adapted[theirs.removesuffix(".weight")] = part
        elif part.ours.partition(".")[0] in config.heads_of and theirs.endswith((".weight", ".bias")):
            whole[theirs] = (part.ours, part.turned)
    return adapted, whole


def export(source: Path, target: Path, replace: bool = False) -> dict[str, int]:
    """Copy the adapters of a finished model's folder to `target`, whole or not at all; bytes by file's name.

    Raises JinjieError when the model has none, InvalidInput when `target` is there (unless it is to be replaced and
    holds adapters).
    """
    there = source / FOLDER
    if not (there / CONFIG).is_file():
        raise JinjieError("export.no_adapters", folder=source)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        if not replace:
            raise InvalidInput([Problem(str(target), "export.there")])
        if not (target / CONFIG).is_file():
            raise InvalidInput([Problem(str(target), "export.no_adapters_there")])
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(target) as folder:
        for name in (CONFIG, WEIGHTS):
            shutil.copyfile(there / name, folder / name)
    return {file.name: file.stat().st_size for file in sorted(target.iterdir())}
