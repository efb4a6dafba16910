"""A finished model's folder in the Hugging Face layout: `config.json` and `model.safetensors`.

A GPT that is a GPT-2 in shape is written as one, under GPT-2's names, so that it opens elsewhere; and GPT-2 folders
made elsewhere open here. All other models are written with our own config, under model type "jinjie". Weights are
only ever read from safetensors: a pickle can run any program when it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import TypeAdapter, ValidationError

from jinjie.base.config import OfKind
from jinjie.base.errors import JinjieError, NotFound
from jinjie.base.files import whole_folder, write_json
from jinjie.models import gpt
from jinjie.models.gpt import convert
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    import torch
    from torch import nn

FORMAT = 1
"""The version of our own `config.json`; raised when an old folder can no longer be read as it is."""

WEIGHTS = "model.safetensors"
_PICKLES = ("pytorch_model.bin", "model.pt", "model.pth", "consolidated.00.pth")


def save_model(model: nn.Module, config: ModelConfig, folder: Path) -> None:
    """Write a network and its config to `folder`, whole or not at all; what stands there is replaced."""
    with whole_folder(folder) as temporary:
        save_weights(model.state_dict(), config, temporary)


def save_weights(weights: Mapping[str, torch.Tensor], config: ModelConfig, folder: Path) -> None:
    """Write a network's whole state by name, and its config, into a folder that is there.

    For callers that add files of their own and see to it that the folder appears whole.
    """
    from safetensors.torch import save_file

    settings = convert.to_gpt2(config)
    if settings is None:
        settings = {"model_type": "jinjie", "format": FORMAT, "model": config.model_dump(mode="json")}
    else:
        weights = convert.weights_to_gpt2(weights)
    contiguous = {name: tensor.detach().contiguous() for name, tensor in weights.items()}
    save_file(contiguous, folder / WEIGHTS, metadata={"format": "pt"})
    write_json(folder / "config.json", settings)


def open_config(folder: Path) -> ModelConfig:
    """The config of a model folder, without its weights and without torch.

    Raises NotFound when there is no config, JinjieError when it is damaged or of a type Jinjie does not run.
    """
    settings = _settings(folder)
    match settings.get("model_type"):
        case "gpt2":
            return convert.from_gpt2(settings, folder)
        case "jinjie":
            return _own(settings, folder)
        case other:
            raise JinjieError("model.unknown_type", folder=folder, came=other, known="gpt2, jinjie")


def open_model(folder: Path, dtype: torch.dtype | None = None) -> tuple[ModelConfig, nn.Module]:
    """A model folder's config and its network in evaluation mode, in fp32 or in `dtype`.

    Raises NotFound when config or weights are missing, JinjieError when they are damaged, do not fit one another,
    are of a type that Jinjie does not run, or come as a pickle.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    config = open_config(folder)
    file = _weights_file(folder)
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise JinjieError("model.damaged", file=file, reason=str(error)) from error
    if isinstance(config, gpt.Config) and _settings(folder)["model_type"] == "gpt2":
        weights = convert.weights_from_gpt2(weights, config.tied)
    network = blank(config)
    if dtype is not None:
        for parameter in network.parameters():
            parameter.data = torch.empty_like(parameter, dtype=dtype)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise JinjieError("model.wrong_weights", folder=folder, reason=str(error)) from error
    return config, network.eval()


def blank(config: ModelConfig) -> nn.Module:
    """The network with weights that hold anything, for weights that replace them at once.

    No time is spent on drawing weights, and torch's generator stays where it is. (torch's own way, the meta device,
    takes three seconds to import what it needs.)
    """
    import torch
    from torch.overrides import TorchFunctionMode

    drawing = {torch.Tensor.normal_, torch.Tensor.uniform_}

    class NoDrawing(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func in drawing or getattr(func, "__module__", "") == "torch.nn.init":
                return args[0] if args else None
            return func(*args, **(kwargs or {}))

    with NoDrawing():
        return config.build()


def _settings(folder: Path) -> dict[str, Any]:
    try:
        settings = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError) as error:
        raise NotFound("model.no_config", folder=folder, reason=str(error)) from error
    if not isinstance(settings, dict):
        raise NotFound("model.no_config", folder=folder, reason=type(settings).__name__)
    return settings


def _own(settings: Mapping[str, Any], folder: Path) -> ModelConfig:
    if settings.get("format", 0) > FORMAT:
        raise JinjieError("model.newer_format", folder=folder, came=settings["format"], known=FORMAT)
    try:
        return TypeAdapter(Annotated[ModelConfig, OfKind("models")]).validate_python(settings["model"])
    except (ValidationError, KeyError) as error:
        raise JinjieError("model.damaged", file=folder / "config.json", reason=str(error)) from error


def _weights_file(folder: Path) -> Path:
    file = folder / WEIGHTS
    if file.is_file():
        return file
    for name in _PICKLES:
        if (folder / name).is_file():
            raise JinjieError("model.pickle_only", folder=folder, file=name)
    raise NotFound("model.no_weights", folder=folder)
