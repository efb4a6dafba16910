"""Cleaned tables that a training learns from: kept apart, as they were, for as long as a run names them.

`studio_home()/kept/DIGEST/NAME-cleaned.csv`: the same content has the same place. The table's own folder may be cleaned
anew or forgotten; a run that is resumed months later must find the rows that it began with.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from jinjie.base.errors import JinjieError
from jinjie.base.paths import studio_home
from jinjie.studio.cleanings import Table
from jinjie.studio.upload import plain_name
from jinjie.training.runs import all_runs

UNUSED = 86_400.0
"""Seconds that a table is kept which no run names: somebody may be about to start one."""


def kept_home() -> Path:
    """One folder a table."""
    return studio_home() / "kept"


def keep(table: Table, only: Sequence[str] = ()) -> Path:
    """The cleaned table where a run may name it, or `only` some of its columns, in that order.

    Raises JinjieError when there is none, or the disk refuses.
    """
    try:
        with table.cleaned.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update("\0".join(only).encode())
        place = (
            kept_home()
            / digest.hexdigest()[:16]
            / plain_name(f"{Path(table.asked['name']).stem}-cleaned.csv")
        )
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            _copy(table.cleaned, place, only)
        os.utime(place.parent)
    except FileNotFoundError as error:
        raise JinjieError("studio.clean.unfinished") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise JinjieError("clean.not_written", path=kept_home(), reason=reason) from error
    _forget_unused()
    return place


def columns(table: Table) -> list[str]:
    """The names of a cleaned table's columns; empty while there is none."""
    try:
        with table.cleaned.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _copy(source: Path, place: Path, only: Sequence[str]) -> None:
    """Whole or not at all; a link where the disk can, for a cleaning never writes into the file of an earlier one."""
    partial = place.with_name(f".partial-{os.getpid()}-{place.name}")
    if only:
        _narrow(source, partial, only)
    else:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copyfile(source, partial)
    partial.replace(place)


def _narrow(source: Path, place: Path, only: Sequence[str]) -> None:
    """Some of a table's columns, row by row: it may be larger than memory."""
    with (
        source.open(encoding="utf-8-sig", newline="") as read,
        place.open("w", encoding="utf-8", newline="") as write,
    ):
        rows, into = csv.reader(read), csv.writer(write)
        names = next(rows, [])
        chosen = [names.index(name) for name in only]
        into.writerow(only)
        into.writerows([row[i] for i in chosen] for row in rows if row)


def _forget_unused() -> None:
    """Remove what no run names and nobody asked for lately."""
    recipes = []
    for run in all_runs():
        try:
            recipes.append((run.path / "recipe.json").read_bytes())
        except OSError:  # deleted meanwhile
            continue
    for folder in kept_home().iterdir():
        named = any(folder.name.encode() in recipe for recipe in recipes)
        if not named and time.time() - folder.stat().st_mtime > UNUSED:
            shutil.rmtree(folder, ignore_errors=True)
