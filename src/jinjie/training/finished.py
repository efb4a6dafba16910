"""A finished model: the folder `RUN/model`, which opens here and, in the Hugging Face layout, elsewhere.

Beside the model's own files it holds what the task and the data's processor need to answer, and `jinjie.json`,
which says where it comes from and how it scored. A folder made elsewhere has no such file: its task follows from its
layout, and its processor from its tokenizer's files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from safetensors import SafetensorError

from jinjie.base import paths
from jinjie.base.errors import JinjieError, NotFound, did_you_mean
from jinjie.base.files import whole_folder, write_json
from jinjie.data.dataset import Processor, Report, TextProcessor
from jinjie.data.pretrained import PRETRAINED, pretrained_folder
from jinjie.data.questions.pairs import AnswerProcessor
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.data.tokenization.opening import QWEN2_WORDS, open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.models import shards
from jinjie.models.folder import layout_of, open_settings
from jinjie.models.model import ModelConfig
from jinjie.tasks.task import Task
from jinjie.training import adapter_files, hub
from jinjie.training import recipe as recipes
from jinjie.training.recipe import Recipe
from jinjie.training.runs import all_runs, find

if TYPE_CHECKING:
    import torch
    from torch import nn

    from jinjie.training.networks import Networks

PACKAGED = "poems"
"""The small GPT that travels in the package, so that something answers in the first minute."""


@dataclass(frozen=True)
class Finished:
    """An opened model with what it needs to answer."""

    folder: Path
    config: ModelConfig
    network: nn.Module
    processor: Processor
    task: Task
    card: dict[str, Any]


def save(
    run: Path,
    recipe: Recipe,
    networks: Networks,
    processor: Processor,
    step: int,
    metrics: Mapping[str, float],
) -> None:
    """Write `RUN/model` whole: the best model so far. Raises DiskFull or RunGone."""
    from jinjie.training.events import unwritable

    folder = run / "model"
    card = {
        "recipe": recipe.name,
        "run": run.name,
        "step": step,
        "task": recipe.task.model_dump(mode="json"),
        "data": recipe.data.model_dump(mode="json"),
        "validation": dict(metrics),
    }
    try:
        with whole_folder(folder) as temporary:
            write(temporary, networks.finished("model"), networks.configs["model"], processor)
            if recipe.tuning.body == "lora":
                _write_adapters(temporary / adapter_files.FOLDER, recipe, networks)
            write_json(temporary / "jinjie.json", card)
    except (OSError, SafetensorError) as error:
        raise unwritable(run, folder, error) from error


def _write_adapters(folder: Path, recipe: Recipe, networks: Networks) -> None:
    """The adapters by themselves, where another program can take them."""
    folder.mkdir()
    config, weights = networks.configs["model"], networks.weights("model")
    if not adapter_files.write(folder, weights, config, recipe.tuning, recipe.start, recipe.task.kind):
        folder.rmdir()


def write(
    folder: Path,
    weights: Mapping[str, torch.Tensor],
    config: ModelConfig,
    processor: Processor,
    **how: Any,
) -> None:
    """Write a model and what goes with it into a folder that is there; `how` as for `models.folder.save_weights`.

    A published config.json also names the tokens that begin, end and pad a text, as other programs look for them there,
    and its tokenizer puts before a text what stood there in training.
    """
    from jinjie.models.folder import save_weights

    qwen2 = getattr(config, "biased", None) == "qkv" and getattr(config, "window", None) is None
    if qwen2 and not (how.get("own") or _cuts_as_qwen2(processor)):
        # transformers gives every folder of type qwen2 Qwen2's own tokenizer, whatever lies in it. Llama's type takes
        # any, and a constant of 0 behind the attention makes the same model one of Llama's.
        config, weights = _with_all_constants(config, weights)
    save_weights(weights, config, folder, **how)
    layout = layout_of(folder)
    if layout is not None and isinstance(processor, TokenProcessor):
        processor = processor.with_start_inside()
    processor.save(folder)
    if layout is None or not isinstance(processor, TokenProcessor):
        return
    ends = list(processor.ends)
    named: dict[str, Any] = {f"{role}_token_id": processor.special.get(role) for role in ("bos", "pad")}
    named["eos_token_id"] = ends if len(ends) > 1 else ends[0] if ends else None
    settings = open_settings(folder)
    labels = getattr(processor, "labels", None)
    if labels is not None and len(labels) == len(settings.get("id2label", ())):
        named["id2label"] = {str(i): label for i, label in enumerate(labels)}
        named["label2id"] = {label: i for i, label in enumerate(labels)}
    write_json(folder / "config.json", settings | named)
    told = {name: value for name, value in named.items() if value is not None}
    if told and layout.task == "language":
        write_json(folder / "generation_config.json", {"_from_model_config": True, **told})


def _cuts_as_qwen2(processor: Processor) -> bool:
    """Whether a tokenizer cuts words where Qwen2's does."""
    if not isinstance(processor, TokenProcessor):
        return True
    cuts = json.loads(processor.tokenizer.to_str())["pre_tokenizer"] or {}
    parts = cuts.get("pretokenizers", [cuts])
    return any(part.get("pattern") == {"Regex": QWEN2_WORDS} for part in parts)


def _with_all_constants(
    config: ModelConfig, weights: Mapping[str, torch.Tensor]
) -> tuple[ModelConfig, Mapping[str, torch.Tensor]]:
    """A GPT with constants in queries, keys and values as one that has them behind the attention too, of 0."""
    more = {
        name.replace(".out.weight", ".out.bias"): tensor.new_zeros(len(tensor))
        for name, tensor in weights.items()
        if name.endswith("attention.out.weight")
    }
    return config.model_copy(update={"biased": "attention"}), {**weights, **more}


def add_scores(folder: Path, metrics: Mapping[str, float]) -> None:
    """Note the scores on the test split in the folder's `jinjie.json`."""
    card = json.loads((folder / "jinjie.json").read_bytes())
    write_json(folder / "jinjie.json", {**card, "test": dict(metrics)})


def open_finished(
    folder: Path, dtype: torch.dtype | None = None, device: str = "cpu", report: Report | None = None
) -> Finished:
    """Open a finished model's folder for use, ours or one in a published layout; `report` hears how far a large one is.

    Raises JinjieError when something is missing from it.
    """
    from jinjie.models.folder import open_model

    if not (folder / "jinjie.json").is_file() and (layout := layout_of(folder)) is not None:
        shards.find(folder)  # of weights that are a pickle, that is to be said before what else is wrong
        processor: Processor = open_tokenizer(folder)
        config, network = open_model(folder, dtype, report)
        task = TypeAdapter(recipes.Task).validate_python({"kind": layout.task_of(config)})
        if task.kind in ("classify", "tag") and isinstance(processor, TokenProcessor):
            processor = LabelledProcessor.of(processor, _labels(folder, config), config.known("block"))
        if task.kind == "answer" and isinstance(processor, TokenProcessor):
            processor = AnswerProcessor.answering(processor, config.known("block"), "en")
        card: dict[str, Any] = {"task": task.model_dump(mode="json"), "layout": layout.name}
        return Finished(folder, config, network.to(device), processor, task.build(), card)
    try:
        card = json.loads((folder / "jinjie.json").read_bytes())
    except (OSError, ValueError) as error:
        raise JinjieError("model.no_card", folder=folder, reason=str(error)) from error
    config, network = open_model(folder, dtype, report)
    task = TypeAdapter(recipes.Task).validate_python(card["task"])
    if "data" in card:
        processor = TypeAdapter(recipes.Data).validate_python(card["data"]).open_processor(folder)
    else:  # a copy, in our own layout, of a folder made elsewhere
        processor = open_tokenizer(folder)
    return Finished(folder, config, network.to(device), processor, task.build(), card)


def _labels(folder: Path, config: ModelConfig) -> list[str]:
    """What a classifier made elsewhere calls its classes, by number."""
    named = open_settings(folder).get("id2label") or {}
    return [str(named.get(str(i), f"LABEL_{i}")) for i in range(config.known("outputs"))]


def text_processor(model: Finished) -> TextProcessor:
    """The processor of a language model. Raises JinjieError when the model is of another sort."""
    if not isinstance(model.processor, TextProcessor) or not hasattr(model.network, "cache"):
        raise JinjieError("model.writes_no_text", name=model.card.get("run", model.folder.name))
    return model.processor


def model_folder(name: str, report: Report | None = None) -> Path:
    """The model folder that `name` means: a packaged model's name, a path, a published model's name, a run, or a name
    on the Hugging Face hub (`owner/name`, `owner/name@revision`, or one of its old short names, such as `gpt2`).

    What is not on this machine is fetched on first use; `report` hears how far that is.

    Raises NotFound with the nearest name, JinjieError when the run has no model yet or the model cannot be fetched.
    """
    if (near := _at_hand(name)) is not None:
        return near
    if name in PRETRAINED:
        return pretrained_folder(name, report)
    try:
        run = find(name)
    except NotFound as error:
        if name in hub.SHORT or hub.is_name(name):
            return hub.fetched(hub.SHORT.get(name, name), quiet=report is None)
        if paths.is_there(paths.place(name)):
            return paths.place(name).absolute()  # opening it says what it lacks
        names = [*packaged(), *PRETRAINED, *(run.name for run in all_runs()[:20])]
        raise NotFound("model.not_found", name=name, suggestion=did_you_mean(name, names)) from error
    folder = run.path / "model"
    if not (folder / "config.json").is_file():
        raise JinjieError("model.none_yet", run=run.name)
    return folder


def is_model(name: str) -> bool:
    """Whether `name` means a model, without fetching one: a hub name counts when the model is on this machine."""
    if _at_hand(name) is not None or name in PRETRAINED:
        return True
    try:
        find(name)
    except NotFound:
        return name in hub.SHORT or hub.is_name(name) and hub.cached(name) is not None
    except JinjieError:
        pass  # a run that cannot be read: opening it says so
    return True


def _at_hand(name: str) -> Path | None:
    if name in packaged():
        return packaged()[name]
    path = paths.place(name)
    return path.absolute() if paths.is_file(path / "config.json") else None


def packaged() -> dict[str, Path]:
    """The models that travel in the package, by name."""
    home = Path(str(resources.files("jinjie.models").joinpath("packaged")))
    return {p.name: p for p in sorted(home.glob("*")) if (p / "config.json").is_file()}
