"""How one family of published models is kept in files: its settings in `config.json`, its tensors by name and shape.

A family's layouts are the files in `models/<kind>/layouts`, each with a `LAYOUT`; a new one is a new file. Each says
for every tensor of a file which piece of ours it is, and that one table serves both ways, reading and writing.
Imports no torch: a layout is looked up before anything heavy is.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

from jinjie.base.config import Config, build, kinds
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.models.model import ModelConfig

C = TypeVar("C", bound=Config)


class Part(NamedTuple):
    """One tensor of a file, and which piece of ours it is."""

    theirs: str
    ours: str
    first: int = 0
    """The first row of ours that it fills."""
    rows: int | None = None
    """How many rows of ours it fills; all of them when None."""
    turned: bool = False
    """Kept as (inputs, outputs) in the file, the transpose of ours."""
    paired: int = 0
    """The head size D where the file has side by side the two numbers that rotary positions turn together: ours stand
    D/2 rows apart."""


class Obstacle(NamedTuple):
    """A setting of ours that a layout has no word for."""

    field: str
    came: Any
    wanted: Any


class Layout(ABC):
    """The files of one family of models."""

    name: ClassVar[str]
    kind: ClassVar[str]
    """The kind of our models that it holds."""
    model_types: ClassVar[tuple[str, ...]]
    """What `config.json` may say under `model_type`."""
    task: ClassVar[str]
    """The kind of the task that asks such a model when nothing else is said."""

    @abstractmethod
    def config_in(self, settings: Mapping[str, Any], names: Collection[str], folder: Path) -> ModelConfig:
        """Our config for a `config.json`; what is left out there has the value that transformers gives it.

        `names` are the tensors that the folder holds, as `known_as` has them, for what the settings do not say.
        Raises JinjieError for variants that compute something else, and when a setting is damaged.
        """

    @abstractmethod
    def obstacles(self, config: ModelConfig) -> list[Obstacle]:
        """What of a config of this kind cannot be said in this layout; empty when all of it can."""

    @abstractmethod
    def config_out(self, config: ModelConfig) -> dict[str, Any]:
        """The `config.json` of a model without obstacles."""

    @abstractmethod
    def parts(self, config: ModelConfig) -> Iterator[Part]:
        """Every tensor of such a model's file, and its place in ours."""

    @abstractmethod
    def known_as(self, name: str) -> str | None:
        """A tensor's name as `parts` writes it: without a prefix that some files lack, by its present name where it
        was renamed; None for what is no weight, such as constant masks."""

    def task_of(self, config: ModelConfig) -> str:
        """The kind of the task that asks a model with these heads."""
        return self.task

    def file_name(self, config: ModelConfig, name: str) -> str:
        """What a tensor that `parts` calls `name` is called in a file that is written."""
        return name

    def repeats(self, config: ModelConfig) -> Mapping[str, str]:
        """Tensors that a file may hold again under another name: {again: the one that counts}."""
        return {}

    def untied(self, config: ModelConfig, again: str) -> ModelConfig | None:
        """The config of a model whose file holds another tensor under `again` than the one that it should repeat.

        None when no model is like that.
        """
        return None


def refuse(folder: Path, name: str, came: Any, wanted: Any) -> JinjieError:
    """The error for a setting that changes what the model computes into something that Jinjie does not."""
    return JinjieError("layout.variant", folder=folder, name=name, came=came, wanted=wanted)


def unless_usual(came: Any, usual: Any) -> Any:
    """None for a setting that says what we take when it is left empty."""
    return None if came == usual else came


def checked(cls: type[C], values: Mapping[str, Any], folder: Path) -> C:
    """A config from a file's settings. Raises JinjieError when they are damaged, naming each that is wrong."""
    try:
        return build(cls, values)
    except InvalidInput as error:
        raise JinjieError("model.damaged", file=folder / "config.json", reason=str(error)) from error


def of_type(model_type: str) -> Layout | None:
    """The layout that reads a `model_type`, or None."""
    return next((found for found in layouts() if model_type in found.model_types), None)


def fitting(config: ModelConfig) -> Layout | None:
    """The first layout, by name, that can say all of a config; None when none can."""
    return next((found for found in of_kind(config.kind) if not found.obstacles(config)), None)


def of_kind(kind: str) -> list[Layout]:
    """The layouts for models of one kind."""
    return [found for found in layouts() if found.kind == kind]


@cache
def layouts() -> tuple[Layout, ...]:
    """Every layout there is, by kind and name."""
    found = []
    for kind in kinds("models"):
        package = importlib.import_module(f"jinjie.models.{kind}")
        home = Path(package.__path__[0]) / "layouts"
        for module in sorted(pkgutil.iter_modules([str(home)]), key=lambda m: m.name):
            found.append(importlib.import_module(f"jinjie.models.{kind}.layouts.{module.name}").LAYOUT)
    return tuple(found)
