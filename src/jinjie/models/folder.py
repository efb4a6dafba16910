"""A finished model's folder: `config.json` and `model.safetensors`, or several such files and their index.

A model that one of the published layouts can say (see `layout.py`) is written in it, so that it opens elsewhere; and
folders made elsewhere open here. All other models are written with our own config, under model type "jinjie". Weights
are only ever read from safetensors: a pickle can run any program when it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import TypeAdapter, ValidationError

from jinjie.base.amounts import count
from jinjie.base.config import OfKind
from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem
from jinjie.base.files import whole_folder, write_json
from jinjie.base.words import say
from jinjie.models import layout as layouts
from jinjie.models import shards
from jinjie.models.layout import Layout, Part
from jinjie.models.model import ModelConfig
from jinjie.models.shards import Piece, Report, Shards

if TYPE_CHECKING:
    import torch
    from torch import nn

FORMAT = 1
"""The version of our own `config.json`; raised when an old folder can no longer be read as it is."""

OWN = "jinjie"
_NUMBERS = ("F64", "F32", "F16", "BF16")
_SMALL = 10_000_000
"""Parameters of a network that can be made at any rate, so that each tensor it lacks is named."""
_NAMED = 5
"""How many tensors an error names at most."""


def save_model(model: nn.Module, config: ModelConfig, folder: Path) -> None:
    """Write a network and its config to `folder`, whole or not at all; what stands there is replaced."""
    with whole_folder(folder) as temporary:
        save_weights(model.state_dict(), config, temporary)


def save_weights(
    weights: Mapping[str, torch.Tensor],
    config: ModelConfig,
    folder: Path,
    *,
    layout: Layout | None = None,
    own: bool = False,
    dtype: torch.dtype | None = None,
    shard_bytes: int | None = None,
    report: Report | None = None,
) -> None:
    """Write a network's whole state by name, and its config, into a folder that is there.

    In `layout`, which must have no obstacle, else in the first that fits, else in our own, or in our `own` at any
    rate. In the precision of the weights or in `dtype`; in one file, or in several of at most `shard_bytes`. For
    callers that add files of their own and see to it that the folder appears whole.
    """
    layout = None if own else layout or layouts.fitting(config)
    settings = (
        {"model_type": OWN, "format": FORMAT, "model": config.model_dump(mode="json")}
        if layout is None
        else layout.config_out(config)
    )
    kept = {t.dtype if dtype is None else dtype for t in weights.values() if t.is_floating_point()}
    if len(kept) == 1:
        settings["dtype"] = str(*kept).removeprefix("torch.")
    parts = list(_own_parts(weights) if layout is None else layout.parts(config))
    if forgotten := set(weights) - {part.ours for part in parts}:
        raise ValueError(f"the layout has no place for {sorted(forgotten)}")
    called = [part.theirs if layout is None else layout.file_name(config, part.theirs) for part in parts]
    pieces = [_piece(name, part, weights[part.ours], dtype) for name, part in zip(called, parts, strict=True)]
    shards.write(pieces, folder, shard_bytes, report)
    write_json(folder / "config.json", settings)


def open_config(folder: Path) -> ModelConfig:
    """The config of a model folder, without its weights and without torch.

    Raises NotFound when there is no config, JinjieError when it is damaged or of a type Jinjie does not run.
    """
    settings = open_settings(folder)
    layout = layout_of(folder, settings)
    if layout is None:
        return _own(settings, folder)
    try:
        stored = shards.find(folder).stored
    except JinjieError:
        stored = {}  # the weights are another question
    return _config_in(layout, settings, [n for n in map(layout.known_as, stored) if n is not None], folder)


def open_model(
    folder: Path, dtype: torch.dtype | None = None, report: Report | None = None
) -> tuple[ModelConfig, nn.Module]:
    """A model folder's config and its network in evaluation mode, in fp32 or in `dtype`.

    Tensors are copied to their places one by one, so that memory holds the network once; `report` hears how far that
    is, where there are many bytes.

    Raises NotFound when config or weights are missing, JinjieError when they are damaged, do not fit one another,
    are of a type that Jinjie does not run, or come as a pickle.
    """
    import torch

    settings = open_settings(folder)
    layout = layout_of(folder, settings)
    found = shards.find(folder)
    if layout is None:
        config = _own(settings, folder)
        names = {name: name for name in found.stored}
    else:
        names = _known(layout, found)
        config = _config_in(layout, settings, names, folder)
        config = _without_repeats(layout, config, names, found)
    _refuse_the_impossible(config, found)
    network = blank(config)
    if dtype is not None:
        for parameter in network.parameters():
            parameter.data = torch.empty_like(parameter, dtype=dtype)
    state = network.state_dict()
    parts = list(_own_parts(state) if layout is None else layout.parts(config))
    if problems := [*_misfits(parts, state, names, found)]:
        raise InvalidInput(problems)
    total, done = sum(tensor.nbytes for tensor in state.values()), 0
    with torch.no_grad():
        for part in parts:
            place = place_of(part, state)
            place.copy_(found.read(names[part.theirs]).view(place.shape))
            done += place.nbytes
            if report is not None and total > shards.LONG:
                report(say("model.reading", folder=folder.name), done, total)
    return config, network.eval()


def layout_of(folder: Path, settings: Mapping[str, Any] | None = None) -> Layout | None:
    """The published layout that a folder is in; None when it is our own.

    Raises NotFound when there is no config, JinjieError when it is of a type that Jinjie does not run.
    """
    settings = open_settings(folder) if settings is None else settings
    model_type = settings.get("model_type")
    if model_type == OWN:
        return None
    layout = layouts.of_type(str(model_type)) if model_type else _by_architecture(settings)
    if layout is None:
        known = sorted(name for one in layouts.layouts() for name in one.model_types)
        raise JinjieError(
            "model.unknown_type", folder=folder, came=model_type, known=", ".join([*known, OWN])
        )
    if settings.get("quantization_config"):
        raise JinjieError("layout.quantised", folder=folder, name="config.json: quantization_config")
    return layout


def _by_architecture(settings: Mapping[str, Any]) -> Layout | None:
    """The layout of a config so old that it names no type, told by the class that wrote it: "BertForMaskedLM"."""
    names = settings.get("architectures")
    first = str(names[0]).lower() if isinstance(names, list) and names else ""
    types = [name for one in layouts.layouts() for name in one.model_types if first.startswith(name)]
    return layouts.of_type(max(types, key=len)) if types else None


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


def open_settings(folder: Path) -> dict[str, Any]:
    """What `config.json` says. Raises NotFound when there is none that can be read."""
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


def _config_in(
    layout: Layout, settings: Mapping[str, Any], names: Collection[str], folder: Path
) -> ModelConfig:
    try:
        return layout.config_in(settings, names, folder)
    except (TypeError, ValueError, AttributeError) as error:  # text where a number belongs, and the like
        raise JinjieError("model.damaged", file=folder / "config.json", reason=str(error)) from error


def _refuse_the_impossible(config: ModelConfig, found: Shards) -> None:
    """Raise for a config that describes far more than the files hold, before a network of that size is made."""
    wanted, held = config.parameters(), sum(prod(one.shape) for one in found.stored.values())
    if wanted > max(_SMALL, 2 * held):
        raise JinjieError("model.too_little", folder=found.folder, wanted=count(wanted), held=count(held))


def _own_parts(state: Mapping[str, torch.Tensor]) -> Iterator[Part]:
    return (Part(name, name) for name in state)


def _known(layout: Layout, found: Shards) -> dict[str, str]:
    """The folder's tensors: the name in the layout's tables → the name in the file."""
    names: dict[str, str] = {}
    for theirs in found.stored:
        known = layout.known_as(theirs)
        if known is None:
            continue
        if known in names:
            both = (found.stored[name].file.name for name in (names[known], theirs))
            one, other = (f"{file}: {name}" for file, name in zip(both, (names[known], theirs), strict=True))
            raise JinjieError("model.twice", folder=found.folder, name=known, one=one, other=other)
        names[known] = theirs
    return names


def _without_repeats(
    layout: Layout, config: ModelConfig, names: dict[str, str], found: Shards
) -> ModelConfig:
    """Take tensors that are there twice out of `names`; the config changes when they are not the same after all."""
    for again, counts in layout.repeats(config).items():
        if again not in names:
            continue
        if counts not in names:
            names[counts] = names.pop(again)
        elif _same(found, names[again], names[counts]):
            del names[again]
        else:
            untied = layout.untied(config, again)
            if untied is None:
                raise JinjieError(
                    "model.not_repeated", folder=found.folder, again=names[again], counts=names[counts]
                )
            config = untied
    return config


def _same(found: Shards, one: str, other: str) -> bool:
    if found.stored[one].shape != found.stored[other].shape:
        return False
    return found.read(one).equal(found.read(other).to(found.read(one).dtype))


def _misfits(
    parts: list[Part], state: Mapping[str, torch.Tensor], names: Mapping[str, str], found: Shards
) -> Iterator[Problem]:
    """Everything that keeps a folder's tensors from taking their places."""
    wanted = {part.theirs for part in parts}
    for key, lost in (
        ("model.weights_missing", [part.theirs for part in parts if part.theirs not in names]),
        ("model.weights_strange", [theirs for known, theirs in names.items() if known not in wanted]),
    ):
        if lost:
            shown = ", ".join(lost[:_NAMED]) + (" …" if len(lost) > _NAMED else "")
            yield Problem(str(found.folder), key, count=len(lost), names=shown)
    for part in parts:
        if part.theirs not in names:
            continue
        stored = found.stored[names[part.theirs]]
        place = place_of(part, state)
        shape = shape_of(part, place)
        if shape != stored.shape:
            yield Problem(
                str(found.folder),
                "model.weights_shape",
                name=names[part.theirs],
                came="×".join(map(str, stored.shape)),
                wanted="×".join(map(str, shape)),
            )
        elif place.is_floating_point() and stored.dtype not in _NUMBERS:
            yield Problem(str(found.folder), "model.weights_type", name=names[part.theirs], came=stored.dtype)


def place_of(part: Part, state: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The piece of our tensors that a part is, as the file has it: a view. Of pairs it is (H, D/2, 2, …)."""
    place = state[part.ours]
    if part.rows is not None:
        place = place.narrow(0, part.first, part.rows)
    if part.paired:
        return place.view(-1, 2, part.paired // 2, *place.shape[1:]).transpose(1, 2)
    return place.t() if part.turned else place


def shape_of(part: Part, place: torch.Tensor) -> tuple[int, ...]:
    """The shape that a part's tensor has in the file."""
    return (place.shape[:3].numel(), *place.shape[3:]) if part.paired else tuple(place.shape)


def _piece(name: str, part: Part, tensor: torch.Tensor, dtype: torch.dtype | None) -> Piece:
    place = place_of(part, {part.ours: tensor.detach()})
    kept = dtype if dtype is not None and place.is_floating_point() else place.dtype
    return Piece(name, place.numel() * kept.itemsize, partial(_made, place, kept, shape_of(part, place)))


def _made(place: torch.Tensor, dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor in memory of its own: safetensors refuses two that share theirs."""
    made = place.to(dtype).contiguous().view(shape)
    return made.clone() if made.untyped_storage().nbytes() > made.numel() * dtype.itemsize else made
