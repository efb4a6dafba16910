"""Where things live on this machine. `JINJIE_HOME` moves all of it, `JINJIE_DATA` the data and downloads alone."""

from __future__ import annotations

import os
from pathlib import Path


def place(name: str | Path) -> Path:
    """The path that a user wrote: `~` is a home folder where it names one, and else a character like any other."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def is_file(path: Path) -> bool:
    """Whether a file is there. What cannot be a path, as a whole text may be that could also be one, is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_there(path: Path) -> bool:
    """Whether a file or a folder is there; see `is_file`."""
    try:
        return path.exists()
    except OSError:
        return False


def home() -> Path:
    """The folder that holds all that Jinjie keeps; `JINJIE_HOME`, else `~/.jinjie`."""
    return Path(os.environ.get("JINJIE_HOME") or Path.home() / ".jinjie").expanduser().absolute()


def runs_home() -> Path:
    """One folder a run."""
    return home() / "runs"


def shared() -> Path:
    """What several homes may share, since it never differs: `JINJIE_DATA`, else `home()`."""
    return Path(os.environ.get("JINJIE_DATA") or home()).expanduser().absolute()


def data_home() -> Path:
    """Converted data sets, one folder each."""
    return shared() / "data"


def downloads_home() -> Path:
    """Packages as they arrived, checked against their sha256."""
    return shared() / "downloads"


def machine_file() -> Path:
    """What was measured about this machine."""
    return home() / "machine.json"


def pictures_home() -> Path:
    """Pictures that were asked for, such as comparisons of runs."""
    return home() / "pictures"


def evaluations_home() -> Path:
    """Evaluations of models that are no run's, one folder each."""
    return home() / "evaluations"


def studio_home() -> Path:
    """The studio's token, address and log."""
    return home() / "studio"


def serve_home() -> Path:
    """The token that servers of models ask for."""
    return home() / "serve"


def learner_home() -> Path:
    """The learner's log and its backups."""
    return home() / "learner"


def exercises_home() -> Path:
    """What a learner writes, one folder an exercise."""
    return home() / "exercises"


def lessons_home() -> Path:
    """What lessons' code printed and their figures, kept by the hash of what made them."""
    return home() / "lessons"


def course_home() -> Path:
    """The course's sheets as they were parsed, by the hash of their text."""
    return shared() / "course"


def find_home() -> Path:
    """The search index of the course, made again whenever it is missing."""
    return home() / "find"


def help_home() -> Path:
    """The first page of the help as it was last printed, one file a language."""
    return home() / "help"
