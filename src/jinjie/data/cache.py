"""What packages hold, converted once into small files that load at once, with their checksums beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinjie.base.files import clear_partial, whole_folder, write_json
from jinjie.base.paths import data_home
from jinjie.base.words import say
from jinjie.data.dataset import Report
from jinjie.data.fetch import sha256, tell, turn

ABOUT = "about.json"

Make = Callable[[Path], Mapping[str, Any]]
"""Writes files into a folder and returns what to say of them: `source`, `licence`, counts."""


def converted(name: str, version: int, make: Make, report: Report | None = None) -> Path:
    """The folder of a converted data set: made whole by `make` on first use, and again when it is damaged.

    `version` counts changes of the conversion: a new one gets a folder of its own. Besides what `make` writes, the
    folder holds about.json: what `make` returned, and the sha256 of every file. Opening checks all of them, at a
    gigabyte a second. One process converts at a time; others wait.
    """
    folder = folder_of(name, version)
    if intact(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with turn(folder.with_name(f"{folder.name}.lock"), name, report):
        if intact(folder):
            return folder
        if folder.exists():
            tell(report, say("data.damaged_copy", name=name), 0, None)
        clear_partial(folder.parent, folder.name)
        with whole_folder(folder) as temporary:
            about = make(temporary)
            files = {file.name: sha256(file) for file in sorted(temporary.iterdir())}
            write_json(temporary / ABOUT, {"version": version, **about, "files": files})
    return folder


def present(name: str, version: int) -> bool:
    """Whether a data set has been converted already, without checking the files."""
    return (folder_of(name, version) / ABOUT).is_file()


def folder_of(name: str, version: int) -> Path:
    return data_home() / f"{name}-{version}"


def about(folder: Path) -> dict[str, Any]:
    """What about.json says of a converted data set."""
    content: dict[str, Any] = json.loads((folder / ABOUT).read_bytes())
    return content


def intact(folder: Path) -> bool:
    """Whether every file stands there with the sha256 it was written with."""
    try:
        files = about(folder)["files"]
        return bool(files) and all(sha256(folder / name) == expected for name, expected in files.items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False
