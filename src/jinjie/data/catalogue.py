"""All the data that needs nothing from its user: listed with source and licence, and prepared ahead of its use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jinjie.base.config import OfKind, kinds
from jinjie.data.dataset import About, DataConfig, Report


@dataclass(frozen=True)
class Entry:
    """One data set as it comes when nothing is set; its name is its kind, or says which of a kind's sources it is."""

    name: str
    config: DataConfig
    about: About


def catalogue() -> list[Entry]:
    """Every kind of data that works without a file of the user's: source, licence, sizes, and whether it is here.

    Reads nothing but whether the converted files exist.
    """
    found = []
    for kind in kinds("data"):
        cls = OfKind("data").config_class(kind)
        if any(field.is_required() for field in cls.model_fields.values()):
            continue
        config = cls()
        assert isinstance(config, DataConfig)
        found += [Entry(name, made, made.about()) for name, made in config.variants().items()]
    return found


def prepare(configs: Iterable[DataConfig] | None = None, report: Report | None = None) -> None:
    """Load `configs`, or the whole catalogue, once: what is not here yet is fetched and converted, what is damaged is
    made again, and later use needs no network.

    Raises the JinjieError of the first that fails; those before it are kept.
    """
    for config in [entry.config for entry in catalogue()] if configs is None else configs:
        config.load(report)
