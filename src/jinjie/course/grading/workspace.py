"""The learner's own folder: a starter is copied there once, and what was written is never overwritten.

`JINJIE_HOME/exercises/SLUG/SLUG.py`, the dashes of the name as underscores, so that it can be imported as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinjie.base import paths
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.files import write_whole
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Exercise, is_slug
from jinjie.course.grading.handed_in import LARGEST


@dataclass(frozen=True)
class Work:
    """A learner's file for an exercise. `began`: whether it was copied just now."""

    file: Path
    began: bool = False
    kept: Path | None = None
    """Where the file before this one is kept."""


def file_of(slug: str, folder: Path | None = None) -> Path:
    """Where a learner's file for an exercise is, or belongs."""
    return (folder or paths.exercises_home() / slug) / f"{slug.replace('-', '_')}.py"


def start(exercise: Written[Exercise], folder: Path | None = None) -> Work:
    """The learner's file, copied from the starter where there is none yet. Raises InvalidInput."""
    file = file_of(exercise.slug, folder)
    if file.is_dir():
        raise InvalidInput([Problem(str(file), "exercise.is_folder")])
    if file.exists():
        return Work(file)
    _copy(exercise, file)
    return Work(file, began=True)


def reset(exercise: Written[Exercise], folder: Path | None = None) -> Work:
    """The starter again; what stood there is kept under a name with the date. Raises InvalidInput."""
    file = file_of(exercise.slug, folder)
    if file.is_dir():
        raise InvalidInput([Problem(str(file), "exercise.is_folder")])
    kept = None
    if file.exists():
        stamp = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
        kept = file.with_name(f"{file.stem}.{stamp}.py")
        number = 1
        while kept.exists():
            number += 1
            kept = file.with_name(f"{file.stem}.{stamp}-{number}.py")
        file.rename(kept)
    _copy(exercise, file)
    return Work(file, began=True, kept=kept)


def _copy(exercise: Written[Exercise], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, (exercise.folder / "starter.py").read_bytes())


def slug_of(file: Path) -> str | None:
    """The exercise that a file's name, or its folder's, stands for; None where neither could be one."""
    stem = re.sub(r"\.\d{4}-\d\d-\d\d-\d{6}(-\d+)?$", "", file.stem)
    name = stem.replace("_", "-").lower()
    return name if is_slug(name) else None


def content(file: Path) -> bytes:
    """The bytes of a file that is handed in, at most one more than may be. Raises InvalidInput."""
    if file.is_dir():
        raise InvalidInput([Problem(str(file), "exercise.is_folder")])
    if file.exists() and not file.is_file():
        # a pipe or a device would never end
        raise InvalidInput([Problem(str(file), "exercise.no_plain_file")])
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise InvalidInput([Problem(str(file), "exercise.no_file")]) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInput([Problem(str(file), "exercise.unreadable", reason=reason)]) from None
